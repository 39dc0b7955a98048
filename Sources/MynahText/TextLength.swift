/// The length of a text in units that do not depend on a tokenizer.
public struct TextLength: Hashable, Sendable {
  /// The number of words, separated by white space.
  public let wordCount: Int
  /// The number of Unicode scalars, including line ends.
  public let characterCount: Int
  /// The number of bytes in UTF-8, including line ends; an invalid byte that was kept counts as one
  /// (`InvalidBytes.kept`).
  public let byteCount: Int

  /// Measures a text.
  public init(of text: String) {
    var (words, characters, escaped, isInWord) = (0, 0, 0, false)
    for scalar in text.unicodeScalars {
      characters += 1
      if scalar.value >= 0x10FF80 { escaped += 1 }
      let isSpace = scalar.properties.isWhitespace
      if !isSpace && !isInWord { words += 1 }
      isInWord = !isSpace
    }
    (wordCount, characterCount, byteCount) = (words, characters, text.utf8.count - 3 * escaped)
  }
}
