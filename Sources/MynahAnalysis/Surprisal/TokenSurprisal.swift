/// The surprisal of a token of a text, with the tokens that the model considered most probable.
public struct TokenSurprisal: Hashable, Sendable {
  /// A probable token at the same position.
  public struct Alternative: Hashable, Sendable {
    public let id: Int32
    /// p(token | preceding tokens).
    public let probability: Double
  }

  /// The id of the token.
  public let id: Int32
  /// ln p(token | preceding tokens), in nats: 0 or less.
  public let logProbability: Double
  /// p(token | preceding tokens); 0 on underflow.
  public let probability: Double
  /// −log₂ p, in bits.
  public let bits: Double
  /// The rank of the token by probability; 1 is the most probable.
  public let rank: Int
  /// The entropy of the distribution that the token was predicted from, −Σ p log₂ p over the vocabulary, in bits.
  public let entropy: Double
  /// The amount by which the token reduced the uncertainty about the next token, max(0, H before − H after), in bits.
  ///
  /// H before is `entropy`; H after is the entropy of the distribution of the next token, after this one was read. J.
  /// Hale, "Uncertainty about the rest of the sentence", 2006, defines the reduction for the entropy of the whole rest
  /// of a sentence; this is the same quantity for the entropy of a single step, which a language model has in closed
  /// form.
  public let entropyReduction: Double
  /// The most probable tokens, in order of decreasing probability.
  public let alternatives: [Alternative]
}
