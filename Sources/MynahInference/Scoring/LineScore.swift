import Foundation

/// The log-probability of a line: the sum over the tokens that begin in it.
public struct LineScore: Hashable, Sendable {
  /// A token of the line.
  public struct Token: Hashable, Sendable {
    /// The token's ID in the vocabulary.
    public let id: Int32
    /// ln p(token | all before it): 0 or less.
    public let logProbability: Double
    /// Its rank among all tokens by probability; 1 is the most probable.
    ///
    /// Ties are broken by the lower ID.
    public let rank: Int
    /// A Boolean value indicating whether the token is `<unk>`.
    public let isUnknown: Bool
  }

  /// The sum over all tokens, in nats.
  public var logProbability = 0.0
  /// The number of predicted tokens, including the line end if it is a token.
  public var tokenCount = 0
  /// The sum over the tokens that are not `<unk>`; `<unk>` may have the probability 0.
  public var knownLogProbability = 0.0
  /// The number of `<unk>` tokens, including those in the text itself.
  public var unknownCount = 0
  /// The tokens one by one; nil unless they were requested.
  public var tokens: [Token]?

  /// Creates an empty score.
  public init() {}

  /// The perplexity, exp(−Σ ln p / tokens); nil if nothing was predicted.
  public var perplexity: Double? { tokenCount == 0 ? nil : exp(-logProbability / Double(tokenCount)) }

  /// The perplexity over all but the unknown tokens: KenLM's "perplexity excluding OOVs"; nil if there are none.
  ///
  /// The predictions after an unknown token still depend on it.
  public var perplexityWithoutUnknown: Double? {
    tokenCount == unknownCount ? nil : exp(-knownLogProbability / Double(tokenCount - unknownCount))
  }

  /// Adds another line's score, but not its list of tokens.
  public static func += (left: inout LineScore, right: LineScore) {
    left.logProbability += right.logProbability
    left.tokenCount += right.tokenCount
    left.knownLogProbability += right.knownLogProbability
    left.unknownCount += right.unknownCount
  }
}
