/// A tokenizer for natural text, whose tokens are words, punctuation marks and line ends.
///
/// - A word is a run of letters, digits and their combining marks, with apostrophes between letters (`don't`) and with
///   commas and periods between digits (`1,000.5`). Any other character is a token of its own, as is each character of
///   Chinese and Japanese.
/// - Blanks are implied: `Hello, world!` is `Hello` `,` `world` `!`, since a blank precedes a word and not a comma. If
///   the blanks around a token differ from this, it is written with “￭” on a side without a blank or “▁” on a side with
///   one: `e.g.` is `e` `.` `￭g` `.`, a dash between blanks is `▁-▁`, and a straight quotation mark that begins a
///   quotation is `"￭`.
/// - The decoded text therefore has the blanks of the original one, except that white space within a line becomes a
///   single blank and is dropped at the ends of the line. If a token with marks is not in the vocabulary, it is encoded
///   without them.
public struct PunctuationTokenizer: Tokenizer {
  public static let kind = "words-and-punctuation"
  public var kind: String { Self.kind }
  public let vocabulary: Vocabulary
  /// The tokens of the vocabulary, parsed; nil for those that represent no text.
  let tokens: [PunctuationToken?]

  /// Creates a tokenizer from a vocabulary; if `<eos>` is not in it, line ends are ordinary white space.
  public init(vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    let special = Set((vocabulary.textlessIDs + [vocabulary.endOfSentenceID].compactMap(\.self)))
    tokens = vocabulary.tokens.enumerated().map { special.contains(Int32($0)) ? nil : PunctuationToken($1) }
  }

  /// Builds the vocabulary of a text: its tokens by descending count, ties by code points; always with `<unk>` and
  /// `<eos>`.
  ///
  /// - Parameters:
  ///   - minimumCount: The minimum count of a token, 2 if nil; rarer tokens are dropped.
  ///   - maximumSize: The maximum number of tokens, including `<unk>` and `<eos>`.
  public init(training text: String, minimumCount: Int? = nil, maximumSize: Int? = nil) {
    self.init(
      TokenCounts(of: Array(text.utf8), .wordsAndPunctuation, endsText: true), minimumCount: minimumCount,
      maximumSize: maximumSize)
  }

  /// Builds the vocabulary from counts of tokens.
  init(_ counts: TokenCounts, minimumCount: Int?, maximumSize: Int?) {
    self.init(
      vocabulary: Vocabulary(
        counts, minimumCount: minimumCount ?? 2, maximumSize: maximumSize,
        required: [Vocabulary.unknown, Vocabulary.endOfSentence]))
  }

  public func encode(_ text: String) throws(TextError) -> EncodedText {
    try encode(text, following: .blank, endsLastLine: true)
  }

  public func encodePrompt(_ text: String) throws(TextError) -> EncodedText {
    try encode(text, following: .unknown, endsLastLine: false)
  }

  /// Encodes a part of a text that follows white space, or nothing, and is followed by white space.
  func encodePart(_ text: String) throws(TextError) -> EncodedText {
    try encode(text, following: .blank, endsLastLine: false)
  }

  private func encode(
    _ text: String, following: PunctuationScanner.Following, endsLastLine: Bool
  ) throws(TextError) -> EncodedText {
    var encoded = EncodedText(ids: [], characterCount: text.unicodeScalars.count)
    let bytes = Array(text.utf8)
    var scanner = PunctuationScanner(text, following: following)
    while let item = scanner.next() {
      switch item {
      case .lineEnd: encoded.ids += [endOfSentenceID].compactMap(\.self)
      case .token(let token, let range):
        let id = token.isUnmarked ? vocabulary.id(of: bytes, range) : id(of: token)
        try encoded.append(id, of: vocabulary, at: range, in: bytes)
      }
    }
    if endsLastLine, WordTokenizer.hasOpenLastLine(bytes), let endOfSentenceID {
      encoded.ids.append(endOfSentenceID)
    }
    return encoded
  }

  /// Returns the ID of a marked token, or of the same one without its marks; nil if it is unknown.
  private func id(of token: PunctuationToken) -> Int32? {
    if let id = vocabulary.id(of: token.written) { return id }
    let variants = [
      PunctuationToken(core: token.core, blankAfter: token.blankAfter), PunctuationToken(core: token.core),
    ]
    return variants.lazy.compactMap { vocabulary.id(of: $0.written) }.first
  }

  public func decoder() -> TokenDecoder { TokenDecoder(self) }

  public func characterCount(of id: Int32) -> Int {
    tokens[Int(id)]?.core.count ?? vocabulary[id].unicodeScalars.count
  }

  /// Returns the text of a token without marks if the token is a word that follows a blank; nil for any other.
  package func word(_ id: Int32) -> String? {
    guard let token = tokens[Int(id)], token.followsBlank, token.blankAfter == nil else { return nil }
    return String(token.core)
  }

  /// Returns the tokens of a line as written, each with a Boolean value indicating whether it follows a blank.
  package func parts(of line: String) -> [(text: String, followsBlank: Bool)] {
    var (parts, scanner, end) = ([(text: String, followsBlank: Bool)](), PunctuationScanner(line, following: .blank), 0)
    while let item = scanner.next() {
      guard case .token(let token, let range) = item else { continue }
      parts.append((String(token.core), range.lowerBound > end && !parts.isEmpty))
      end = range.upperBound
    }
    return parts
  }
}

extension PunctuationTokenizer {
  private enum CodingKeys: CodingKey { case vocabulary }

  public init(from decoder: any Decoder) throws {
    self.init(vocabulary: try decoder.container(keyedBy: CodingKeys.self).decode(Vocabulary.self, forKey: .vocabulary))
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(vocabulary, forKey: .vocabulary)
  }

  public static func == (a: Self, b: Self) -> Bool { a.vocabulary == b.vocabulary }
  public func hash(into hasher: inout Hasher) { hasher.combine(vocabulary) }
}

extension TokenCounts {
  /// Counts the tokens of a text, and `<eos>` for each line end; an unterminated last line counts if `endingLastLine`
  /// is true.
  mutating func addWordsAndPunctuation(of bytes: [UInt8], endingLastLine: Bool) {
    var scanner = PunctuationScanner(String(decoding: bytes, as: UTF8.self), following: .blank)
    while let item = scanner.next() {
      switch item {
      case .lineEnd: add(Vocabulary.endOfSentence)
      case .token(let token, let range): if token.isUnmarked { add(bytes, range) } else { add(token.written) }
      }
    }
    if endingLastLine && WordTokenizer.hasOpenLastLine(bytes) { add(Vocabulary.endOfSentence) }
  }
}
