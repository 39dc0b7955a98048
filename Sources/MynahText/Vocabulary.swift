/// The tokens that a model knows, numbered 0 ..< `count`.
///
/// Two tokens are the same if their UTF-8 bytes are. A vocabulary is coded as the array of its tokens.
public struct Vocabulary: Sendable, Hashable {
  /// Stands for every token that is not in a vocabulary.
  public static let unknown = "<unk>"
  /// Stands for unknown tokens in vocabularies of the Keras `StringLookup`, which lack `<unk>`.
  public static let bracketedUnknown = "[UNK]"
  /// Stands for the end of a line or sentence.
  public static let endOfSentence = "<eos>"
  /// Fills up sequences that are shorter than others; no text has it.
  public static let padding = ""

  private let table: TokenTable
  /// How places and the table's numbers lead to each other; nil where they are the same.
  private let places: Places?
  /// The number of `<unk>`, or of `[UNK]` if there is no `<unk>`; nil if the vocabulary lacks both.
  public let unknownID: Int32?
  /// The number of `<eos>`, nil if the vocabulary lacks it.
  public let endOfSentenceID: Int32?
  /// The number of the empty token, nil if the vocabulary lacks it.
  public let paddingID: Int32?

  /// For tokens that stand in several places.
  private struct Places: Sendable, Hashable {
    /// The table's number of the token in each place.
    var numbers: [Int32] = []
    /// The last place of each of the table's tokens.
    var ids: [Int32] = []
  }

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

  /// Creates a vocabulary in which a token may stand in several places; its number is that of the last of them.
  ///
  /// Pipelines that put marks in front and then list all words of a text make such vocabularies when the text has the marks.
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

  /// Counts tokens and numbers them.
  ///
  /// - Parameters:
  ///   - order: How the tokens are numbered.
  ///   - minimumCount: Tokens that are rarer are left out.
  ///   - maximumSize: How many tokens to keep at most, those of `leading` and `required` counted.
  ///   - leading: Tokens that have the first numbers, whether they occur or not.
  ///   - required: Tokens that are kept however rare; at the end if they do not occur at all.
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

  /// The tokens in the order of their numbers.
  public var tokens: [String] { (0..<count).map { self[Int32($0)] } }

  /// The number of a token, nil if the vocabulary lacks it.
  public func id(of token: some StringProtocol) -> Int32? {
    let bytes = Array(token.utf8)
    return id(of: bytes, bytes.indices)
  }

  /// The number of the token in a range of a text's bytes.
  package func id(of text: [UInt8], _ range: Range<Int>) -> Int32? {
    guard let number = table.number(of: text, range) else { return nil }
    return places?.ids[Int(number)] ?? number
  }

  /// The token that has a number.
  ///
  /// - Precondition: The number lies in 0 ..< `count`.
  public subscript(id: Int32) -> String { String(decoding: bytes(of: id), as: UTF8.self) }

  /// The bytes of the token that has a number.
  func bytes(of id: Int32) -> ArraySlice<UInt8> {
    precondition(id >= 0 && id < count, "token \(id) is outside of a vocabulary of \(count)")
    return table[places?.numbers[Int(id)] ?? id]
  }

  /// The numbers that the tokens have in another vocabulary, in the order of their own; nil unless it has the same
  /// tokens.
  package func ids(in other: Vocabulary) -> [Int32]? {
    guard count == other.count else { return nil }
    let ids = (0..<Int32(count)).compactMap { id in
      let token = bytes(of: id)
      return other.id(of: Array(token), 0..<token.count)
    }
    return Set(ids).count == count ? ids : nil
  }

  /// The numbers of tokens that stand for no text, unknown ones and padding; generation leaves them out.
  public var textlessIDs: [Int32] { [unknownID, paddingID].compactMap(\.self) }
}

extension Vocabulary: Codable {
  private enum CodingKeys: CodingKey { case slots }

  /// Decodes an array of tokens, each once, or an object whose `slots` are tokens that may repeat.
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
