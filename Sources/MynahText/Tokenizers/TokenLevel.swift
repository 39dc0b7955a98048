/// What the tokens of a text are to be, for those who let a tokenizer be made of it; named as the kinds of tokenizers are.
public enum TokenLevel: String, Sendable, Hashable, CaseIterable {
  case word, character, byte
  case bytePair = "byte-pair"
  case kerasWord = "keras-word"

  /// The fewest tokens that a vocabulary can be limited to.
  public var smallestVocabulary: Int {
    switch self {
    case .byte, .bytePair: 256
    case .word, .kerasWord: 2
    case .character: 1
    }
  }
}

extension AnyTokenizer {
  /// How many tokens byte pairs get where nobody says.
  public static let usualBytePairCount = 8192

  /// Makes the tokenizer of a text.
  ///
  /// Keras words are cut by Keras's usual filters, and `<unk>` stands for those beyond the limit.
  ///
  /// - Parameters:
  ///   - minimumCount: Words and characters that are rarer become `<unk>`, byte pairs are not joined; when nil, as each
  ///     tokenizer does by itself. Bytes and Keras words have no such limit.
  ///   - maximumSize: How many tokens to have at most, at least the level's `smallestVocabulary`; when nil, 8,192 for byte
  ///     pairs and all for the others. Of Keras words it is `num_words`.
  public init(_ level: TokenLevel, training text: String, minimumCount: Int? = nil, maximumSize: Int? = nil) {
    self.init(
      level, TokenCounts(of: Array(text.utf8), level, endsText: true), minimumCount: minimumCount,
      maximumSize: maximumSize)
  }

  /// Makes the tokenizer of what was counted for its level.
  init(_ level: TokenLevel, _ counts: TokenCounts, minimumCount: Int?, maximumSize: Int?) {
    switch level {
    case .word: self = .word(WordTokenizer(counts, minimumCount: minimumCount, maximumSize: maximumSize))
    case .character:
      self = .character(CharacterTokenizer(counts, minimumCount: minimumCount ?? 1, maximumSize: maximumSize))
    case .byte: self = .bytes(ByteTokenizer())
    case .bytePair:
      self = .bytePair(
        BytePairTokenizer(
          counts, vocabularySize: maximumSize ?? Self.usualBytePairCount, minimumCount: minimumCount ?? 2))
    case .kerasWord:
      let settings = KerasTokenizer.Settings(wordLimit: maximumSize, unknownToken: Vocabulary.unknown)
      self = .kerasWord(KerasTokenizer(settings, KerasWordCounts(ofOneText: counts)))
    }
  }
}

extension TokenCounts {
  /// Counts what a tokenizer is made of: its tokens or, for byte pairs, the pieces of text in which bytes are joined.
  ///
  /// - Parameter endsText: Whether the text ends here, so that an open last line counts as ended.
  init(of text: [UInt8], _ level: TokenLevel, endsText: Bool) {
    self.init()
    switch level {
    case .word: addWords(of: text, endingLastLine: endsText)
    case .character: addCharacters(of: text)
    case .byte: break
    case .bytePair:
      var scanner = PretokenScanner(text, text.indices)
      while let piece = scanner.next() { add(text, piece) }
    case .kerasWord:
      for word in KerasTokenizer().words(of: String(decoding: text, as: UTF8.self)) { add(word) }
    }
  }
}
