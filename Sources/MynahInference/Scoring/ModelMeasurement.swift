import Foundation
import MynahIO
public import MynahText

/// The measurements of one model on a text, for a comparison with other models on the same text.
public struct ModelMeasurement: Sendable {
  /// The score of each line.
  public let lines: [LineScore]
  /// The score of the text.
  public let total: LineScore
  /// The length of the text in units that do not depend on the model.
  public let length: TextLength
  /// The number of words of each line.
  private let wordCounts: [Double]

  /// Measures a predictor on the lines of a text.
  ///
  /// - Parameters:
  ///   - predictor: A predictor that has not begun a text.
  ///   - policy: The positions at which the state is reset.
  ///   - report: Called with the progress after each line; an error that it throws ends the reading.
  /// - Throws: `InferenceError.nothingToPredict`, `TextError.unknownToken`, `InferenceError.notFinite`, and what
  ///   `report` throws.
  public init(
    of text: String, _ predictor: any Predictor, tokenizer: AnyTokenizer, policy: StatePolicy,
    report: (TextProgress) throws -> Void = { _ in }
  ) throws {
    var scorer = TextScorer(predictor, tokenizer: tokenizer, policy: policy)
    var lines: [LineScore] = []
    var parts = text.split(separator: "\n", omittingEmptySubsequences: false)
    let isEnded = parts.last?.isEmpty == true
    if isEnded { parts.removeLast() }
    var (tokenCount, byteCount) = (0, 0)
    for (index, line) in parts.enumerated() {
      let scores = try scorer.append(String(line), isEnded: isEnded || index + 1 < parts.count)
      lines += scores
      tokenCount += scores.reduce(0) { $0 + $1.tokenCount }
      byteCount += line.utf8.count + 1
      let share = min(1, Double(byteCount) / Double(text.utf8.count))
      try report(TextProgress(tokenCount: tokenCount, share: share))
    }
    lines += try scorer.finish()
    total = lines.reduce(into: LineScore()) { $0 += $1 }
    guard total.tokenCount > 0 else { throw InferenceError.nothingToPredict(tokenCount: 0) }
    (self.lines, length) = (lines, TextLength(of: text))
    wordCounts = parts.map { Double(TextLength(of: String($0)).wordCount) }
  }

  /// The perplexity per token, exp(nats / tokens).
  public var perplexity: Double { exp(-total.logProbability / Double(total.tokenCount)) }
  /// The perplexity per word, exp(nats / words); comparable between models whose tokens differ, unless one of them
  /// reads words as `<unk>`.
  public var wordPerplexity: Double { exp(-total.logProbability / Double(max(length.wordCount, 1))) }
  /// The perplexity per byte, exp(nats / bytes); comparable like `wordPerplexity`.
  public var bytePerplexity: Double { exp(-total.logProbability / Double(max(length.byteCount, 1))) }
  /// The share of the tokens that are `<unk>`.
  public var unknownShare: Double { Double(total.unknownCount) / Double(total.tokenCount) }

  /// Returns the ratio of the perplexity per word to that of another model, and its 95 % interval by a paired bootstrap
  /// over lines; below 1, this model is better.
  ///
  /// - Precondition: both measured the same text, which has a word.
  public func ratio(to other: ModelMeasurement) -> PairedBootstrap {
    require(lines.count == other.lines.count, "a paired comparison needs the same lines")
    let differences = zip(lines, other.lines).map { $1.logProbability - $0.logProbability }
    let nats = PairedBootstrap(differences: differences, weights: wordCounts)
    return PairedBootstrap(value: exp(nats.value), low: exp(nats.low), high: exp(nats.high))
  }
}

extension PairedBootstrap {
  /// Creates an interval that was computed from another one.
  fileprivate init(value: Double, low: Double, high: Double) { (self.value, self.low, self.high) = (value, low, high) }
}
