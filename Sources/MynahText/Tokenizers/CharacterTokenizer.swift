import MynahIO

/// A tokenizer whose tokens are the characters of a text: its Unicode scalars, including line ends.
public struct CharacterTokenizer: Tokenizer {
  public static let kind = "character"
  public var kind: String { Self.kind }
  public let vocabulary: Vocabulary

  /// Creates a tokenizer from a vocabulary.
  ///
  /// - Throws: `TextError` if a token other than the empty token, the unknown token and `<eos>` is not a single
  ///   character.
  public init(vocabulary: Vocabulary) throws(TextError) {
    let special = vocabulary.textlessIDs + [vocabulary.endOfSentenceID].compactMap(\.self)
    for id in 0..<Int32(vocabulary.count) where !special.contains(id) {
      let token = vocabulary[id]
      guard token.unicodeScalars.count == 1 else { throw .notOneCharacter(token: token, id: Int(id)) }
    }
    self.vocabulary = vocabulary
  }

  /// Builds the vocabulary of a text: its characters, and `<unk>` for all others.
  ///
  /// - Parameters:
  ///   - order: The order in which the characters are numbered.
  ///   - minimumCount: The minimum count of a character; rarer ones are dropped.
  ///   - maximumSize: The maximum number of tokens, including `<unk>` and those of `leading`.
  ///   - leading: The tokens with the first IDs: the empty token for padding, `<eos>`, and `<unk>` or `[UNK]`; if
  ///     neither of the latter two is given, `<unk>` comes last.
  public init(
    training text: String, order: Vocabulary.Order = .countThenCodePoint, minimumCount: Int = 1,
    maximumSize: Int? = nil, leading: [String] = []
  ) {
    require(minimumCount >= 1, "a character's minimum count must be positive, got \(minimumCount)")
    var counts = TokenCounts()
    counts.addCharacters(of: Array(text.utf8))
    self.init(counts, order: order, minimumCount: minimumCount, maximumSize: maximumSize, leading: leading)
  }

  /// Builds the vocabulary from counts of characters.
  init(
    _ counts: TokenCounts, order: Vocabulary.Order = .countThenCodePoint, minimumCount: Int, maximumSize: Int?,
    leading: [String] = []
  ) {
    let unknown = [Vocabulary.unknown, Vocabulary.bracketedUnknown]
    let known = unknown + [Vocabulary.padding, Vocabulary.endOfSentence]
    require(leading.allSatisfy(known.contains), "leading tokens must be among \(known), got \(leading)")
    let required = leading.contains(where: unknown.contains) ? [] : [Vocabulary.unknown]
    let smallest = leading.count + required.count
    require(
      maximumSize ?? smallest >= smallest,
      "a character vocabulary with these tokens needs a size of at least \(smallest), got \(maximumSize ?? smallest)")
    vocabulary = Vocabulary(
      counts, order: order, minimumCount: minimumCount, maximumSize: maximumSize, leading: leading, required: required)
  }

  public func encode(_ text: String) throws(TextError) -> EncodedText {
    let bytes = Array(text.utf8)
    var encoded = EncodedText(ids: [], characterCount: 0)
    encoded.ids.reserveCapacity(bytes.count)
    try Self.forEachCharacter(in: bytes) { range throws(TextError) in
      try encoded.append(vocabulary.id(of: bytes, range), of: vocabulary, at: range, in: bytes)
    }
    encoded.characterCount = encoded.ids.count
    return encoded
  }

  public func encodePrompt(_ text: String) throws(TextError) -> EncodedText { try encode(text) }

  public func decoder() -> TokenDecoder {
    TokenDecoder(vocabulary, separator: "", lineEndID: vocabulary.endOfSentenceID)
  }

  /// Calls `body` with the range of each Unicode scalar in bytes.
  static func forEachCharacter<Failure>(
    in bytes: [UInt8], _ body: (Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    var start = 0
    while start < bytes.count {
      var end = start + 1
      while end < bytes.count && bytes[end] & 0xC0 == 0x80 { end += 1 }
      try body(start..<end)
      start = end
    }
  }
}

extension CharacterTokenizer {
  private enum CodingKeys: String, CodingKey { case vocabulary }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(vocabulary: container.decode(Vocabulary.self, forKey: .vocabulary))
  }
}
