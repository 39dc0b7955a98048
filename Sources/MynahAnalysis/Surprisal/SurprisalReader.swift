import Foundation
public import MynahInference
import MynahModels
public import MynahText
import MynahTensors

/// A token of a text, and what the model expected in its place.
public struct TokenSurprisal: Hashable, Sendable {
  /// A token that might have come.
  public struct Alternative: Hashable, Sendable {
    public let id: Int32
    /// p(token | all before it).
    public let probability: Double
  }

  /// The token's number.
  public let id: Int32
  /// p(token | all before it); 0 if it is less than the least number.
  public let probability: Double
  /// −log₂ p, in bits.
  public let bits: Double
  /// The token's place among all by probability; 1 is the most probable.
  public let rank: Int
  /// The most probable tokens, the likeliest first.
  public let alternatives: [Alternative]
}

/// Reads texts token by token and returns the surprisal of each.
public struct SurprisalReader: Sendable {
  private let model: InferenceModel
  private let alternativeCount: Int
  private var state: RecurrentState
  /// The last token, which the model has not read yet.
  private var last: Int32?

  /// Creates a reader.
  ///
  /// - Parameter alternativeCount: The number of the most probable tokens to list.
  public init(_ model: InferenceModel, alternativeCount: Int = 3) {
    (self.model, self.alternativeCount) = (model, alternativeCount)
    state = model.initialState()
  }

  /// Reads the next token of a text, from the zero state where the text begins with it.
  ///
  /// - Returns: The surprisal; nil for a token that is context only.
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
