import MynahIO

/// A mapping from strings to IDs with the layout of the Keras `StringLookup`: the mask token, if any, then the indices
/// for unknown strings (OOV indices), then the learned vocabulary.
///
/// Strings are used as they are: neither split nor lowercased. Learned strings are numbered by descending count; ties
/// are broken by descending byte order. With several OOV indices, an unknown string gets the OOV index given by its
/// FarmHash fingerprint modulo the number of OOV indices.
///
/// Source: Keras 3, `keras.layers.StringLookup` with `output_mode="int"`.
public struct StringLookup: Sendable, Hashable {
  /// The number of OOV indices and the reserved tokens.
  public struct Settings: Sendable, Hashable {
    /// The maximum number of tokens, including the mask token and the OOV indices; nil for no limit.
    public var maximumCount: Int?
    /// The number of OOV indices, `num_oov_indices`; if it is 0, an unknown string is an error.
    public var unknownCount: Int
    /// The string with ID 0, such as the empty string; nil for none, which is the default in Keras.
    public var maskToken: String?
    /// The name of the OOV indices, `oov_token`.
    public var unknownToken: String

    /// Creates settings; the defaults are those of Keras.
    public init(
      maximumCount: Int? = nil, unknownCount: Int = 1, maskToken: String? = nil,
      unknownToken: String = Vocabulary.bracketedUnknown
    ) {
      require(unknownCount >= 0, "the number of OOV indices must not be negative, got \(unknownCount)")
      (self.maximumCount, self.unknownCount) = (maximumCount, unknownCount)
      (self.maskToken, self.unknownToken) = (maskToken, unknownToken)
    }

    /// The reserved tokens, in order.
    var leading: [String] {
      [maskToken].compactMap(\.self) + Array(repeating: unknownToken, count: unknownCount)
    }
  }

  public let settings: Settings
  /// All tokens in the order of their IDs; the unknown token appears at each OOV index.
  public let vocabulary: Vocabulary
  /// The learned tokens, numbered from 0.
  private let learned: Vocabulary

  /// Builds the vocabulary from strings; occurrences of the mask token and of the unknown token are not counted.
  ///
  /// - Precondition: The maximum leaves room for the mask token and the OOV indices.
  public init(adapting strings: some Sequence<some StringProtocol>, _ settings: Settings = Settings()) {
    let leading = settings.leading
    let room = settings.maximumCount.map { $0 - leading.count }
    require(room ?? 0 >= 0, "at most \(settings.maximumCount ?? 0) tokens leave no room for \(leading)")
    var counts = TokenCounts()
    let special = Set([settings.maskToken, settings.unknownToken].compactMap(\.self).map { Array($0.utf8) })
    for string in strings {
      let bytes = Array(string.utf8)
      if !special.contains(bytes) { counts.add(bytes, bytes.indices) }
    }
    self.init(
      learned: Vocabulary(
        counts, order: .countThenFallingBytes, minimumCount: 1, maximumSize: room, required: []), settings)
  }

  /// Creates a lookup from a list of tokens, which begins with all of the reserved tokens or with none of them.
  ///
  /// - Parameter inverts: A Boolean value indicating whether IDs must map back to strings unambiguously; the unknown
  ///   token must then not be among the other tokens.
  /// - Throws: `TextError` if a token is repeated, the mask token is among the others, or there are more tokens than
  ///   the maximum.
  public init(vocabulary tokens: [String], _ settings: Settings = Settings(), inverts: Bool = false) throws(TextError) {
    let leading = settings.leading
    let hasLeading =
      tokens.count >= leading.count && zip(tokens, leading).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    let skipped = hasLeading ? leading.count : 0
    let learned: Vocabulary
    do {
      learned = try Vocabulary(tokens: Array(tokens.dropFirst(skipped)))
    } catch .duplicateToken(let token, let first, let second) {
      throw .duplicateToken(token, firstID: first + skipped, secondID: second + skipped)
    }
    if let mask = settings.maskToken, let id = learned.id(of: mask) {
      throw .reservedToken(mask, role: "mask token", position: Int(id) + skipped)
    }
    if inverts, let id = learned.id(of: settings.unknownToken) {
      throw .reservedToken(settings.unknownToken, role: "unknown token", position: Int(id) + skipped)
    }
    let count = leading.count + learned.count
    if let maximum = settings.maximumCount, count > maximum { throw .tooManyTokens(count: count, maximum: maximum) }
    self.init(learned: learned, settings)
  }

  private init(learned: Vocabulary, _ settings: Settings) {
    self.settings = settings
    self.learned = learned
    vocabulary = Vocabulary(slots: settings.leading + learned.tokens)
  }

  /// The number of tokens.
  public var count: Int { vocabulary.count }

  /// Returns the ID of a string.
  ///
  /// - Throws: `TextError` if the string is unknown and there is no OOV index.
  public func id(of string: some StringProtocol) throws(TextError) -> Int32 {
    let bytes = Array(string.utf8)
    if let mask = settings.maskToken, bytes.elementsEqual(mask.utf8) { return 0 }
    if let id = learned.id(of: bytes, bytes.indices) { return Int32(settings.leading.count) + id }
    let firstUnknown: Int32 = settings.maskToken == nil ? 0 : 1
    switch settings.unknownCount {
    case 0: throw .unknownString(String(string))
    case 1: return firstUnknown
    default: return firstUnknown + Int32(FarmHash.fingerprint(bytes) % UInt64(settings.unknownCount))
    }
  }

  /// Returns the IDs of strings.
  ///
  /// - Throws: `TextError` if a string is unknown and there is no OOV index.
  public func ids(of strings: some Sequence<some StringProtocol>) throws(TextError) -> [Int32] {
    var ids: [Int32] = []
    for string in strings { ids.append(try id(of: string)) }
    return ids
  }

  /// Returns the string with an ID, or the unknown token if the ID is out of range.
  public func token(of id: Int32) -> String {
    id >= 0 && id < count ? vocabulary[id] : settings.unknownToken
  }
}
