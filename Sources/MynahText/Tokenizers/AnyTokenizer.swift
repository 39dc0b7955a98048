public import MynahIO

/// A tokenizer whose kind is known only at run time, as stored in a model file.
///
/// It is encoded with its kind next to its fields: `{"kind": "word", "vocabulary": ["the", …]}`.
public enum AnyTokenizer: Tokenizer {
  case word(WordTokenizer)
  case character(CharacterTokenizer)
  case bytes(ByteTokenizer)
  case bytePair(BytePairTokenizer)
  case kerasWord(KerasTokenizer)
  case wordsAndPunctuation(PunctuationTokenizer)
  case huggingFace(HuggingFaceTokenizer)

  /// Wraps a tokenizer of one of the kinds that a model file can contain.
  ///
  /// - Throws: `TextError` if it is of another kind.
  public init(_ tokenizer: any Tokenizer) throws(TextError) {
    switch tokenizer {
    case let tokenizer as WordTokenizer: self = .word(tokenizer)
    case let tokenizer as CharacterTokenizer: self = .character(tokenizer)
    case let tokenizer as ByteTokenizer: self = .bytes(tokenizer)
    case let tokenizer as BytePairTokenizer: self = .bytePair(tokenizer)
    case let tokenizer as KerasTokenizer: self = .kerasWord(tokenizer)
    case let tokenizer as PunctuationTokenizer: self = .wordsAndPunctuation(tokenizer)
    case let tokenizer as HuggingFaceTokenizer: self = .huggingFace(tokenizer)
    case let tokenizer as AnyTokenizer: self = tokenizer
    default: throw .unknownTokenizer(kind: tokenizer.kind, known: Self.kinds)
    }
  }

  /// The names of all kinds.
  public static let kinds = [
    WordTokenizer.kind, CharacterTokenizer.kind, ByteTokenizer.kind, BytePairTokenizer.kind, KerasTokenizer.kind,
    PunctuationTokenizer.kind, HuggingFaceTokenizer.kind,
  ]

  /// The wrapped tokenizer.
  public var base: any Tokenizer {
    switch self {
    case .word(let tokenizer): tokenizer
    case .character(let tokenizer): tokenizer
    case .bytes(let tokenizer): tokenizer
    case .bytePair(let tokenizer): tokenizer
    case .kerasWord(let tokenizer): tokenizer
    case .wordsAndPunctuation(let tokenizer): tokenizer
    case .huggingFace(let tokenizer): tokenizer
    }
  }

  /// A Boolean value indicating whether the tokens are words or subwords rather than characters or bytes.
  public var hasWords: Bool {
    switch self {
    case .word, .bytePair, .wordsAndPunctuation, .huggingFace: true
    case .character, .bytes: false
    case .kerasWord(let tokenizer): !tokenizer.settings.takesCharacters
    }
  }

  public var kind: String { base.kind }
  public var vocabulary: Vocabulary { base.vocabulary }
  public var endOfSentenceID: Int32? { base.endOfSentenceID }
  public func encode(_ text: String) throws(TextError) -> EncodedText { try base.encode(text) }
  public func encodePrompt(_ text: String) throws(TextError) -> EncodedText { try base.encodePrompt(text) }
  public func decoder() -> TokenDecoder { base.decoder() }
  public func characterCount(of id: Int32) -> Int { base.characterCount(of: id) }
}

extension AnyTokenizer {
  /// The treatment of bytes that are not UTF-8 in texts for this tokenizer: a byte tokenizer has tokens for them.
  public var invalidBytes: InvalidBytes { if case .bytes = self { .kept } else { .refused } }

  /// A Boolean value indicating whether a text can be encoded in chunks, each of which begins with white space that
  /// follows a non-space character.
  var encodesChunks: Bool {
    switch self {
    case .word, .character, .bytes, .wordsAndPunctuation: true
    case .bytePair(let tokenizer):
      tokenizer.specialTokens.allSatisfy { token in !token.unicodeScalars.contains { $0.properties.isWhitespace } }
    case .kerasWord(let tokenizer): tokenizer.endsWords(at: [" ", "\n"])
    case .huggingFace: false
    }
  }

  /// Encodes a chunk of a text (see `encodesChunks`) or the whole text.
  package func encode(_ text: String, beginsText: Bool, endsText: Bool) throws(TextError) -> EncodedText {
    if case .bytePair(let tokenizer) = self, !beginsText { return try tokenizer.encodeContinuation(text) }
    if case .wordsAndPunctuation(let tokenizer) = self, !endsText { return try tokenizer.encodePart(text) }
    // The last line of a chunk that is followed by others may be incomplete.
    return endsText ? try encode(text) : try encodePrompt(text)
  }
}

extension AnyTokenizer: Codable {
  private enum CodingKeys: String, CodingKey { case kind }

  public init(from decoder: any Decoder) throws {
    let kind = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .kind)
    switch kind {
    case WordTokenizer.kind: self = .word(try WordTokenizer(from: decoder))
    case CharacterTokenizer.kind: self = .character(try CharacterTokenizer(from: decoder))
    case ByteTokenizer.kind: self = .bytes(try ByteTokenizer(from: decoder))
    case BytePairTokenizer.kind: self = .bytePair(try BytePairTokenizer(from: decoder))
    case KerasTokenizer.kind: self = .kerasWord(try KerasTokenizer(from: decoder))
    case PunctuationTokenizer.kind: self = .wordsAndPunctuation(try PunctuationTokenizer(from: decoder))
    case HuggingFaceTokenizer.kind: self = .huggingFace(try HuggingFaceTokenizer(from: decoder))
    default: throw TextError.unknownTokenizer(kind: kind, known: Self.kinds)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    try base.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind, forKey: .kind)
  }
}
