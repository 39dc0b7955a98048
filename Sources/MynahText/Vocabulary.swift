import MynahIO

/// The tokens of a model, with IDs in 0 ..< `count`.
///
/// Two tokens are equal if their UTF-8 bytes are. A vocabulary is encoded as the array of its tokens.
public struct Vocabulary: Sendable, Hashable {
  /// The token for everything that is not in the vocabulary.
  public static let unknown = "<unk>"
  /// The token for unknown tokens in vocabularies of the Keras `StringLookup`, which lack `<unk>`.
  public static let bracketedUnknown = "[UNK]"
  /// The token for the end of a line or sentence.
  public static let endOfSentence = "<eos>"
  /// The token that pads shorter sequences; it occurs in no text.
  public static let padding = ""

  private let table: TokenTable
  /// The mapping between IDs and the table's indices; nil if they are the same.
  private let places: Places?
  /// The ID of `<unk>`, or of `[UNK]` if there is no `<unk>`; nil if the vocabulary lacks both.
  public let unknownID: Int32?
  /// The ID of `<eos>`; nil if it is not in the vocabulary.
  public let endOfSentenceID: Int32?
  /// The ID of the empty token; nil if it is not in the vocabulary.
  public let paddingID: Int32?

  /// The mapping for vocabularies with repeated tokens.
  private struct Places: Sendable, Hashable {
    /// The table's index of the token with each ID.
    var numbers: [Int32] = []
    /// The last ID of each of the table's tokens.
    var ids: [Int32] = []
  }

  /// Creates a vocabulary of tokens, numbered in order.
  ///
  /// - Throws: `TextError` if a token is repeated.
  public init(tokens: [String]) throws(TextError) {
    var table = TokenTable()
    for (number, token) in tokens.enumerated() {
      let bytes = Array(token.utf8)
      let id = table.insert(bytes, bytes.indices)
      guard id == number else { throw .duplicateToken(token, firstID: Int(id), secondID: number) }
    }
    self.init(table)
  }

  /// Creates a vocabulary in which a token may be repeated; its ID is that of the last occurrence.
  ///
  /// Pipelines that prepend special tokens and then list all words of a text produce such vocabularies if the text
  /// contains the special tokens.
  public init(slots tokens: [String]) {
    var (table, places) = (TokenTable(), Places())
    for (id, token) in tokens.enumerated() {
      let bytes = Array(token.utf8)
      let number = table.insert(bytes, bytes.indices)
      places.numbers.append(number)
      if number == places.ids.count { places.ids.append(Int32(id)) } else { places.ids[Int(number)] = Int32(id) }
    }
    self.init(table, places: table.count < tokens.count ? places : nil)
  }

  /// Builds a vocabulary by counting tokens.
  ///
  /// - Parameters:
  ///   - order: The order in which the tokens are numbered.
  ///   - minimumCount: The minimum count of a token; rarer tokens are dropped.
  ///   - maximumSize: The maximum number of tokens, including those of `leading` and `required`.
  ///   - leading: The tokens with the first IDs, whether they occur or not.
  ///   - required: The tokens to keep regardless of their count; they come last if they do not occur at all.
  public init(
    counting tokens: some Sequence<some StringProtocol>, order: Order = .countThenCodePoint, minimumCount: Int = 1,
    maximumSize: Int? = nil, leading: [String] = [], required: [String] = []
  ) {
    var counts = TokenCounts()
    for token in tokens { counts.add(token) }
    self.init(
      counts, order: order, minimumCount: minimumCount, maximumSize: maximumSize, leading: leading, required: required)
  }

  package init(
    _ counts: TokenCounts, order: Order = .countThenCodePoint, minimumCount: Int, maximumSize: Int?,
    leading: [String] = [], required: [String]
  ) {
    self.init(
      counts.ranked(
        order, minimumCount: minimumCount, maximumSize: maximumSize, leading: leading, required: required))
  }

  private init(_ table: TokenTable, places: Places? = nil) {
    func id(_ token: String) -> Int32? {
      let bytes = Array(token.utf8)
      return table.number(of: bytes, bytes.indices).map { places?.ids[Int($0)] ?? $0 }
    }
    self.table = table
    self.places = places
    unknownID = id(Self.unknown) ?? id(Self.bracketedUnknown)
    endOfSentenceID = id(Self.endOfSentence)
    paddingID = id(Self.padding)
  }

  /// The number of tokens.
  public var count: Int { places?.numbers.count ?? table.count }

  /// The tokens in the order of their IDs.
  public var tokens: [String] { (0..<count).map { self[Int32($0)] } }

  /// Returns the ID of a token, or nil if it is not in the vocabulary.
  public func id(of token: some StringProtocol) -> Int32? {
    let bytes = Array(token.utf8)
    return id(of: bytes, bytes.indices)
  }

  /// Returns the ID of the token in a range of a text's bytes, or nil if it is not in the vocabulary.
  package func id(of text: [UInt8], _ range: Range<Int>) -> Int32? {
    guard let number = table.number(of: text, range) else { return nil }
    return places?.ids[Int(number)] ?? number
  }

  /// The token with an ID.
  ///
  /// - Precondition: The ID is in 0 ..< `count`.
  public subscript(id: Int32) -> String { String(decoding: bytes(of: id), as: UTF8.self) }

  /// Returns the bytes of the token with an ID.
  func bytes(of id: Int32) -> ArraySlice<UInt8> {
    require(id >= 0 && id < count, "token \(id) is outside of a vocabulary of \(count)")
    return table[places?.numbers[Int(id)] ?? id]
  }

  /// Returns the ID in another vocabulary of each token of this one; nil unless both have the same tokens.
  package func ids(in other: Vocabulary) -> [Int32]? {
    guard count == other.count else { return nil }
    let ids = (0..<Int32(count)).compactMap { id in
      let token = bytes(of: id)
      return other.id(of: Array(token), 0..<token.count)
    }
    return Set(ids).count == count ? ids : nil
  }

  /// The IDs of the tokens that represent no text, which are the unknown token and padding; generation excludes them.
  public var textlessIDs: [Int32] { [unknownID, paddingID].compactMap(\.self) }
}

extension Vocabulary: Codable {
  private enum CodingKeys: CodingKey { case slots }

  /// Decodes an array of distinct tokens, or an object whose `slots` are tokens that may be repeated.
  public init(from decoder: any Decoder) throws {
    if let container = try? decoder.container(keyedBy: CodingKeys.self) {
      self.init(slots: try container.decode([String].self, forKey: .slots))
    } else {
      try self.init(tokens: decoder.singleValueContainer().decode([String].self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    if places == nil {
      var container = encoder.singleValueContainer()
      try container.encode(tokens)
    } else {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(tokens, forKey: .slots)
    }
  }
}
