public import MynahText

/// Two sentences that differ minimally, of which one is acceptable.
///
/// A. Warstadt et al., "BLiMP: the benchmark of linguistic minimal pairs for English", 2020.
public struct MinimalPair: Hashable, Sendable, Codable {
  /// The acceptable sentence.
  public let good: String
  /// The other, unacceptable sentence.
  public let bad: String

  /// Creates a pair.
  public init(good: String, bad: String) { (self.good, self.bad) = (good, bad) }

  private enum CodingKeys: String, CodingKey { case good = "sentence_good", bad = "sentence_bad" }
}

/// The scores of both sentences of a minimal pair.
public struct ScoredPair: Hashable, Sendable {
  /// The comparison of the probabilities of the two sentences.
  public enum Outcome: String, Hashable, Sendable {
    /// The acceptable sentence is more probable.
    case right
    /// The other sentence is more probable.
    case wrong
    /// Both sentences are equally probable, for example if they differ only in unknown words.
    case tie
  }

  /// The score of the acceptable sentence, and of the other one.
  public let good, bad: LineScore

  /// Creates the scores of a pair.
  public init(good: LineScore, bad: LineScore) { (self.good, self.bad) = (good, bad) }

  /// ln p(acceptable sentence) − ln p(other sentence), in nats.
  public var difference: Double { good.logProbability - bad.logProbability }

  /// The comparison of the probabilities of the two sentences.
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
  /// The number of pairs whose acceptable sentence is more probable; a tie counts as wrong.
  public internal(set) var rightCount = 0
  /// The number of pairs of equally probable sentences, such as those that differ only in unknown words.
  public internal(set) var tieCount = 0
  /// The number of pairs without an unknown token, and the number of these that are right.
  public internal(set) var knownPairCount = 0, knownRightCount = 0
  /// The number of tokens of all sentences, excluding line ends, and the number of these that are unknown.
  public internal(set) var tokenCount = 0, unknownCount = 0

  /// The share of right pairs; NaN if there are none.
  public var accuracy: Double { Double(rightCount) / Double(pairCount) }
  /// The share of right pairs among those without an unknown token; NaN if there are none.
  public var knownAccuracy: Double { Double(knownRightCount) / Double(knownPairCount) }
  /// The share of tokens that are in the vocabulary.
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
  /// Scores each sentence of a pair as a separate text, from the same initial state.
  ///
  /// - Parameter spelling: A function that respells each sentence before it is scored; see `FamiliarWords` for texts in
  ///   the spelling of the model's text.
  /// - Throws: `TextError` or `InferenceError`.
  public func score(_ pair: MinimalPair, spelling: (String) -> String = { $0 }) throws -> ScoredPair {
    ScoredPair(good: try score(spelling(pair.good)), bad: try score(spelling(pair.bad)))
  }
}

extension InferenceModel {
  /// Scores each sentence of each pair as a separate text.
  ///
  /// - Parameters:
  ///   - pairs: The pairs.
  ///   - tokenizer: The model's tokenizer.
  ///   - spelling: A function that respells each sentence before it is scored; see `FamiliarWords` for texts in the
  ///     spelling of the model's text.
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
