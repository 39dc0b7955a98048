/// How long a text is in units that do not depend on any tokenizer.
public struct TextLength: Hashable, Sendable {
  /// The stretches between white space.
  public let wordCount: Int
  /// The Unicode scalars, line ends included.
  public let characterCount: Int
  /// The bytes in UTF-8, line ends included.
  public let byteCount: Int

  /// Measures a text.
  public init(of text: String) {
    var (words, characters, isInWord) = (0, 0, false)
    for scalar in text.unicodeScalars {
      characters += 1
      let isSpace = scalar.properties.isWhitespace
      if !isSpace && !isInWord { words += 1 }
      isInWord = !isSpace
    }
    (wordCount, characterCount, byteCount) = (words, characters, text.utf8.count)
  }
}
