import Foundation

/// The log-probability of a line: the sum over the tokens that begin in it.
public struct LineScore: Hashable, Sendable {
  /// One token of it.
  public struct Token: Hashable, Sendable {
    /// The token's number in the vocabulary.
    public let id: Int32
    /// ln p(token | all before it): 0 or less.
    public let logProbability: Double
    /// Its place among all tokens by probability; 1 is the most probable.
    ///
    /// Of equally probable ones the lower numbers come first.
    public let rank: Int
    /// Whether it stands for a word that the model does not know.
    public let isUnknown: Bool
  }

  /// The sum over all tokens, in nats.
  public var logProbability = 0.0
  /// The number of tokens that were predicted, the line's end among them where it is one.
  public var tokenCount = 0
  /// The part of the sum that falls on unknown tokens.
  public var unknownLogProbability = 0.0
  /// The tokens that are `<unk>`, whether the text has it so or has a word that the model does not know.
  public var unknownCount = 0
  /// The tokens one by one; nil if they were not asked for.
  public var tokens: [Token]?

  /// The score of nothing.
  public init() {}

  /// exp(−Σ ln p / tokens); NaN if nothing was predicted.
  public var perplexity: Double { exp(-logProbability / Double(tokenCount)) }

  /// The same over all but the unknown tokens: KenLM's "perplexity excluding OOVs".
  ///
  /// What comes after an unknown token still knows of it.
  public var perplexityWithoutUnknown: Double {
    exp(-(logProbability - unknownLogProbability) / Double(tokenCount - unknownCount))
  }

  /// Adds another line's score; its tokens one by one are left aside.
  public static func += (left: inout LineScore, right: LineScore) {
    left.logProbability += right.logProbability
    left.tokenCount += right.tokenCount
    left.unknownLogProbability += right.unknownLogProbability
    left.unknownCount += right.unknownCount
  }
}
