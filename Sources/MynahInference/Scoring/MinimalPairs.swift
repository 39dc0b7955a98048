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

/// The scores of both sentences of a minimal pair.
public struct ScoredPair: Hashable, Sendable {
  /// Which sentence is the more probable one.
  public enum Outcome: String, Hashable, Sendable {
    /// The acceptable one.
    case right
    /// The other one.
    case wrong
    /// Both are equally probable, such as two that differ only in words that are unknown.
    case tie
  }

  /// The score of the acceptable sentence, and of the other one.
  public let good, bad: LineScore

  /// Creates the scores of a pair.
  public init(good: LineScore, bad: LineScore) { (self.good, self.bad) = (good, bad) }

  /// ln p(acceptable sentence) − ln p(other sentence), in nats.
  public var difference: Double { good.logProbability - bad.logProbability }

  /// Which sentence is the more probable one.
  public var outcome: Outcome {
    if good.logProbability == bad.logProbability { return .tie }
    return good.logProbability > bad.logProbability ? .right : .wrong
  }

  /// A Boolean value indicating whether no token of the two sentences is unknown.
  public var isKnown: Bool { good.unknownCount == 0 && bad.unknownCount == 0 }
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

  /// Creates a report without pairs.
  public init() {}

  /// Adds a pair that `TextScorer` has scored.
  ///
  /// - Parameter tokenizer: The tokenizer of the scores.
  public mutating func add(_ pair: ScoredPair, tokenizer: AnyTokenizer) {
    let isRight = pair.outcome == .right
    pairCount += 1
    rightCount += isRight ? 1 : 0
    tieCount += pair.outcome == .tie ? 1 : 0
    if pair.isKnown {
      knownPairCount += 1
      knownRightCount += isRight ? 1 : 0
    }
    for score in [pair.good, pair.bad] {
      tokenCount += score.tokenCount - (tokenizer.textStartID == nil ? 0 : 1)
      unknownCount += score.unknownCount
    }
  }
}

extension TextScorer {
  /// Scores both sentences of a pair as a text of its own, from the same beginning.
  ///
  /// - Parameter spelling: Respells each sentence first; see `FamiliarWords` for texts in the spelling of the model's
  ///   text.
  /// - Throws: `TextError` or `InferenceError`.
  public func score(_ pair: MinimalPair, spelling: (String) -> String = { $0 }) throws -> ScoredPair {
    ScoredPair(good: try score(spelling(pair.good)), bad: try score(spelling(pair.bad)))
  }
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
    for pair in pairs { report.add(try scorer.score(pair, spelling: spelling), tokenizer: tokenizer) }
    return report
  }
}
