import MynahIO
public import MynahText

/// The Brown corpus as a benchmark for language models of 10,000 words, as in Berkeley's course w266.
///
/// The sentences are shuffled and split into a training part and a test part. Each sentence begins with `<s>`, and each
/// part ends with another `<s>`. Words are in their canonical form (`CanonicalWord`). The vocabulary is built from the
/// whole corpus: `<s>`, `</s>` and `<unk>` first, then the most frequent words, ties by first occurrence.
///
/// With the defaults, the shuffle is that of NumPy with seed 42, so the split is exactly that of the course.
public struct Brown: Sendable, Hashable {
  /// The token before each sentence.
  public static let startOfSentence = "<s>"

  /// A split of the corpus.
  public struct Part: Sendable, Hashable {
    /// The tokens: words, an `<s>` before each sentence and one at the end.
    public let ids: [Int32]
    public let sentenceCount: Int
    /// The number of words, excluding sentence marks.
    public let wordCount: Int
  }

  /// The training sentences: 45,872 with 924,077 words, 969,950 tokens.
  public let train: Part
  /// The test sentences: 11,468 with 237,115 words, 248,584 tokens.
  public let test: Part
  /// The vocabulary of 10,000 tokens.
  public let vocabulary: Vocabulary

  /// Reads the corpus from a folder; see `BrownSentences`.
  ///
  /// - Throws: `FileError`, or `TextError.missingFile` if the folder contains no file of the corpus.
  public init(at directory: String) throws { self.init(try BrownSentences(at: directory)) }

  /// Splits and encodes sentences.
  ///
  /// - Parameters:
  ///   - sentences: The corpus.
  ///   - vocabularySize: The number of tokens, including the three marks.
  ///   - trainingShare: The fraction of the sentences to train on, 0 to 1; their number is rounded down.
  ///   - shuffleSeed: The random seed of the shuffle; nil keeps the original order.
  public init(
    _ sentences: BrownSentences, vocabularySize: Int = 10_000, trainingShare: Double = 0.8,
    shuffleSeed: UInt32? = 42
  ) {
    require((0...1).contains(trainingShare), "a share must be in 0 ... 1, got \(trainingShare)")
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

  /// A tokenizer with the data's vocabulary, for other texts and for a model file: canonical words, `<s>` for line
  /// ends.
  public var tokenizer: WordTokenizer {
    WordTokenizer(vocabulary: vocabulary, lineEnd: Self.startOfSentence, form: .canonical)
  }

  /// Returns the indices of the sentences in random order.
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
  /// Creates a vocabulary of `<s>`, `</s>` and `<unk>`, followed by words by descending count, ties by first
  /// occurrence.
  ///
  /// A mark that also occurs among the words is listed a second time and has the second ID.
  ///
  /// - Parameter maximumSize: The maximum number of tokens, including the marks.
  public init(sentenceMarksBefore words: some Sequence<some StringProtocol>, maximumSize: Int? = nil) {
    var counts = TokenCounts()
    for word in words { counts.add(word) }
    self.init(sentenceMarksBefore: counts, maximumSize: maximumSize)
  }

  init(sentenceMarksBefore counts: TokenCounts, maximumSize: Int?) {
    let marks = [Brown.startOfSentence, "</s>", Vocabulary.unknown]
    require(
      maximumSize ?? 3 >= 3, "a vocabulary with three marks needs at least 3 tokens, got \(maximumSize ?? 3)")
    let words = Vocabulary(
      counts, order: .countThenFirstSeen, minimumCount: 1, maximumSize: maximumSize.map { $0 - marks.count },
      required: [])
    self.init(slots: marks + words.tokens)
  }
}

extension BrownSentences {
  /// All words in their canonical form, with an `<s>` before and after each sentence: 1,275,872 strings.
  public var markedCanonicalWords: [String] {
    let forms = perDistinctWord { CanonicalWord.form(of: $0) }
    return (0..<count).flatMap { sentence in
      [Brown.startOfSentence] + words[range(of: sentence)].map { forms[Int($0)] } + [Brown.startOfSentence]
    }
  }
}
