import MynahIO
public import MynahText

/// The Brown corpus as a language model of 10,000 words learns it in Berkeley's course w266.
///
/// All sentences, put in random order, are split in a part to train on and one to test on. Each begins with `<s>`; one more
/// `<s>` stands at the end of each part. Words are in their canonical form (`CanonicalWord`). The vocabulary counts the whole
/// corpus: `<s>`, `</s>` and `<unk>` in front, then the most frequent words, ties as they were first seen.
///
/// With the defaults the shuffle is that of NumPy's seed 42, so the split is the course's, to the last sentence.
public struct Brown: Sendable, Hashable {
  /// Stands before each sentence.
  public static let startOfSentence = "<s>"

  /// A part of the corpus.
  public struct Part: Sendable, Hashable {
    /// The tokens: words, an `<s>` before each sentence and one at the end.
    public let ids: [Int32]
    public let sentenceCount: Int
    /// The number of words, without the marks.
    public let wordCount: Int
  }

  /// The sentences to learn: 45,872 of 924,077 words, 969,950 tokens.
  public let train: Part
  /// The sentences to test on: 11,468 of 237,115 words, 248,584 tokens.
  public let test: Part
  /// The tokens: 10,000.
  public let vocabulary: Vocabulary

  /// Reads the corpus from its folder; see `BrownSentences`.
  ///
  /// - Throws: `FileError`, or `TextError.missingFile` if the folder has no file of the corpus.
  public init(at directory: String) throws { self.init(try BrownSentences(at: directory)) }

  /// Splits and encodes sentences.
  ///
  /// - Parameters:
  ///   - sentences: The corpus.
  ///   - vocabularySize: The number of tokens, the three marks counted.
  ///   - trainingShare: The share of the sentences to train on, 0 to 1, rounded down.
  ///   - shuffleSeed: The seed of the random order; nil leaves the sentences as they are.
  public init(
    _ sentences: BrownSentences, vocabularySize: Int = 10_000, trainingShare: Double = 0.8,
    shuffleSeed: UInt32? = 42
  ) {
    precondition((0...1).contains(trainingShare), "expected a share from 0 to 1, found \(trainingShare)")
    let vocabulary = Self.vocabulary(of: sentences, size: vocabularySize)
    let ids = sentences.perDistinctWord { vocabulary.id(of: CanonicalWord.form(of: $0, in: vocabulary)) ?? 0 }
    let order = Self.order(sentences.count, shuffleSeed: shuffleSeed)
    let split = Int(trainingShare * Double(order.count))
    func part(_ order: ArraySlice<Int>) -> Part {
      let start = vocabulary.id(of: Self.startOfSentence) ?? 0
      var tokens: [Int32] = []
      for sentence in order {
        tokens.append(start)
        tokens += sentences.words[sentences.range(of: sentence)].map { ids[Int($0)] }
      }
      tokens.append(start)
      return Part(ids: tokens, sentenceCount: order.count, wordCount: tokens.count - order.count - 1)
    }
    self.vocabulary = vocabulary
    (train, test) = (part(order[..<split]), part(order[split...]))
  }

  /// A tokenizer of the data's vocabulary, for other texts and for a model file: canonical words, `<s>` for line ends.
  public var tokenizer: WordTokenizer {
    WordTokenizer(vocabulary: vocabulary, lineEnd: Self.startOfSentence, form: .canonical)
  }

  /// The numbers of the sentences in random order.
  static func order(_ count: Int, shuffleSeed: UInt32?) -> [Int] {
    var order = Array(0..<count)
    if let shuffleSeed {
      var random = MersenneTwister(seed: shuffleSeed)
      random.shuffle(&order)
    }
    return order
  }

  private static func vocabulary(of sentences: BrownSentences, size: Int) -> Vocabulary {
    let forms = sentences.perDistinctWord { Array(CanonicalWord.form(of: $0).utf8) }
    var counts = TokenCounts()
    for word in sentences.words { counts.add(forms[Int(word)], forms[Int(word)].indices) }
    return Vocabulary(sentenceMarksBefore: counts, maximumSize: size)
  }
}

extension Vocabulary {
  /// `<s>`, `</s>` and `<unk>`, and behind them the words of a text by count, falling, ties as they were first seen.
  ///
  /// A mark that stands in the text itself is listed a second time and has the second number.
  ///
  /// - Parameter maximumSize: How many tokens to keep at most, the marks counted.
  public init(sentenceMarksBefore words: some Sequence<some StringProtocol>, maximumSize: Int? = nil) {
    var counts = TokenCounts()
    for word in words { counts.add(word) }
    self.init(sentenceMarksBefore: counts, maximumSize: maximumSize)
  }

  init(sentenceMarksBefore counts: TokenCounts, maximumSize: Int?) {
    let marks = [Brown.startOfSentence, "</s>", Vocabulary.unknown]
    precondition(
      maximumSize ?? 3 >= 3, "a vocabulary with three marks holds at least 3 tokens, found \(maximumSize ?? 3)")
    let words = Vocabulary(
      counts, order: .countThenFirstSeen, minimumCount: 1, maximumSize: maximumSize.map { $0 - marks.count },
      required: [])
    self.init(slots: marks + words.tokens)
  }
}

extension BrownSentences {
  /// All words in their canonical form, with an `<s>` before and one behind each sentence: 1,275,872 strings.
  public var markedCanonicalWords: [String] {
    let forms = perDistinctWord { CanonicalWord.form(of: $0) }
    return (0..<count).flatMap { sentence in
      [Brown.startOfSentence] + words[range(of: sentence)].map { forms[Int($0)] } + [Brown.startOfSentence]
    }
  }
}
