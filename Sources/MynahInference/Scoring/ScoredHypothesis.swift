import MynahText

/// A hypothesis with the score of its text by a model.
public struct ScoredHypothesis: Hashable, Sendable {
  /// The hypothesis.
  public let hypothesis: NBestHypothesis
  /// The model's score of the text.
  public let model: LineScore
  /// The number of words, which are separated by white space.
  public let wordCount: Int
  /// The word errors of the text; nil without a reference.
  public let wordErrors: WordErrors?

  /// Scores a hypothesis.
  ///
  /// - Parameters:
  ///   - scorer: Scores the text on its own.
  ///   - reference: The reference text that errors are counted against.
  /// - Throws: `NBestError.unknownToken`, `InferenceError.notFinite`.
  public init(_ hypothesis: NBestHypothesis, by scorer: TextScorer, reference: String? = nil) throws {
    do {
      model = try scorer.score(hypothesis.text)
    } catch TextError.unknownToken(let token, _, _) {
      throw NBestError.unknownToken(token, hypothesis.place)
    }
    self.hypothesis = hypothesis
    wordCount = TextLength(of: hypothesis.text).wordCount
    wordErrors = reference.map { WordErrors(of: hypothesis.text, reference: $0) }
  }

  /// The features that are multiplied by the weights: the named scores, ln p, the number of tokens, the number of
  /// words.
  public var features: [Double] {
    hypothesis.scores.values + [model.logProbability, Double(model.tokenCount), Double(wordCount)]
  }
}

/// A hypothesis with its new score.
public struct RankedHypothesis: Hashable, Sendable {
  /// The hypothesis with the features that the score is computed from.
  public let scored: ScoredHypothesis
  /// The position in the list before rescoring, counted from 0.
  public let index: Int
  /// The new score.
  public let score: Double

  /// The hypothesis.
  public var hypothesis: NBestHypothesis { scored.hypothesis }
  /// The model's score of the text.
  public var model: LineScore { scored.model }
}
