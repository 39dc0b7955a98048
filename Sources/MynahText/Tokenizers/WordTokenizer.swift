/// Takes as tokens the words between white space, and `<eos>` or another mark for every line end.
///
/// `"a b\n"` is `a b <eos>`; an empty line is just `<eos>`; a last line without a line end gets its `<eos>` too, except
/// in a prompt. Words are not parted from their punctuation.
public struct WordTokenizer: Tokenizer {
  public static let kind = "word"
  public var kind: String { Self.kind }
  public let vocabulary: Vocabulary
  /// The token that stands for a line end.
  public let lineEnd: String
  /// The form in which words are looked up.
  public let form: WordForm

  /// Creates a tokenizer of a known vocabulary; without `lineEnd` in it, line ends are white space like any other.
  public init(vocabulary: Vocabulary, lineEnd: String = Vocabulary.endOfSentence, form: WordForm = .asWritten) {
    (self.vocabulary, self.lineEnd, self.form) = (vocabulary, lineEnd, form)
  }

  /// Makes the vocabulary of a text: its words by count, falling, and ties by code points; `<unk>` and `<eos>` always.
  ///
  /// - Parameters:
  ///   - minimumCount: Rarer words are left out. When nil: 1 if `<unk>` stands in the text itself, else 2, so that the
  ///     words that occur once teach a model what `<unk>` is like.
  ///   - maximumSize: How many tokens to keep at most, `<unk>` and `<eos>` among them.
  public init(training text: String, minimumCount: Int? = nil, maximumSize: Int? = nil) {
    precondition(minimumCount ?? 1 >= 1, "a word's minimum count must be positive, found \(minimumCount ?? 1)")
    precondition(maximumSize ?? 2 >= 2, "a word vocabulary holds at least 2 tokens, found \(maximumSize ?? 2)")
    self.init(
      Self.counts(of: Array(text.utf8), endingLastLine: true), minimumCount: minimumCount, maximumSize: maximumSize)
  }

  /// Makes the vocabulary of counted words.
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
      case .word(let range):
        if let id = id(of: bytes, range) {
          encoded.ids.append(id)
        } else if let id = vocabulary.unknownID {
          encoded.ids.append(id)
          encoded.unknownCount += 1
        } else {
          throw .unknownToken(in: bytes, range)
        }
      }
    }
    if endsLastLine, Self.hasOpenLastLine(bytes), let lineEndID { encoded.ids.append(lineEndID) }
    return encoded
  }

  /// The number of the word in a range of a text's bytes; nil if it is unknown.
  private func id(of bytes: [UInt8], _ range: Range<Int>) -> Int32? {
    switch form {
    case .asWritten: return vocabulary.id(of: bytes, range)
    case .canonical:
      let word = CanonicalWord.form(of: String(decoding: bytes[range], as: UTF8.self), in: vocabulary)
      return word == Vocabulary.unknown ? nil : vocabulary.id(of: word)
    }
  }

  /// How often each word and `<eos>` occurs; an open last line counts as ended only if that is asked for.
  package static func counts(of bytes: [UInt8], endingLastLine: Bool) -> TokenCounts {
    var counts = TokenCounts()
    counts.addWords(of: bytes, endingLastLine: endingLastLine)
    return counts
  }

  /// Whether something but line ends stands after the last line end.
  static func hasOpenLastLine(_ bytes: [UInt8]) -> Bool { bytes.last.map { $0 != UInt8(ascii: "\n") } ?? false }
}

// What is as usual stands in no file.
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
  /// The error for a token that stands in a range of a text's bytes.
  static func unknownToken(in bytes: [UInt8], _ range: Range<Int>) -> TextError {
    let before = bytes[..<range.lowerBound]
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return .unknownToken(
      String(decoding: bytes[range], as: UTF8.self), line: 1 + before.count { $0 == UInt8(ascii: "\n") },
      column: 1 + String(decoding: bytes[lineStart..<range.lowerBound], as: UTF8.self).unicodeScalars.count)
  }
}
