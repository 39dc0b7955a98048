public import MynahText

/// Two sentences that differ minimally, of which one is acceptable.
///
/// A. Warstadt et al., "BLiMP: the benchmark of linguistic minimal pairs for English", 2020.
public struct MinimalPair: Hashable, Sendable, Codable {
  /// The acceptable sentence.
  public let good: String
  /// The other one.
  public let bad: String

  /// Creates a pair.
  public init(good: String, bad: String) { (self.good, self.bad) = (good, bad) }

  private enum CodingKeys: String, CodingKey { case good = "sentence_good", bad = "sentence_bad" }
}

/// The accuracy of a model on minimal pairs.
public struct MinimalPairReport: Hashable, Sendable {
  /// The number of pairs.
  public internal(set) var pairCount = 0
  /// The pairs whose acceptable sentence is the more probable one; a tie counts as wrong.
  public internal(set) var rightCount = 0
  /// The pairs of equally probable sentences, such as those that differ only in words that are unknown.
  public internal(set) var tieCount = 0
  /// The number of pairs without an unknown token, and of those among them that are right.
  public internal(set) var knownPairCount = 0, knownRightCount = 0
  /// The number of tokens of all sentences, line ends not counted, and of the unknown ones among them.
  public internal(set) var tokenCount = 0, unknownCount = 0

  /// The share of right pairs; NaN if there are none.
  public var accuracy: Double { Double(rightCount) / Double(pairCount) }
  /// The share of right pairs among those without an unknown token; NaN if there are none.
  public var knownAccuracy: Double { Double(knownRightCount) / Double(knownPairCount) }
  /// The share of tokens that the model knows.
  public var coverage: Double { 1 - Double(unknownCount) / Double(tokenCount) }
}

extension InferenceModel {
  /// Scores both sentences of each pair as a text of its own.
  ///
  /// - Parameters:
  ///   - pairs: The pairs.
  ///   - tokenizer: The model's tokenizer.
  ///   - spelling: Respells each sentence first; see `FamiliarWords` for texts in the spelling of the model's text.
  /// - Throws: `TextError` or `InferenceError`.
  public func compare(
    _ pairs: some Sequence<MinimalPair>, tokenizer: AnyTokenizer, spelling: (String) -> String = { $0 }
  ) throws -> MinimalPairReport {
    let scorer = TextScorer(self, tokenizer: tokenizer)
    var report = MinimalPairReport()
    for pair in pairs {
      let scores = try [pair.good, pair.bad].map { try scorer.score(spelling($0)) }
      report.pairCount += 1
      let isRight = scores[0].logProbability > scores[1].logProbability
      report.rightCount += isRight ? 1 : 0
      report.tieCount += scores[0].logProbability == scores[1].logProbability ? 1 : 0
      if scores.allSatisfy({ $0.unknownCount == 0 }) {
        report.knownPairCount += 1
        report.knownRightCount += isRight ? 1 : 0
      }
      for score in scores {
        report.tokenCount += score.tokenCount - (tokenizer.textStartID == nil ? 0 : 1)
        report.unknownCount += score.unknownCount
      }
    }
    return report
  }
}
