/// The kind of tokenizer to train on a text; the names are those of the tokenizer kinds.
public enum TokenizerKind: String, Sendable, Hashable, CaseIterable {
  case word, character, byte
  case bytePair = "byte-pair"
  case kerasWord = "keras-word"
  case wordsAndPunctuation = "words-and-punctuation"

  /// The smallest permitted maximum vocabulary size.
  public var smallestVocabulary: Int {
    switch self {
    case .byte, .bytePair: 256
    case .word, .kerasWord, .wordsAndPunctuation: 2
    case .character: 1
    }
  }
}

extension AnyTokenizer {
  /// Returns the default vocabulary size for byte pairs: the power of two that gives each token 512 bytes of the text
  /// on average, between 512 and 8,192.
  ///
  /// - Parameter byteCount: The length of the training text in bytes.
  public static func defaultBytePairCount(forByteCount byteCount: Int) -> Int {
    var size = 512
    while size < 8192 && size * 2 * 512 <= byteCount { size *= 2 }
    return size
  }

  /// Trains a tokenizer on a text.
  ///
  /// Keras words are split by Keras's default filters, and `<unk>` replaces words beyond the limit.
  ///
  /// - Parameters:
  ///   - minimumCount: The minimum count: rarer words and characters become `<unk>`, rarer byte pairs are not merged;
  ///     nil for the tokenizer's default. Bytes and Keras words have no minimum.
  ///   - maximumSize: The maximum number of tokens, at least the kind's `smallestVocabulary`; nil for
  ///     `defaultBytePairCount(forByteCount:)` byte pairs and no limit otherwise. For Keras words, it is `num_words`.
  public init(_ kind: TokenizerKind, training text: String, minimumCount: Int? = nil, maximumSize: Int? = nil) {
    self.init(
      kind, TokenCounts(of: Array(text.utf8), kind, endsText: true), minimumCount: minimumCount,
      maximumSize: maximumSize)
  }

  /// Trains a tokenizer from counts for its kind.
  init(_ kind: TokenizerKind, _ counts: TokenCounts, minimumCount: Int?, maximumSize: Int?) {
    switch kind {
    case .word: self = .word(WordTokenizer(counts, minimumCount: minimumCount, maximumSize: maximumSize))
    case .character:
      self = .character(CharacterTokenizer(counts, minimumCount: minimumCount ?? 1, maximumSize: maximumSize))
    case .byte: self = .bytes(ByteTokenizer())
    case .bytePair:
      self = .bytePair(
        BytePairTokenizer(
          counts, vocabularySize: maximumSize ?? Self.defaultBytePairCount(forByteCount: counts.byteCount),
          minimumCount: minimumCount ?? 2))
    case .wordsAndPunctuation:
      self = .wordsAndPunctuation(
        PunctuationTokenizer(counts, minimumCount: minimumCount, maximumSize: maximumSize))
    case .kerasWord:
      let settings = KerasTokenizer.Settings(wordLimit: maximumSize, unknownToken: Vocabulary.unknown)
      self = .kerasWord(KerasTokenizer(settings, KerasWordCounts(ofOneText: counts)))
    }
  }
}

extension TokenCounts {
  /// Counts the units that a tokenizer is trained on: its tokens or, for byte pairs, the pieces in which bytes are
  /// merged.
  ///
  /// - Parameter endsText: A Boolean value indicating whether the text ends here, so that an unterminated last line
  ///   counts as terminated.
  init(of text: [UInt8], _ kind: TokenizerKind, endsText: Bool) {
    self.init()
    switch kind {
    case .word: addWords(of: text, endingLastLine: endsText)
    case .character: addCharacters(of: text)
    case .byte: break
    case .bytePair:
      var scanner = PretokenScanner(text, text.indices)
      while let piece = scanner.next() { add(text, piece) }
    case .wordsAndPunctuation: addWordsAndPunctuation(of: text, endingLastLine: endsText)
    case .kerasWord:
      for word in KerasTokenizer().words(of: String(decoding: text, as: UTF8.self)) { add(word) }
    }
  }
}
