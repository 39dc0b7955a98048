import MynahIO
public import MynahText

/// The options of text generation.
public struct GenerationOptions: Sendable {
  /// The sampler.
  ///
  /// Tokens without text, such as `<unk>`, are never drawn, regardless of its steps.
  public var sampler: Sampler
  /// The maximum number of tokens in a text.
  public var length: Int
  /// Strings that end a text; they are not part of the output.
  public var stopStrings: [String]
  /// Tokens that end a text; they are not part of the output.
  public var stopTokens: Set<Int32>
  /// A Boolean value indicating whether the probability of each token is returned.
  public var returnsProbabilities = false
  /// The number of the most probable tokens that are returned at each position, if probabilities are returned.
  public var alternativeCount = 0
  /// A Boolean value indicating whether a `GenerationBatch` returns the state after a text when the text ends.
  public var returnsMemory = false
  /// The positions at which the state is reset; nil for those of the model's file, or none without a file.
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
    require(length >= 0, "a length must not be negative, got \(length)")
    (self.sampler, self.length, self.stopStrings, self.stopTokens) = (sampler, length, stopStrings, stopTokens)
    self.statePolicy = statePolicy
  }

  /// Creates options with the default sampling steps; see `Sampler(temperature:topK:topP:minP:repetitionPenalty:)`.
  ///
  /// - Precondition: the length is not negative; no stop string is empty.
  public init(
    length: Int = 200, temperature: Double, topK: Int? = nil, topP: Double? = nil, minP: Double? = nil,
    repetitionPenalty: Double? = nil, stopStrings: [String] = []
  ) {
    self.init(
      sampler: Sampler(
        temperature: temperature, topK: topK, topP: topP, minP: minP, repetitionPenalty: repetitionPenalty),
      length: length, stopStrings: stopStrings)
  }
}

/// The reason why a text ended.
public enum GenerationEnd: Hashable, Sendable {
  /// It has the requested number of tokens.
  case length
  /// A stop string was generated.
  case stopString(String)
  /// A stop token was generated.
  case stopToken(Int32)
}
