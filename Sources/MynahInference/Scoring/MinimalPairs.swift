public import MynahText

/// Two sentences that differ in little, of which one is right: what a model is asked to tell apart.
///
/// A. Warstadt et al., "BLiMP: the benchmark of linguistic minimal pairs for English", 2020.
public struct MinimalPair: Hashable, Sendable, Codable {
  /// The sentence that is right.
  public let good: String
  /// The other one.
  public let bad: String

  /// Creates a pair.
  public init(good: String, bad: String) { (self.good, self.bad) = (good, bad) }

  private enum CodingKeys: String, CodingKey { case good = "sentence_good", bad = "sentence_bad" }
}

/// How well a model tells minimal pairs apart.
public struct MinimalPairReport: Hashable, Sendable {
  /// The number of pairs.
  public internal(set) var pairCount = 0
  /// The pairs whose right sentence is the more probable one; a tie counts as wrong.
  public internal(set) var rightCount = 0
  /// The pairs both of whose sentences are equally probable, such as those that differ in a word that is unknown in both.
  public internal(set) var tieCount = 0
  /// The pairs without an unknown token, and how many of them are told apart rightly.
  public internal(set) var knownPairCount = 0, knownRightCount = 0
  /// The tokens of all sentences, line ends left aside, and how many of them are unknown.
  public internal(set) var tokenCount = 0, unknownCount = 0

  /// The share of pairs that are told apart; NaN if there are none.
  public var accuracy: Double { Double(rightCount) / Double(pairCount) }
  /// The share of pairs without an unknown token that are told apart; NaN if there are none.
  public var knownAccuracy: Double { Double(knownRightCount) / Double(knownPairCount) }
  /// The share of tokens that the model knows.
  public var coverage: Double { 1 - Double(unknownCount) / Double(tokenCount) }
}

extension InferenceModel {
  /// Scores both sentences of each pair as a text of its own.
  ///
  /// - Parameters:
  ///   - pairs: The pairs.
  ///   - tokenizer: How sentences become the model's tokens; see `FamiliarWords` for sentences in another spelling than the
  ///     model's text.
  ///   - spelling: What is made of each sentence first.
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
