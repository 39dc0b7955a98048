/// A text as a sequence of token IDs.
public struct EncodedText: Sendable, Hashable {
  /// The token IDs.
  public var ids: [Int32]
  /// The number of tokens that were not in the vocabulary and were encoded as `<unk>`; a literal `<unk>` is not
  /// counted.
  public var unknownCount: Int
  /// The length of the text in Unicode scalars, including line ends.
  public var characterCount: Int

  /// Creates an encoded text.
  public init(ids: [Int32], unknownCount: Int = 0, characterCount: Int) {
    self.ids = ids
    self.unknownCount = unknownCount
    self.characterCount = characterCount
  }
}

extension EncodedText {
  /// Appends a token, or the unknown token if the ID is nil.
  ///
  /// - Parameters:
  ///   - bytes: The text's bytes.
  ///   - range: The range of the token, for the error.
  /// - Throws: `TextError.unknownToken` if the vocabulary has no unknown token.
  mutating func append(
    _ id: Int32?, of vocabulary: Vocabulary, at range: Range<Int>, in bytes: [UInt8]
  ) throws(TextError) {
    guard let known = id ?? vocabulary.unknownID else { throw .unknownToken(in: bytes, range) }
    ids.append(known)
    if id == nil { unknownCount += 1 }
  }
}

/// A type that encodes texts as token IDs of a vocabulary, and decodes them.
public protocol Tokenizer: Sendable, Hashable, Codable {
  /// The name of the tokenizer's kind, as in a model file.
  var kind: String { get }
  /// The tokens and their IDs.
  var vocabulary: Vocabulary { get }

  /// Encodes a whole text; its last line counts as terminated.
  ///
  /// - Throws: `TextError` if a token is unknown and the vocabulary has no `<unk>`.
  func encode(_ text: String) throws(TextError) -> EncodedText

  /// Encodes the beginning of a text; its last line is incomplete unless the text ends with a line end.
  ///
  /// - Throws: `TextError` if a token is unknown and the vocabulary has no `<unk>`.
  func encodePrompt(_ text: String) throws(TextError) -> EncodedText

  /// The ID of the token that represents line ends and nothing else; texts also start after it.
  ///
  /// It is nil if line ends are ordinary tokens, parts of tokens, or not encoded at all.
  var endOfSentenceID: Int32? { get }

  /// Returns a streaming decoder.
  func decoder() -> TokenDecoder

  /// Returns the number of a text's Unicode scalars that start in a token, excluding separators.
  ///
  /// - Precondition: The ID is in the vocabulary.
  func characterCount(of id: Int32) -> Int
}

extension Tokenizer {
  /// The ID of the token that precedes a text: the end-of-sentence token, else the line feed as a character or in the
  /// byte alphabet; nil if the vocabulary has none of them.
  public var textStartID: Int32? {
    let lineFeed = ByteAlphabet.string(of: "\n".utf8)
    return endOfSentenceID ?? vocabulary.id(of: "\n") ?? vocabulary.id(of: lineFeed)
  }

  /// The ID of the token that precedes a text, or 0.
  public var startID: Int32 { textStartID ?? 0 }

  public var endOfSentenceID: Int32? { vocabulary.endOfSentenceID }

  public func characterCount(of id: Int32) -> Int { vocabulary[id].unicodeScalars.count }

  /// Returns the text of tokens.
  ///
  /// - Precondition: The IDs are in the vocabulary.
  public func decode(_ ids: some Sequence<Int32>) -> String {
    var decoder = decoder()
    let text = ids.reduce(into: "") { $0 += decoder.decode($1) }
    return text + decoder.finish()
  }
}
