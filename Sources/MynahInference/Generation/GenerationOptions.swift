public import MynahText

/// How texts are written and where they end.
public struct GenerationOptions: Sendable {
  /// How tokens are drawn.
  ///
  /// Tokens that stand for no text, such as `<unk>`, are never drawn, whatever it says.
  public var sampler: Sampler
  /// After how many tokens a text ends.
  public var length: Int
  /// Strings that end a text; none of them is written.
  public var stopStrings: [String]
  /// Tokens that end a text; none of them is written.
  public var stopTokens: Set<Int32>
  /// A Boolean value indicating whether the probability of each token is returned.
  public var tellsProbabilities = false
  /// The positions at which the state is reset; nil: those of the model's file, or none without a file.
  ///
  /// Windows do not apply to generated text.
  public var statePolicy: StatePolicy?

  /// Creates options.
  ///
  /// - Precondition: the length is not negative; no stop string is empty.
  public init(
    sampler: Sampler = Sampler(), length: Int = 200, stopStrings: [String] = [], stopTokens: Set<Int32> = [],
    statePolicy: StatePolicy? = nil
  ) {
    precondition(length >= 0, "a length is 0 or more, found \(length)")
    (self.sampler, self.length, self.stopStrings, self.stopTokens) = (sampler, length, stopStrings, stopTokens)
    self.statePolicy = statePolicy
  }
}

/// Why a text ended.
public enum GenerationEnd: Hashable, Sendable {
  /// It has all the tokens that were asked for.
  case length
  /// A stop string came.
  case stopString(String)
  /// A stop token came.
  case stopToken(Int32)
}
