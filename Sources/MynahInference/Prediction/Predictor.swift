import MynahIO
public import MynahTensors
import MynahText

/// Predicts the next token of a text read token by token: a model with its state.
///
/// A predictor is a value: a copy is a fork of the text. Predictors can wrap each other: a cache wraps a network, a
/// mixture both.
///
/// ```swift
/// let network = CachePredictor(NeuralPredictor(model))
/// var text = MixturePredictor([network, try NGramPredictor(ngrams, tokenizer: tokenizer)], weights: [0.7, 0.3])
/// try text.read(ids)
/// let next = try text.logProbabilities()
/// ```
///
/// The first token that is read begins the text and is context only: an `<eos>` if the vocabulary has it.
public protocol Predictor: Sendable {
  /// V, the number of tokens.
  var vocabularySize: Int { get }

  /// Reads some tokens.
  ///
  /// - Throws: `InferenceError.noSuchToken` if an id is not in 0 ..< V, before anything is read; `notFinite` if the
  ///   model's weights are damaged.
  mutating func read(_ ids: [Int32]) throws

  /// Returns ln p(token | all tokens read so far) for all tokens, [V].
  ///
  /// - Throws: `InferenceError.notFinite` if the model's weights are damaged.
  /// - Precondition: a token was read.
  mutating func logProbabilities() throws -> [Double]

  /// Reads some tokens and returns ln p of each, given all before it.
  ///
  /// - Throws: `InferenceError.noSuchToken` if an id is not in 0 ..< V, before anything is read; `notFinite` if the
  ///   model's weights are damaged.
  /// - Precondition: a token was read.
  mutating func score(_ ids: [Int32]) throws -> [Double]

  /// The number of tokens of a long text that are scored at a time; progress is reported in between. (default: 1,024)
  var scoringLength: Int { get }
}

extension Predictor {
  public var scoringLength: Int { 1024 }

  public mutating func score(_ ids: [Int32]) throws -> [Double] {
    try check(ids)
    return try ids.map { id in
      let logProbability = try logProbabilities()[Int(id)]
      try read([id])
      return logProbability
    }
  }
}

/// A predictor that predicts the next token from a hidden vector.
public protocol HiddenPredictor: Predictor {
  /// Returns the hidden vector, the input of the output layer, [H].
  ///
  /// - Precondition: a token was read.
  mutating func hidden() throws -> [Float]

  /// Reads some tokens and returns ln p of each, and the hidden vectors that they were predicted from, [T, H].
  ///
  /// - Throws: `InferenceError.noSuchToken` if an id is not in 0 ..< V, before anything is read; `notFinite` if the
  ///   model's weights are damaged.
  /// - Precondition: a token was read.
  mutating func scoreReturningHidden(_ ids: [Int32]) throws -> (logProbabilities: [Double], hidden: [Float])

  /// Reads some tokens and returns the logits that each was predicted from, [T, V], and the hidden vectors, [T, H].
  ///
  /// All logits are in memory, so a caller should read a long text in pieces. For outputs without logits, the
  /// log-probabilities are returned.
  ///
  /// - Throws: `InferenceError.noSuchToken` if an id is not in 0 ..< V, before anything is read; `notFinite` if the
  ///   model's weights are damaged.
  /// - Precondition: a token was read.
  mutating func logitsReturningHidden(reading ids: [Int32]) throws -> (logits: Tensor, hidden: [Float])
}

extension Predictor {
  /// Checks that tokens are in the vocabulary.
  ///
  /// - Throws: `InferenceError.noSuchToken`.
  func check(_ ids: [Int32]) throws(InferenceError) {
    try InferenceError.check(ids, vocabularySize: vocabularySize)
  }

  /// Checks that a tokenizer has as many tokens as the predictor.
  func check(_ tokenizer: AnyTokenizer) {
    require(
      tokenizer.vocabulary.count == vocabularySize,
      "a tokenizer of \(tokenizer.vocabulary.count) tokens does not fit a model of \(vocabularySize)")
  }
}
