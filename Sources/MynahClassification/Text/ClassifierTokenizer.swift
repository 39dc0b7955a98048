import MynahIO
public import MynahText

/// The conversion of a text to the tokens that a classifier reads.
public struct ClassifierTokenizer: Hashable, Codable, Sendable {
  /// The normalisation applied to a text first.
  public let form: TextForm
  /// The tokenizer applied to the normalised text.
  public let tokenizer: AnyTokenizer
  /// The maximum number of tokens of a text, not counting the tokens at its beginning and end; longer texts are
  /// truncated.
  public let maximumTokenCount: Int

  /// Creates a tokenizer.
  ///
  /// - Precondition: `maximumTokenCount` is positive.
  public init(form: TextForm, tokenizer: AnyTokenizer, maximumTokenCount: Int = 1024) {
    require(maximumTokenCount > 0, "a text must have room for at least 1 token, got \(maximumTokenCount)")
    (self.form, self.tokenizer, self.maximumTokenCount) = (form, tokenizer, maximumTokenCount)
  }

  /// V, the size of the vocabulary.
  public var vocabularySize: Int { tokenizer.vocabulary.count }

  /// Returns the tokens of a text as a separate line, with an end-of-line token before and after.
  ///
  /// For any text, there are at least two tokens, of which at least one is predicted.
  ///
  /// - Throws: `TextError` if a token is unknown and the vocabulary has no `<unk>`.
  public func encode(_ text: String) throws(TextError) -> [Int32] {
    let start = tokenizer.startID
    let ids = try tokenizer.encodePrompt(form(text)).ids.prefix(maximumTokenCount)
    return [start] + ids + [start]
  }
}
