/// The tokens that a model knows, numbered 0 ..< `count`.
///
/// Two tokens are the same if their UTF-8 bytes are. A vocabulary is coded as the array of its tokens.
public struct Vocabulary: Sendable, Hashable {
  /// Stands for every token that is not in a vocabulary.
  public static let unknown = "<unk>"
  /// Stands for the end of a line or sentence.
  public static let endOfSentence = "<eos>"

  private let table: TokenTable
  /// The number of `<unk>`, nil if the vocabulary lacks it.
  public let unknownID: Int32?
  /// The number of `<eos>`, nil if the vocabulary lacks it.
  public let endOfSentenceID: Int32?

  /// Creates a vocabulary of tokens, numbered in their order.
  ///
  /// - Throws: When a token comes twice.
  public init(tokens: [String]) throws(TextError) {
    var table = TokenTable()
    for (number, token) in tokens.enumerated() {
      let bytes = Array(token.utf8)
      let id = table.insert(bytes, bytes.indices)
      guard id == number else { throw .duplicateToken(token, firstID: Int(id), secondID: number) }
    }
    self.init(table)
  }

  /// Counts tokens and numbers them by count, falling, and ties by code points, rising.
  ///
  /// - Parameters:
  ///   - minimumCount: Tokens that are rarer are left out.
  ///   - maximumSize: How many tokens to keep at most, those of `required` counted.
  ///   - required: Tokens that are kept however rare; at the end if they do not occur at all.
  public init(
    counting tokens: some Sequence<some StringProtocol>, minimumCount: Int = 1, maximumSize: Int? = nil,
    required: [String] = []
  ) {
    var counts = TokenCounts()
    for token in tokens {
      let bytes = Array(token.utf8)
      counts.add(bytes, bytes.indices)
    }
    self.init(counts, minimumCount: minimumCount, maximumSize: maximumSize, required: required)
  }

  init(_ counts: TokenCounts, minimumCount: Int, maximumSize: Int?, required: [String]) {
    self.init(counts.ranked(minimumCount: minimumCount, maximumSize: maximumSize, required: required))
  }

  private init(_ table: TokenTable) {
    func id(_ token: String) -> Int32? {
      let bytes = Array(token.utf8)
      return table.number(of: bytes, bytes.indices)
    }
    self.table = table
    unknownID = id(Self.unknown)
    endOfSentenceID = id(Self.endOfSentence)
  }

  /// The number of tokens.
  public var count: Int { table.count }

  /// The tokens in the order of their numbers.
  public var tokens: [String] { (0..<count).map { self[Int32($0)] } }

  /// The number of a token, nil if the vocabulary lacks it.
  public func id(of token: some StringProtocol) -> Int32? {
    let bytes = Array(token.utf8)
    return id(of: bytes, bytes.indices)
  }

  /// The number of the token in a range of a text's bytes.
  func id(of text: [UInt8], _ range: Range<Int>) -> Int32? { table.number(of: text, range) }

  /// The token that has a number.
  ///
  /// - Precondition: The number lies in 0 ..< `count`.
  public subscript(id: Int32) -> String {
    precondition(id >= 0 && id < count, "token \(id) is outside of a vocabulary of \(count)")
    return String(decoding: table[id], as: UTF8.self)
  }
}

extension Vocabulary: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init(tokens: decoder.singleValueContainer().decode([String].self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(tokens)
  }
}
