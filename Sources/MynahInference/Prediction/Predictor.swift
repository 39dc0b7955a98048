import MynahText

/// Says what may come next in a text that it reads token by token: a model with all that it remembers of the text.
///
/// A value: a copy is a fork of the text and goes on on its own. Predictors can be put around each other: a cache around a network, a
/// mixture around both.
///
/// ```swift
/// var text = MixturePredictor([CachePredictor(NeuralPredictor(model)), NGramPredictor(ngrams)], weights: [0.7, 0.3])
/// try text.read(ids)
/// let next = try text.logProbabilities()
/// ```
///
/// A text begins with the first token that is read, which is context only: an `<eos>` where the vocabulary has it.
public protocol Predictor: Sendable {
  /// V.
  var vocabularySize: Int { get }

  /// Reads some tokens.
  ///
  /// - Throws: `InferenceError.notFinite` if the model's weights are damaged.
  /// - Precondition: each id lies in 0 ..< V.
  mutating func read(_ ids: [Int32]) throws

  /// ln p(token | all that was read) of all tokens, [V].
  ///
  /// - Throws: `InferenceError.notFinite` if the model's weights are damaged.
  /// - Precondition: a token was read.
  mutating func logProbabilities() throws -> [Double]

  /// Reads some tokens and tells ln p of each, given all before it.
  ///
  /// - Throws: `InferenceError.notFinite` if the model's weights are damaged.
  /// - Precondition: a token was read; each id lies in 0 ..< V.
  mutating func score(_ ids: [Int32]) throws -> [Double]
}

extension Predictor {
  public mutating func score(_ ids: [Int32]) throws -> [Double] {
    try ids.map { id in
      let logProbability = try logProbabilities()[Int(id)]
      try read([id])
      return logProbability
    }
  }
}

/// A predictor that makes a vector of all that it read and predicts the next token from it.
public protocol HiddenPredictor: Predictor {
  /// The vector, [H]: what the output layer sees.
  ///
  /// - Precondition: a token was read.
  mutating func hidden() throws -> [Float]

  /// Reads some tokens and tells ln p of each, and the vectors that they were predicted from, [T, H].
  ///
  /// - Throws: `InferenceError.notFinite` if the model's weights are damaged.
  /// - Precondition: a token was read; each id lies in 0 ..< V.
  mutating func scoreTellingHidden(_ ids: [Int32]) throws -> (logProbabilities: [Double], hidden: [Float])
}

extension Predictor {
  func check(_ tokenizer: AnyTokenizer) {
    precondition(
      tokenizer.vocabulary.count == vocabularySize,
      "a tokenizer of \(tokenizer.vocabulary.count) tokens does not fit a model of \(vocabularySize)")
  }
}
