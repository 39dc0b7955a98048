import Foundation

/// A hypothesis of an n-best list, as speech recognisers and translators write them: `id ||| text ||| scores`.
///
/// The scores are numbers, which may have names between them; a fourth field is their weighted sum.
public struct NBestHypothesis: Hashable, Sendable {
  /// The id of the input.
  public let id: String
  /// The text.
  public let text: String
  /// The third field, unchanged.
  public let scores: String
  /// The score before rescoring: the fourth field, or else the sum of the numbers of the third.
  public let score: Double

  /// Reads a line; nil if it has no three fields, or a fourth that is no number.
  public init?(_ line: String) {
    let fields = Self.fields(line)
    guard (3...4).contains(fields.count), !fields[0].isEmpty else { return nil }
    let numbers = fields[2].split(separator: " ").compactMap { Double($0) }
    let total = fields.count == 4 ? Double(fields[3]) : numbers.reduce(0, +)
    guard let total, total.isFinite else { return nil }
    (id, text, scores, score) = (fields[0], fields[1], fields[2], total)
  }

  private static func fields(_ line: String) -> [String] {
    line.components(separatedBy: "|||").map { $0.trimmingCharacters(in: .whitespaces) }
  }
}

/// The weights by which a language model rescores hypotheses.
public struct Rescoring: Hashable, Sendable {
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

  /// A hypothesis with its new score.
  public struct Ranked: Hashable, Sendable {
    public let hypothesis: NBestHypothesis
    /// The model's score of the text.
    public let model: LineScore
    /// scoreWeight · score + modelWeight · ln p + tokenBonus · tokens.
    public let score: Double
  }

  /// Returns the hypotheses of one input, best first; equal ones keep their order.
  ///
  /// - Parameter scorer: Scores each text on its own.
  /// - Throws: The errors of `TextScorer`.
  public func ranked(_ hypotheses: [NBestHypothesis], by scorer: TextScorer) throws -> [Ranked] {
    let all = try hypotheses.map { hypothesis in
      let model = try scorer.score(hypothesis.text)
      let score =
        scoreWeight * hypothesis.score + modelWeight * model.logProbability + tokenBonus * Double(model.tokenCount)
      return Ranked(hypothesis: hypothesis, model: model, score: score)
    }
    return all.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.map { $0.element }
  }
}
