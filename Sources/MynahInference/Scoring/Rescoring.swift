/// A rule that computes new scores of hypotheses.
public protocol RescoringRule: Sendable {
  /// Returns the new score of a hypothesis; higher is better. It must not be NaN.
  func score(_ hypothesis: ScoredHypothesis) -> Double
}

extension RescoringRule {
  /// Returns the hypotheses of one input, best first; equal ones keep their order.
  public func ranked(_ list: [ScoredHypothesis]) -> [RankedHypothesis] {
    list.enumerated().map { RankedHypothesis(scored: $1, index: $0, score: score($1)) }
      .sorted { ($1.score, $0.index) < ($0.score, $1.index) }
  }

  /// Returns the hypotheses of one input, best first; equal ones keep their order.
  ///
  /// - Parameter scorer: Scores each text on its own.
  /// - Throws: `NBestError.unknownToken`, `InferenceError.notFinite`.
  public func ranked(_ hypotheses: [NBestHypothesis], by scorer: TextScorer) throws -> [RankedHypothesis] {
    ranked(try hypotheses.map { try ScoredHypothesis($0, by: scorer) })
  }
}

/// A rule with weights for the previous score, the model and the number of tokens.
public struct Rescoring: RescoringRule, Hashable {
  /// The weight of the previous score.
  public var scoreWeight: Double
  /// The weight of the text's ln p.
  public var modelWeight: Double
  /// The bonus for each token, which counters the bias to short texts.
  public var tokenBonus: Double

  /// Creates weights.
  public init(scoreWeight: Double = 1, modelWeight: Double = 1, tokenBonus: Double = 0) {
    (self.scoreWeight, self.modelWeight, self.tokenBonus) = (scoreWeight, modelWeight, tokenBonus)
  }

  /// Returns scoreWeight · score + modelWeight · ln p + tokenBonus · tokens.
  public func score(_ hypothesis: ScoredHypothesis) -> Double {
    let model = hypothesis.model
    return weightedSum(
      [scoreWeight, modelWeight, tokenBonus],
      [hypothesis.hypothesis.score, model.logProbability, Double(model.tokenCount)])
  }
}

/// A rule with a weight for each named score and for the built-in ones.
public struct WeightedRescoring: RescoringRule, Hashable {
  /// The weights of `ScoredHypothesis.features`.
  public let weights: [Double]

  /// Creates the rule for lists with scores of these names.
  ///
  /// - Throws: `NBestError.reservedName`, `.unknownWeights`, `.missingWeights`.
  public init(_ weights: ScoreWeights, names: [String]) throws(NBestError) {
    self.weights = try weights.vector(for: names)
  }

  /// Returns Σ weight · feature.
  public func score(_ hypothesis: ScoredHypothesis) -> Double { weightedSum(weights, hypothesis.features) }
}

/// Returns Σ weight · value; a weight of 0 leaves out even an infinite value, such as ln 0.
private func weightedSum(_ weights: [Double], _ values: [Double]) -> Double {
  zip(weights, values).reduce(0) { $1.0 == 0 ? $0 : $0 + $1.0 * $1.1 }
}
