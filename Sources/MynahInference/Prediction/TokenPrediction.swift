import MynahTensors

/// The probability of a token of a text, and the most probable tokens at its position.
public struct TokenPrediction: Hashable, Sendable {
  /// A token that could have followed.
  public struct Alternative: Hashable, Sendable {
    /// The token's ID in the vocabulary.
    public let id: Int32
    /// ln p(token | all before the position).
    public let logProbability: Double
  }

  /// The token's ID in the vocabulary.
  public let id: Int32
  /// ln p(token | all before it): 0 or less.
  public let logProbability: Double
  /// The token's rank by probability; 1 is the most probable.
  ///
  /// Ties are broken by the lower ID.
  public let rank: Int
  /// The most probable tokens, most probable first.
  public let alternatives: [Alternative]

  /// Creates the prediction of a token from the logits of all tokens, [V].
  init(_ id: Int32, logits: [Float], alternativeCount: Int) {
    let logProbabilities = logits.logSoftmax()
    (self.id, logProbability, rank) = (id, logProbabilities[Int(id)], logits.rank(of: id))
    alternatives = logits.largest(alternativeCount).map {
      Alternative(id: Int32($0), logProbability: logProbabilities[$0])
    }
  }

  /// The most probable tokens, most probable first.
  static func alternatives(_ logProbabilities: [Float], count: Int) -> [Alternative] {
    logProbabilities.largest(count).map { Alternative(id: Int32($0), logProbability: Double(logProbabilities[$0])) }
  }
}

extension NeuralPredictor {
  /// Reads some tokens and returns the prediction of each, given all before it.
  ///
  /// All tokens pass through the layers at once, so a caller should read a long text in pieces.
  ///
  /// - Parameters:
  ///   - ids: The tokens.
  ///   - alternativeCount: The number of the most probable tokens that are listed for each position.
  /// - Throws: `InferenceError.noSuchToken` if an id is not in 0 ..< V, before anything is read; `notFinite` if the
  ///   model's weights are damaged.
  /// - Precondition: a token was read.
  public mutating func predictions(reading ids: [Int32], alternativeCount: Int = 0) throws -> [TokenPrediction] {
    guard !ids.isEmpty else { return [] }
    let logits = try logitsReturningHidden(reading: ids).logits
    return ids.indices.map {
      TokenPrediction(ids[$0], logits: logits.row($0), alternativeCount: alternativeCount)
    }
  }
}
