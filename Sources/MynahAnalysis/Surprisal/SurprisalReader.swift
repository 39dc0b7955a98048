import Foundation
public import MynahInference
import MynahModels
public import MynahText
import MynahTensors

/// The surprisal of a token of a text, with the tokens that the model considered most probable.
public struct TokenSurprisal: Hashable, Sendable {
  /// A probable token at the same position.
  public struct Alternative: Hashable, Sendable {
    public let id: Int32
    /// p(token | preceding tokens).
    public let probability: Double
  }

  /// The id of the token.
  public let id: Int32
  /// p(token | preceding tokens); 0 on underflow.
  public let probability: Double
  /// −log₂ p, in bits.
  public let bits: Double
  /// The rank of the token by probability; 1 is the most probable.
  public let rank: Int
  /// The most probable tokens, in order of decreasing probability.
  public let alternatives: [Alternative]
}

/// Reads texts token by token and returns the surprisal of each token.
public struct SurprisalReader: Sendable {
  private let model: InferenceModel
  private let alternativeCount: Int
  private var state: RecurrentState
  /// The previous token, which the model has not read yet.
  private var last: Int32?

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
    if let beginning = token.beginning {
      state = model.initialState()
      last = if case .after(let start) = beginning { start } else { nil }
    }
    defer { last = id }
    guard let last else { return nil }
    let logits = model.advance([last], state: &state).elements
    guard logits.allSatisfy(\.isFinite) else { throw .notFinite }
    let logProbabilities = logits.logSoftmax()
    return TokenSurprisal(
      id: id, probability: exp(logProbabilities[Int(id)]), bits: max(0, -logProbabilities[Int(id)] / log(2)),
      rank: logits.rank(of: id),
      alternatives: logits.largest(alternativeCount).map {
        TokenSurprisal.Alternative(id: Int32($0), probability: exp(logProbabilities[$0]))
      })
  }
}
