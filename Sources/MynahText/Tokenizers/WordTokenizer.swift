import MynahIO

/// A tokenizer whose tokens are the words between white space, and `<eos>` or another token for each line end.
///
/// `"a b\n"` is `a b <eos>`; an empty line is just `<eos>`; an unterminated last line also gets an `<eos>`, except in a
/// prompt. Punctuation is not split from words.
public struct WordTokenizer: Tokenizer {
  public static let kind = "word"
  public var kind: String { Self.kind }
  public let vocabulary: Vocabulary
  /// The token for a line end.
  public let lineEnd: String
  /// The form in which words are looked up.
  public let form: WordForm

  /// Creates a tokenizer from a vocabulary; if `lineEnd` is not in it, line ends are ordinary white space.
  public init(vocabulary: Vocabulary, lineEnd: String = Vocabulary.endOfSentence, form: WordForm = .asWritten) {
    (self.vocabulary, self.lineEnd, self.form) = (vocabulary, lineEnd, form)
  }

  /// Builds the vocabulary of a text: its words by descending count, ties by code points; always with `<unk>` and
  /// `<eos>`.
  ///
  /// - Parameters:
  ///   - minimumCount: The minimum count of a word; rarer words are dropped. If nil, it is 1 if `<unk>` occurs in the
  ///     text, else 2, so that a model learns the distribution of `<unk>` from the words that occur once.
  ///   - maximumSize: The maximum number of tokens, including `<unk>` and `<eos>`.
  public init(training text: String, minimumCount: Int? = nil, maximumSize: Int? = nil) {
    require(minimumCount ?? 1 >= 1, "a word's minimum count must be positive, got \(minimumCount ?? 1)")
    require(
      maximumSize ?? 2 >= 2, "a word vocabulary must have room for at least 2 tokens, got \(maximumSize ?? 2)")
    self.init(
      Self.counts(of: Array(text.utf8), endingLastLine: true), minimumCount: minimumCount, maximumSize: maximumSize)
  }

  /// Builds the vocabulary from counts of words.
  init(_ counts: TokenCounts, minimumCount: Int?, maximumSize: Int?) {
    self.init(
      vocabulary: Vocabulary(
        counts, minimumCount: minimumCount ?? (counts.count(of: Vocabulary.unknown) > 0 ? 1 : 2),
        maximumSize: maximumSize, required: [Vocabulary.unknown, Vocabulary.endOfSentence]))
  }

  public var endOfSentenceID: Int32? { vocabulary.id(of: lineEnd) }

  public func encode(_ text: String) throws(TextError) -> EncodedText { try encode(text, endsLastLine: true) }

  public func encodePrompt(_ text: String) throws(TextError) -> EncodedText { try encode(text, endsLastLine: false) }

  public func decoder() -> TokenDecoder {
    TokenDecoder(vocabulary, separator: " ", lineEndID: endOfSentenceID)
  }

  private func encode(_ text: String, endsLastLine: Bool) throws(TextError) -> EncodedText {
    let bytes = Array(text.utf8)
    let lineEndID = endOfSentenceID
    var scanner = WordScanner(bytes)
    var encoded = EncodedText(ids: [], characterCount: text.unicodeScalars.count)
    encoded.ids.reserveCapacity(bytes.count / 5)
    while let item = scanner.next() {
      switch item {
      case .lineEnd:
        if let lineEndID { encoded.ids.append(lineEndID) }
      case .word(let range): try encoded.append(id(of: bytes, range), of: vocabulary, at: range, in: bytes)
      }
    }
    if endsLastLine, Self.hasOpenLastLine(bytes), let lineEndID { encoded.ids.append(lineEndID) }
    return encoded
  }

  /// Returns the ID of the word in a range of a text's bytes; nil if it is unknown.
  private func id(of bytes: [UInt8], _ range: Range<Int>) -> Int32? {
    switch form {
    case .asWritten: return vocabulary.id(of: bytes, range)
    case .canonical:
      let word = CanonicalWord.form(of: String(decoding: bytes[range], as: UTF8.self), in: vocabulary)
      return word == Vocabulary.unknown ? nil : vocabulary.id(of: word)
    }
  }

  /// Returns the counts of words and `<eos>`; an unterminated last line counts if `endingLastLine` is true.
  package static func counts(of bytes: [UInt8], endingLastLine: Bool) -> TokenCounts {
    var counts = TokenCounts()
    counts.addWords(of: bytes, endingLastLine: endingLastLine)
    return counts
  }

  /// Returns a Boolean value indicating whether the last line is unterminated.
  static func hasOpenLastLine(_ bytes: [UInt8]) -> Bool { bytes.last.map { $0 != UInt8(ascii: "\n") } ?? false }
}

// Default values are omitted from the file.
extension WordTokenizer {
  private enum CodingKeys: CodingKey { case vocabulary, lineEnd, form }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      vocabulary: try values.decode(Vocabulary.self, forKey: .vocabulary),
      lineEnd: try values.decodeIfPresent(String.self, forKey: .lineEnd) ?? Vocabulary.endOfSentence,
      form: try values.decodeIfPresent(WordForm.self, forKey: .form) ?? .asWritten)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(vocabulary, forKey: .vocabulary)
    if lineEnd != Vocabulary.endOfSentence { try values.encode(lineEnd, forKey: .lineEnd) }
    if form != .asWritten { try values.encode(form, forKey: .form) }
  }
}

extension TextError {
  /// Returns the error for an unknown token in a range of a text's bytes.
  static func unknownToken(in bytes: [UInt8], _ range: Range<Int>) -> TextError {
    let before = bytes[..<range.lowerBound]
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return .unknownToken(
      String(decoding: bytes[range], as: UTF8.self), line: 1 + before.count { $0 == UInt8(ascii: "\n") },
      column: 1 + String(decoding: bytes[lineStart..<range.lowerBound], as: UTF8.self).unicodeScalars.count)
  }
}
