import MynahIO

/// A word tokenizer equivalent to the Keras `Tokenizer`: IDs start at 1, by descending count, ties by first occurrence.
///
/// A text is lowercased, each filtered character is replaced by the separator, and the text is split at separators;
/// alternatively, every character is a token. ID 0 is reserved for padding and never assigned. Words whose ID is
/// `wordLimit` or more and unknown words become the unknown token, which then has ID 1, or are dropped if there is
/// none.
///
/// The rules, including the odd ones, are those of keras-preprocessing 1.1 and `tf.keras.preprocessing.text`:
/// - If the unknown token also occurs in the texts, it is listed twice and has the second ID; ID 1 is never used.
/// - The limit includes ID 0 and the unknown token, and the unknown token is used even if its ID reaches the limit.
public struct KerasTokenizer: Tokenizer {
  /// The characters that Keras filters by default: punctuation except the apostrophe, tabs and line feeds.
  public static let defaultFilters = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n"

  public static let kind = "keras-word"
  public var kind: String { Self.kind }

  /// The settings that determine how a text is split.
  public struct Settings: Sendable, Hashable {
    /// The limit below which word IDs are used, `num_words`; nil or 0 for no limit.
    public var wordLimit: Int?
    /// The characters that separate words, as Unicode scalars.
    public var filters: String
    /// A Boolean value indicating whether texts are lowercased.
    public var lowercases: Bool
    /// The separator that replaces filtered characters and at which texts are split, `split`; not empty.
    public var separator: String
    /// A Boolean value indicating whether the tokens are characters, `char_level`; if so, nothing is filtered.
    public var takesCharacters: Bool
    /// The token for unknown words, `oov_token`.
    public var unknownToken: String?

    /// Creates settings; the defaults are those of Keras.
    ///
    /// - Precondition: The separator is not empty and the limit is not negative.
    public init(
      wordLimit: Int? = nil, filters: String = KerasTokenizer.defaultFilters, lowercases: Bool = true,
      separator: String = " ", takesCharacters: Bool = false, unknownToken: String? = nil
    ) {
      require(!separator.isEmpty, "a text cannot be cut at an empty separator")
      require(wordLimit ?? 0 >= 0, "a word limit must not be negative, got \(wordLimit ?? 0)")
      (self.wordLimit, self.filters, self.lowercases) = (wordLimit, filters, lowercases)
      (self.separator, self.takesCharacters, self.unknownToken) = (separator, takesCharacters, unknownToken)
    }

    /// The word limit, or the largest integer if there is none.
    var limit: Int { if let wordLimit, wordLimit > 0 { wordLimit } else { .max } }
  }

  public let settings: Settings
  /// The word counts of the texts that the tokenizer was fitted on.
  private(set) var counts: KerasWordCounts
  /// All words after padding and the unknown token, regardless of the limit.
  private(set) var index: Vocabulary
  /// The tokens below the limit; ID 0 is the empty token for padding.
  public private(set) var vocabulary: Vocabulary

  /// Creates a tokenizer without words.
  public init(_ settings: Settings = Settings()) { self.init(settings, KerasWordCounts()) }

  /// Creates a tokenizer and fits it on texts.
  public init(_ settings: Settings = Settings(), training texts: some Sequence<String>) {
    self.init(settings)
    fit(texts)
  }

  init(_ settings: Settings, _ counts: KerasWordCounts) {
    self.settings = settings
    self.counts = counts
    (index, vocabulary) = Self.vocabularies(settings, counts)
  }

  /// Returns a Boolean value indicating whether each of the given characters ends the word before it.
  func endsWords(at characters: [Unicode.Scalar]) -> Bool {
    settings.takesCharacters
      || characters.allSatisfy { settings.filters.unicodeScalars.contains($0) || settings.separator == String($0) }
  }

  /// Adds the words of texts to the counts of earlier calls and renumbers all words.
  public mutating func fit(_ texts: some Sequence<String>) {
    var counts = counts
    for text in texts { counts.add(words(of: text)) }
    self = KerasTokenizer(settings, counts)
  }

  /// Fits on texts that are already split; words are lowercased if the settings require it, but not filtered.
  public mutating func fit(cut texts: some Sequence<[String]>) {
    var counts = counts
    for words in texts { counts.add(inCase(words)) }
    self = KerasTokenizer(settings, counts)
  }

  /// Returns words that are already split, lowercased if the settings require it.
  func inCase(_ words: [String]) -> [String] { settings.lowercases ? words.map { $0.fullyLowercased() } : words }

  private static func vocabularies(_ settings: Settings, _ counts: KerasWordCounts) -> (Vocabulary, Vocabulary) {
    // Before the first text, even the unknown token has no ID.
    let unknown = counts.documentCount > 0 ? settings.unknownToken : nil
    let slots = [Vocabulary.padding] + [unknown].compactMap(\.self) + counts.ranked
    let kept = settings.limit < slots.count ? Array(slots.prefix(settings.limit)) : slots
    return (Vocabulary(slots: slots), Vocabulary(slots: kept))
  }

  /// Returns the ID of a word regardless of the limit, as in Keras's `word_index`.
  public func number(of word: String) -> Int32? {
    guard let id = index.id(of: word), id > 0 else { return nil }
    return id
  }

  /// The ID of the unknown token; nil if there is none.
  public var unknownNumber: Int32? { settings.unknownToken.flatMap { number(of: $0) } }

  /// The number of texts that the tokenizer was fitted on.
  public var documentCount: Int { counts.documentCount }

  /// Returns the number of occurrences of a word.
  public func count(of word: String) -> Int { counts.count(of: word) }
}
