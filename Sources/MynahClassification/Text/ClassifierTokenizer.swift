public import MynahText

/// How a text becomes the tokens that a classifier reads.
public struct ClassifierTokenizer: Hashable, Codable, Sendable {
  /// What is made of a text first.
  public let form: TextForm
  /// How that is cut.
  public let tokenizer: AnyTokenizer
  /// A longer text is read up to so many tokens, the marks of its beginning and end aside.
  public let maximumTokenCount: Int

  /// Creates a tokenizer.
  ///
  /// - Precondition: a text may have a token.
  public init(form: TextForm, tokenizer: AnyTokenizer, maximumTokenCount: Int = 1024) {
    precondition(maximumTokenCount > 0, "a text has room for a token at least, found \(maximumTokenCount)")
    (self.form, self.tokenizer, self.maximumTokenCount) = (form, tokenizer, maximumTokenCount)
  }

  /// V, the number of tokens.
  public var vocabularySize: Int { tokenizer.vocabulary.count }

  /// The tokens of a text between those that stand for a line's end: it is read as a line of its own.
  ///
  /// There are two at least, and one at least to be predicted, whatever the text.
  ///
  /// - Throws: `TextError` if a token is unknown and the vocabulary has no `<unk>`.
  public func encode(_ text: String) throws(TextError) -> [Int32] {
    let start = tokenizer.startID
    let ids = try tokenizer.encodePrompt(form(text)).ids.prefix(maximumTokenCount)
    return [start] + ids + [start]
  }
}
