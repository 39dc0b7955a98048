/// A text as the numbers of its tokens.
public struct EncodedText: Sendable, Hashable {
  /// The numbers of the tokens.
  public var ids: [Int32]
  /// How many tokens are not in the vocabulary and were encoded as `<unk>`; a `<unk>` that stands in the text is known.
  public var unknownCount: Int
  /// The text's length in Unicode scalars, line ends included.
  public var characterCount: Int

  /// Creates an encoded text.
  public init(ids: [Int32], unknownCount: Int = 0, characterCount: Int) {
    self.ids = ids
    self.unknownCount = unknownCount
    self.characterCount = characterCount
  }
}

/// Cuts texts into tokens, numbers them by a vocabulary, and puts texts together again.
public protocol Tokenizer: Sendable, Hashable, Codable {
  /// The name of the kind of tokenizer, as in a model file.
  var kind: String { get }
  /// The tokens that it knows.
  var vocabulary: Vocabulary { get }

  /// Encodes a whole text; its last line counts as ended.
  ///
  /// - Throws: When a token is unknown and the vocabulary has no `<unk>`.
  func encode(_ text: String) throws(TextError) -> EncodedText

  /// Encodes the beginning of a text; its last line is still open unless a line end is its last character.
  ///
  /// - Throws: When a token is unknown and the vocabulary has no `<unk>`.
  func encodePrompt(_ text: String) throws(TextError) -> EncodedText

  /// The token that each line end becomes, if it is one that stands for nothing else: texts begin after it too.
  ///
  /// nil where line ends are tokens or parts of tokens like others, or none at all.
  var endOfSentenceID: Int32? { get }

  /// A decoder that makes text of one token after another.
  func decoder() -> TokenDecoder

  /// How many of a text's Unicode scalars begin in a token, what parts it from others aside.
  ///
  /// - Precondition: The id is in the vocabulary.
  func characterCount(of id: Int32) -> Int
}

extension Tokenizer {
  /// The token that a text begins after: a line end, in whichever form the vocabulary has it; nil if it has none.
  public var textStartID: Int32? {
    let lineFeed = ByteAlphabet.string(of: "\n".utf8)
    return endOfSentenceID ?? vocabulary.id(of: "\n") ?? vocabulary.id(of: lineFeed)
  }

  /// The token that a text begins after, or number 0.
  public var startID: Int32 { textStartID ?? 0 }

  public var endOfSentenceID: Int32? { vocabulary.endOfSentenceID }

  public func characterCount(of id: Int32) -> Int { vocabulary[id].unicodeScalars.count }

  /// The text of tokens.
  ///
  /// - Precondition: The ids are in the vocabulary.
  public func decode(_ ids: some Sequence<Int32>) -> String {
    var decoder = decoder()
    let text = ids.reduce(into: "") { $0 += decoder.decode($1) }
    return text + decoder.finish()
  }
}
