/// Takes as tokens frequent pieces of words, found by joining bytes: any text has tokens, and frequent words have one.
///
/// A text is cut as GPT-2 cuts it (words with the space before them, numbers, punctuation, space); in each piece, bytes are
/// joined by the merges in the order in which they were found. In the vocabulary, bytes are written as printable characters:
/// a space is “Ġ”, a line feed “Ċ”. It gives the tokens of Hugging Face's `ByteLevel` tokenizers.
///
/// Source: Sennrich, Haddow, Birch, "Neural machine translation of rare words with subword units", 2016; for bytes: Radford
/// and others, "Language models are unsupervised multitask learners", 2019.
public struct BytePairTokenizer: Tokenizer {
  public static let kind = "byte-pair"
  public var kind: String { Self.kind }
  public let vocabulary: Vocabulary
  /// What stands for itself wherever it is in a text, and is never cut or joined.
  public let specialTokens: [String]
  /// Whether a space is put before a text that does not begin with one.
  public let addsLeadingSpace: Bool
  /// The pairs that are joined, in their order.
  let mergePairs: [TokenPair]
  let merges: BytePairMerges
  /// The token of each byte, −1 where there is none.
  let byteIDs: [Int32]
  /// What each token stands for.
  private let pieces: [[UInt8]]

  /// Creates a tokenizer of known tokens and merges.
  ///
  /// - Parameters:
  ///   - vocabulary: All tokens, special ones among them, their bytes written as described above.
  ///   - merges: The tokens that are joined, the first merge first; each pair and what it makes are in the vocabulary.
  ///   - specialTokens: Tokens that stand for themselves; they are in the vocabulary.
  ///   - addsLeadingSpace: Whether a space is put before a text that does not begin with one.
  /// - Throws: When the vocabulary lacks a token that a merge or a special token needs.
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

  /// Learns the merges of a text.
  ///
  /// The most frequent pair of neighbouring tokens becomes a token, until there are enough; of equally frequent ones, that of
  /// the smaller token numbers. Special tokens have the first numbers, the 256 bytes the next ones, by their characters' code
  /// points. With the same settings Hugging Face's `BpeTrainer` finds the same.
  ///
  /// - Parameters:
  ///   - text: The text to learn from.
  ///   - vocabularySize: How many tokens to have; fewer if no pair is left that is frequent enough.
  ///   - minimumCount: Pairs that are rarer are not joined.
  ///   - specialTokens: Tokens that stand for themselves, such as `<|endoftext|>`.
  /// - Precondition: There is room for the special tokens and 256 bytes.
  public init(training text: String, vocabularySize: Int, minimumCount: Int = 2, specialTokens: [String] = []) {
    self.init(
      TokenCounts(of: Array(text.utf8), .bytePair, endsText: true), vocabularySize: vocabularySize,
      minimumCount: minimumCount, specialTokens: specialTokens)
  }

  /// Learns the merges of counted pieces.
  init(_ counts: TokenCounts, vocabularySize: Int, minimumCount: Int, specialTokens: [String] = []) {
    let smallest = specialTokens.count + 256
    precondition(
      vocabularySize >= smallest,
      "a vocabulary of byte pairs with these special tokens holds at least \(smallest) tokens, found \(vocabularySize)")
    var trainer = BytePairTrainer(counts, specialTokens: specialTokens)
    trainer.train(vocabularySize: vocabularySize, minimumCount: minimumCount)
    let tokens = trainer.tokens
    let vocabulary = Vocabulary(
      slots: (0..<tokens.count).map { String(decoding: tokens[Int32($0)], as: UTF8.self) })
    self.init(vocabulary, trainer.merges, specialTokens: specialTokens, addsLeadingSpace: false)
  }

  /// The number of bytes that a token stands for.
  func byteCount(of id: Int32) -> Int { pieces[Int(id)].count }

  public func decoder() -> TokenDecoder {
    let pieces = pieces
    return TokenDecoder { pieces[Int($0)][...] }
  }

  public func characterCount(of id: Int32) -> Int { pieces[Int(id)].count { $0 & 0xC0 != 0x80 } }

  /// The bytes of tokens, which need not be text.
  ///
  /// - Precondition: The ids are in the vocabulary.
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

  /// Each merge as its two tokens with a space between; no byte's character is a space.
  var mergeLines: [String] { mergePairs.map { vocabulary[$0.left] + " " + vocabulary[$0.right] } }

  /// The tokens of a merge that is written with a space between them.
  static func merge(in line: String, index: Int) throws(TextError) -> (left: String, right: String) {
    let parts = line.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard parts.count == 2 else { throw .badMerge(left: line, right: "", index: index) }
    return (String(Substring(parts[0])), String(Substring(parts[1])))
  }
}
