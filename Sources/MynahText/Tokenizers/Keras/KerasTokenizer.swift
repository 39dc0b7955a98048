/// The words of texts in the way of the Keras `Tokenizer`: numbered from 1 by count, falling, ties as they were first seen.
///
/// A text is put in small letters, each filtered character becomes a separator, and what stands between separators is a
/// word; or every character is a token. Number 0 is for padding and never given. Words whose number is `wordLimit` or more
/// and unknown words become the unknown token, which then is number 1, or are left out if there is none.
///
/// The rules, odd ones included, are those of keras-preprocessing 1.1 and `tf.keras.preprocessing.text`:
/// - If the unknown token stands in the texts too, it is listed twice and has the second number; number 1 is never given.
/// - The limit counts 0 and the unknown token, and the unknown token is given even where the limit is at or below its number.
public struct KerasTokenizer: Tokenizer {
  /// The characters that Keras filters by itself: punctuation without the apostrophe, tabs and line feeds.
  public static let usualFilters = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n"

  public static let kind = "keras-word"
  public var kind: String { Self.kind }

  /// How a text is cut.
  public struct Settings: Sendable, Hashable {
    /// Words get numbers below this, `num_words`; nil and 0 are no limit.
    public var wordLimit: Int?
    /// The characters that separate words, as Unicode scalars.
    public var filters: String
    /// Whether texts are put in small letters.
    public var lowercases: Bool
    /// What filtered characters become, and where texts are cut, `split`; not empty.
    public var separator: String
    /// Whether the tokens are characters, `char_level`; then nothing is filtered.
    public var takesCharacters: Bool
    /// What stands for unknown words, `oov_token`.
    public var unknownToken: String?

    /// Creates settings; those of Keras unless given.
    ///
    /// - Precondition: the separator is not empty and the limit not negative.
    public init(
      wordLimit: Int? = nil, filters: String = KerasTokenizer.usualFilters, lowercases: Bool = true,
      separator: String = " ", takesCharacters: Bool = false, unknownToken: String? = nil
    ) {
      precondition(!separator.isEmpty, "a text cannot be cut at an empty separator")
      precondition(wordLimit ?? 0 >= 0, "a word limit must not be negative, found \(wordLimit ?? 0)")
      (self.wordLimit, self.filters, self.lowercases) = (wordLimit, filters, lowercases)
      (self.separator, self.takesCharacters, self.unknownToken) = (separator, takesCharacters, unknownToken)
    }

    /// The limit, if there is one.
    var limit: Int { if let wordLimit, wordLimit > 0 { wordLimit } else { .max } }
  }

  public let settings: Settings
  /// What was seen in the texts.
  private(set) var counts: KerasWordCounts
  /// All words behind padding and the unknown token, whatever the limit.
  private(set) var index: Vocabulary
  /// The tokens below the limit; the empty one for padding is number 0.
  public private(set) var vocabulary: Vocabulary

  /// Creates a tokenizer that knows no words yet.
  public init(_ settings: Settings = Settings()) { self.init(settings, KerasWordCounts()) }

  /// Creates a tokenizer and lets it count texts.
  public init(_ settings: Settings = Settings(), training texts: some Sequence<String>) {
    self.init(settings)
    fit(texts)
  }

  init(_ settings: Settings, _ counts: KerasWordCounts) {
    self.settings = settings
    self.counts = counts
    (index, vocabulary) = Self.vocabularies(settings, counts)
  }

  /// Counts the words of texts, beside those of earlier calls, and numbers all words anew.
  public mutating func fit(_ texts: some Sequence<String>) {
    var counts = counts
    for text in texts { counts.add(words(of: text)) }
    self = KerasTokenizer(settings, counts)
  }

  /// Counts the words of texts that are cut already; they are put in small letters if all are, but not filtered.
  public mutating func fit(cut texts: some Sequence<[String]>) {
    var counts = counts
    for words in texts { counts.add(inCase(words)) }
    self = KerasTokenizer(settings, counts)
  }

  /// Words that are cut already, in small letters if all are.
  func inCase(_ words: [String]) -> [String] { settings.lowercases ? words.map { $0.fullyLowercased() } : words }

  private static func vocabularies(_ settings: Settings, _ counts: KerasWordCounts) -> (Vocabulary, Vocabulary) {
    // Before the first text even the unknown token has no number.
    let unknown = counts.documentCount > 0 ? settings.unknownToken : nil
    let slots = [Vocabulary.padding] + [unknown].compactMap(\.self) + counts.ranked
    let kept = settings.limit < slots.count ? Array(slots.prefix(settings.limit)) : slots
    return (Vocabulary(slots: slots), Vocabulary(slots: kept))
  }

  /// The number of a word, whatever the limit: Keras's `word_index`.
  public func number(of word: String) -> Int32? {
    guard let id = index.id(of: word), id > 0 else { return nil }
    return id
  }

  /// The number of the unknown token, nil if there is none.
  public var unknownNumber: Int32? { settings.unknownToken.flatMap { number(of: $0) } }

  /// How many texts were counted.
  public var documentCount: Int { counts.documentCount }

  /// How often a word was counted.
  public func count(of word: String) -> Int { counts.count(of: word) }
}
