import MynahIO
import MynahInference
import MynahModels

/// The word error rates of all lists.
struct RescoreSummary {
  let errors: RescoringErrors
  /// The word errors with the weights that tuning started from; nil without tuning.
  let start: WordErrors?
  /// The weights by name; nil if there are none.
  let weights: ScoreWeights?
}

/// Writes rescored lists and their word error rates.
struct RescoreOutput {
  /// A Boolean value indicating whether JSON is written.
  let json: Bool

  /// Writes a list, best first.
  func write(_ ranked: [RankedHypothesis]) throws {
    for (place, ranked) in ranked.enumerated() {
      if json {
        try StandardOutput.writeJSON(Row(ranked, rank: place + 1))
      } else {
        try StandardOutput.write(ranked.hypothesis.line(score: ranked.score.formatted(4)) + "\n")
      }
    }
  }

  /// Writes the word error rates and, after tuning, the weights to standard error.
  func describe(_ summary: RescoreSummary) {
    let errors = summary.errors
    let rows = [
      ("WER before rescoring", errors.before), ("WER before tuning", summary.start),
      ("WER after rescoring", errors.after), ("WER of the oracle", errors.oracle),
    ]
    for case (let title, let errors?) in rows {
      let noun = errors.errorCount == 1 ? "error" : "errors"
      StandardError.write(
        "\(title.padding(22))\((100 * errors.rate).formatted(2)) % (\(errors.errorCount) \(noun) in "
          + "\(errors.referenceWordCount.grouped) words)\n")
    }
    if summary.start != nil, let weights = summary.weights {
      StandardError.write("\("weights".padding(22))\(weights.description.visible)\n")
    }
  }

  /// Writes the word error rates as the last object of JSON output.
  func finish(_ summary: RescoreSummary) throws {
    guard json else { return }
    let errors = summary.errors
    try StandardOutput.writeJSON(
      Figures(
        referenceWordCount: errors.oracle.referenceWordCount, before: Rate(errors.before),
        start: summary.start.map(Rate.init), after: Rate(errors.after), oracle: Rate(errors.oracle),
        weights: summary.weights.map { Dictionary(uniqueKeysWithValues: zip($0.names, $0.values)) }))
  }

  // MARK: Figures

  private struct Row: Encodable {
    let id: String
    let key: String?
    let rank: Int
    let text: String
    let score, logProbability: Double
    let tokenCount, wordCount, unknownCount: Int
    let scores: [String: Double]
    let total: Double?
    /// nil if there are none.
    let furtherFields: [String]?
    let wordErrorCount: Int?

    init(_ ranked: RankedHypothesis, rank: Int) {
      let (hypothesis, model) = (ranked.hypothesis, ranked.model)
      (id, key, text, total) = (hypothesis.id, hypothesis.key, hypothesis.text, hypothesis.total)
      (self.rank, score, logProbability) = (rank, ranked.score, model.logProbability)
      (tokenCount, wordCount, unknownCount) = (model.tokenCount, ranked.scored.wordCount, model.unknownCount)
      scores = Dictionary(uniqueKeysWithValues: zip(hypothesis.scores.names, hypothesis.scores.values))
      furtherFields = hypothesis.furtherFields.isEmpty ? nil : hypothesis.furtherFields
      wordErrorCount = ranked.scored.wordErrors?.errorCount
    }
  }

  private struct Rate: Encodable {
    let errorCount: Int
    let wordErrorRate: Double

    init(_ errors: WordErrors) { (errorCount, wordErrorRate) = (errors.errorCount, errors.rate) }
  }

  private struct Figures: Encodable {
    let referenceWordCount: Int
    let before: Rate
    let start: Rate?
    let after, oracle: Rate
    let weights: [String: Double]?
  }
}
