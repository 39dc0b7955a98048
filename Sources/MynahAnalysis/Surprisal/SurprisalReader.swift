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

/// Reads a text token by token and tells of each how much it surprises the model.
public struct SurprisalReader: Sendable {
  private let model: InferenceModel
  private let alternativeCount: Int
  private var state: RecurrentState
  /// The last token, which the model has not read yet.
  private var last: Int32?

  /// Begins a text after a line end, in whichever form the vocabulary has it.
  ///
  /// - Parameter alternativeCount: How many of the most probable tokens to name.
  /// - Precondition: the tokenizer has as many tokens as the model.
  public init(_ model: InferenceModel, tokenizer: AnyTokenizer, alternativeCount: Int = 3) {
    precondition(
      tokenizer.vocabulary.count == model.configuration.vocabularySize,
      "a tokenizer of \(tokenizer.vocabulary.count) tokens does not fit a model of \(model.configuration.vocabularySize)"
    )
    (self.model, self.alternativeCount) = (model, alternativeCount)
    state = model.initialState()
    last = tokenizer.textStartID
  }

  /// Reads the next token.
  ///
  /// - Returns: nil for the first token of a text that begins after nothing.
  /// - Throws: `InferenceError.notFinite`.
  public mutating func read(_ id: Int32) throws(InferenceError) -> TokenSurprisal? {
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
