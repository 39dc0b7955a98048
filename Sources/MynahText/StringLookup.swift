/// Numbers for strings in the layout of the Keras `StringLookup`: the mask token if there is one, then places for unknown
/// strings, then the learned ones.
///
/// Strings are taken as they are: neither cut nor put in small letters. Learned ones are numbered by count, falling, ties by
/// their bytes, falling. With several places for unknown strings, FarmHash's fingerprint modulo their number chooses.
///
/// Source: Keras 3, `keras.layers.StringLookup` with `output_mode="int"`.
public struct StringLookup: Sendable, Hashable {
  /// How many places there are for unknown strings, and which tokens have places of their own.
  public struct Settings: Sendable, Hashable {
    /// The largest number of tokens, mask token and places for unknown strings counted; nil is no limit.
    public var maximumCount: Int?
    /// The number of places for unknown strings, `num_oov_indices`; with 0 an unknown string is an error.
    public var unknownCount: Int
    /// The string whose number is 0, such as the empty one; nil for none, as Keras has it unless told.
    public var maskToken: String?
    /// What the places for unknown strings are called, `oov_token`.
    public var unknownToken: String

    /// Creates settings; those of Keras unless given.
    public init(
      maximumCount: Int? = nil, unknownCount: Int = 1, maskToken: String? = nil,
      unknownToken: String = Vocabulary.bracketedUnknown
    ) {
      precondition(unknownCount >= 0, "a number of places must not be negative, found \(unknownCount)")
      (self.maximumCount, self.unknownCount) = (maximumCount, unknownCount)
      (self.maskToken, self.unknownToken) = (maskToken, unknownToken)
    }

    /// The tokens that have places of their own, in their order.
    var leading: [String] {
      [maskToken].compactMap(\.self) + Array(repeating: unknownToken, count: unknownCount)
    }
  }

  public let settings: Settings
  /// All tokens in the order of their numbers; the unknown token stands in each of its places.
  public let vocabulary: Vocabulary
  /// The learned tokens, numbered from 0.
  private let learned: Vocabulary

  /// Learns the strings of a text; mask and unknown token are not counted where they stand in it.
  ///
  /// - Precondition: the maximum leaves room for mask and unknown tokens.
  public init(adapting strings: some Sequence<some StringProtocol>, _ settings: Settings = Settings()) {
    let leading = settings.leading
    let room = settings.maximumCount.map { $0 - leading.count }
    precondition(room ?? 0 >= 0, "at most \(settings.maximumCount ?? 0) tokens leave no room for \(leading)")
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

  /// Takes a list of tokens, which begins with all of mask token and unknown tokens in their places, or with none of them.
  ///
  /// - Parameter inverts: Whether numbers shall lead back to strings without doubt: the unknown token must then not stand
  ///   among the others.
  /// - Throws: When a token comes twice, the mask token stands among the others, or there are more than the maximum.
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

  /// The number of a string.
  ///
  /// - Throws: When it is unknown and there is no place for it.
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

  /// The numbers of strings.
  ///
  /// - Throws: When one is unknown and there is no place for it.
  public func ids(of strings: some Sequence<some StringProtocol>) throws(TextError) -> [Int32] {
    var ids: [Int32] = []
    for string in strings { ids.append(try id(of: string)) }
    return ids
  }

  /// The string of a number; the unknown token for numbers that none has.
  public func token(of id: Int32) -> String {
    id >= 0 && id < count ? vocabulary[id] : settings.unknownToken
  }
}
