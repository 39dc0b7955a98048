import MynahIO

/// A byte-level byte-pair encoding (BPE) tokenizer: any text can be encoded, and frequent words are single tokens.
///
/// A text is pre-tokenized as by GPT-2 (words with the preceding space, numbers, punctuation, white space); within each
/// piece, bytes are merged in the order in which the merges were learned. In the vocabulary, bytes are written as
/// printable characters: a space is “Ġ”, a line feed “Ċ”. The tokens are those of Hugging Face's `ByteLevel`
/// tokenizers.
///
/// Source: Sennrich, Haddow, Birch, "Neural machine translation of rare words with subword units", 2016; for bytes:
/// Radford and others, "Language models are unsupervised multitask learners", 2019.
public struct BytePairTokenizer: Tokenizer {
  public static let kind = "byte-pair"
  public var kind: String { Self.kind }
  public let vocabulary: Vocabulary
  /// The tokens that are matched literally anywhere in a text and are never split or merged.
  public let specialTokens: [String]
  /// A Boolean value indicating whether a space is added before a text that does not begin with one.
  public let addsLeadingSpace: Bool
  /// The pairs to merge, in order of priority.
  let mergePairs: [TokenPair]
  let merges: BytePairMerges
  /// The token ID of each byte, −1 if there is none.
  let byteIDs: [Int32]
  /// The bytes of each token.
  private let pieces: [[UInt8]]

  /// Creates a tokenizer from a vocabulary and merges.
  ///
  /// - Parameters:
  ///   - vocabulary: All tokens, including special ones, with bytes written as described above.
  ///   - merges: The pairs to merge, in order of priority; each pair and its result are in the vocabulary.
  ///   - specialTokens: The tokens that are matched literally; they are in the vocabulary.
  ///   - addsLeadingSpace: A Boolean value indicating whether a space is added before a text that does not begin with
  ///     one.
  /// - Throws: `TextError` if a token of a merge or a special token is not in the vocabulary.
  public init(
    vocabulary: Vocabulary, merges: [(left: String, right: String)], specialTokens: [String] = [],
    addsLeadingSpace: Bool = false
  ) throws(TextError) {
    var found: [Merge] = []
    for (index, merge) in merges.enumerated() {
      guard let left = vocabulary.id(of: merge.left), let right = vocabulary.id(of: merge.right),
        let result = vocabulary.id(of: merge.left + merge.right)
      else { throw .badMerge(left: merge.left, right: merge.right, index: index) }
      found.append((TokenPair(left, right), result))
    }
    for token in specialTokens where vocabulary.id(of: token) == nil || token.isEmpty { throw .unknownString(token) }
    self.init(vocabulary, found, specialTokens: specialTokens, addsLeadingSpace: addsLeadingSpace)
  }

  private typealias Merge = (pair: TokenPair, result: Int32)

  private init(_ vocabulary: Vocabulary, _ merges: [Merge], specialTokens: [String], addsLeadingSpace: Bool) {
    self.vocabulary = vocabulary
    self.specialTokens = specialTokens
    self.addsLeadingSpace = addsLeadingSpace
    mergePairs = merges.map(\.pair)
    self.merges = BytePairMerges(merges)
    byteIDs = ByteAlphabet.characters.map { vocabulary.id(of: String($0)) ?? -1 }
    pieces = vocabulary.tokens.map { ByteAlphabet.bytes(of: $0) }
  }

  /// Learns the merges from a text.
  ///
  /// The most frequent pair of adjacent tokens becomes a token, until the vocabulary is large enough; ties are broken
  /// by the smaller token IDs. Special tokens have the first IDs, followed by the 256 bytes in the order of their
  /// characters' code points. With the same settings, Hugging Face's `BpeTrainer` learns the same merges.
  ///
  /// - Parameters:
  ///   - text: The text to train on.
  ///   - vocabularySize: The number of tokens; fewer if no frequent enough pair is left.
  ///   - minimumCount: The minimum count of a pair to be merged.
  ///   - specialTokens: The tokens that are matched literally, such as `<|endoftext|>`.
  /// - Precondition: There is room for the special tokens and 256 bytes.
  public init(training text: String, vocabularySize: Int, minimumCount: Int = 2, specialTokens: [String] = []) {
    self.init(
      TokenCounts(of: Array(text.utf8), .bytePair, endsText: true), vocabularySize: vocabularySize,
      minimumCount: minimumCount, specialTokens: specialTokens)
  }

  /// Learns the merges from the counts of pieces.
  init(_ counts: TokenCounts, vocabularySize: Int, minimumCount: Int, specialTokens: [String] = []) {
    let smallest = specialTokens.count + 256
    require(
      vocabularySize >= smallest,
      "a byte-pair vocabulary with these special tokens needs at least \(smallest) tokens, got \(vocabularySize)")
    var trainer = BytePairTrainer(counts, specialTokens: specialTokens)
    trainer.train(vocabularySize: vocabularySize, minimumCount: minimumCount)
    let tokens = trainer.tokens
    let vocabulary = Vocabulary(
      slots: (0..<tokens.count).map { String(decoding: tokens[Int32($0)], as: UTF8.self) })
    self.init(vocabulary, trainer.merges, specialTokens: specialTokens, addsLeadingSpace: false)
  }

  /// Returns the number of bytes of a token.
  func byteCount(of id: Int32) -> Int { pieces[Int(id)].count }

  public func decoder() -> TokenDecoder {
    let pieces = pieces
    return TokenDecoder { pieces[Int($0)][...] }
  }

  public func characterCount(of id: Int32) -> Int { pieces[Int(id)].count { $0 & 0xC0 != 0x80 } }

  /// Returns the bytes of tokens, which need not be valid UTF-8.
  ///
  /// - Precondition: The IDs are in the vocabulary.
  public func bytes(of ids: some Sequence<Int32>) -> [UInt8] { ids.flatMap { pieces[Int($0)] } }
}

extension BytePairTokenizer {
  private enum CodingKeys: CodingKey { case vocabulary, merges, specialTokens, addsLeadingSpace }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let vocabulary = try container.decode(Vocabulary.self, forKey: .vocabulary)
    var merges: [(left: String, right: String)] = []
    for (index, line) in try container.decode([String].self, forKey: .merges).enumerated() {
      merges.append(try Self.merge(in: line, index: index))
    }
    try self.init(
      vocabulary: vocabulary, merges: merges,
      specialTokens: container.decode([String].self, forKey: .specialTokens),
      addsLeadingSpace: container.decode(Bool.self, forKey: .addsLeadingSpace))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(vocabulary, forKey: .vocabulary)
    try container.encode(mergeLines, forKey: .merges)
    try container.encode(specialTokens, forKey: .specialTokens)
    try container.encode(addsLeadingSpace, forKey: .addsLeadingSpace)
  }

  /// The merges, each as its two tokens separated by a space; no byte is written as a space.
  var mergeLines: [String] { mergePairs.map { vocabulary[$0.left] + " " + vocabulary[$0.right] } }

  /// Parses a merge whose two tokens are separated by a space.
  static func merge(in line: String, index: Int) throws(TextError) -> (left: String, right: String) {
    let parts = line.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard parts.count == 2 else { throw .badMerge(left: line, right: "", index: index) }
    return (String(Substring(parts[0])), String(Substring(parts[1])))
  }
}
