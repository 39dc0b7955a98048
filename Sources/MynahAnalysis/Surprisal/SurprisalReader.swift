import Foundation
public import MynahInference
import MynahModels
public import MynahText
import MynahTensors

/// Reads texts token by token and returns the surprisal of each token.
public struct SurprisalReader: Sendable {
  private let model: InferenceModel
  private let alternativeCount: Int
  private var state: RecurrentState
  /// The distribution of the next token; nil before the first token of a text.
  private(set) var next: NextToken?

  /// Creates a reader.
  ///
  /// - Parameter alternativeCount: The number of most probable tokens to list.
  public init(_ model: InferenceModel, alternativeCount: Int = 3) {
    (self.model, self.alternativeCount) = (model, alternativeCount)
    state = model.initialState()
  }

  /// Reads the next token of a text.
  ///
  /// Resets the state to zero first if the token begins a text.
  ///
  /// - Returns: The surprisal; nil for a token that is only context.
  /// - Throws: `InferenceError.notFinite`.
  /// - Precondition: the id is in the vocabulary.
  public mutating func read(_ token: TextToken) throws(InferenceError) -> TokenSurprisal? {
    let id = token.id
    try begin(before: token)
    let before = next
    next = nil
    let after = try advance(id)
    next = after
    guard let before else { return nil }
    let logProbability = min(0, before.logProbabilities[Int(id)])
    return TokenSurprisal(
      id: id, logProbability: logProbability, probability: exp(before.logProbabilities[Int(id)]),
      bits: max(0, -logProbability / log(2)), rank: before.logits.rank(of: id), entropy: before.entropy,
      entropyReduction: max(0, before.entropy - after.entropy),
      alternatives: before.logits.largest(alternativeCount).map {
        TokenSurprisal.Alternative(id: Int32($0), probability: exp(before.logProbabilities[$0]))
      })
  }

  /// Resets the state if the token begins a text or a window.
  mutating func begin(before token: TextToken) throws(InferenceError) {
    guard let beginning = token.beginning else { return }
    state = model.initialState()
    next = nil
    if case .after(let start) = beginning { next = try advance(start) }
  }

  private mutating func advance(_ id: Int32) throws(InferenceError) -> NextToken {
    let logits = model.advance([id], state: &state).elements
    guard logits.allSatisfy(\.isFinite) else { throw .notFinite }
    return NextToken(logits)
  }
}

/// The distribution of a token before it is read.
struct NextToken: Sendable {
  let logits: [Float]
  /// ln p of all tokens.
  let logProbabilities: [Double]
  /// The entropy, in bits.
  let entropy: Double

  /// Creates the distribution of finite logits.
  init(_ logits: [Float]) {
    self.logits = logits
    logProbabilities = logits.logSoftmax()
    // Logarithms are finite, so a probability that underflows to 0 contributes 0.
    entropy = max(0, -logProbabilities.reduce(0) { $0 + exp($1) * $1 } / log(2))
  }
}
