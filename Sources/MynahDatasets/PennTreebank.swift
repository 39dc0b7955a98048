import MynahIO
public import MynahText

/// The Penn Treebank language modelling benchmark, in Mikolov's version with 10,000 words.
///
/// The text has one sentence per line; rare words have already been replaced by `<unk>` and numbers by `N`. Each line
/// end is the token `<eos>`. The vocabulary is the words of the training text by descending count, ties by code points,
/// without any additional tokens.
///
/// Source: Mikolov, Karafiát, Burget, Černocký, Khudanpur, "Recurrent neural network based language model", 2010; the
/// rules are those of the reader in TensorFlow's tutorial, which replaces line ends before it splits at white space. On
/// the benchmark's files, whose lines end with a space, the result is the same; on other files that reader would join
/// words with `<eos>`.
public struct PennTreebank: Sendable, Hashable {
  /// The training tokens: 929,589 in the benchmark's files.
  public let train: [Int32]
  /// The validation tokens: 73,760.
  public let valid: [Int32]
  /// The test tokens: 82,430.
  public let test: [Int32]
  /// The vocabulary, the words of the training text: 10,000.
  public let vocabulary: Vocabulary
  /// The number of words of `valid` and `test` that are not in the vocabulary and were dropped, as by the tutorial's
  /// reader; 0 for the benchmark's files.
  public let droppedWordCount: Int

  /// Reads `ptb.train.txt`, `ptb.valid.txt` and `ptb.test.txt` from a folder.
  ///
  /// - Throws: `FileError`, or `TextError.missingFile`.
  public init(at directory: String) throws {
    let files = try DatasetFiles(in: directory)
    guard let valid = files.validation else {
      throw TextError.missingFile(directory: directory, role: "valid", found: files.names)
    }
    guard let test = files.test else {
      throw TextError.missingFile(directory: directory, role: "test", found: files.names)
    }
    try self.init(
      train: TextFile(at: files.training).text, valid: TextFile(at: valid).text, test: TextFile(at: test).text)
  }

  /// Encodes the three texts.
  public init(train: String, valid: String, test: String) {
    let vocabulary = Self.vocabulary(of: train)
    let (trainIDs, _) = Self.encode(train, vocabulary)
    let (validIDs, droppedFromValid) = Self.encode(valid, vocabulary)
    let (testIDs, droppedFromTest) = Self.encode(test, vocabulary)
    self.vocabulary = vocabulary
    (self.train, self.valid, self.test) = (trainIDs, validIDs, testIDs)
    droppedWordCount = droppedFromValid + droppedFromTest
  }

  /// A tokenizer with the data's vocabulary, for other texts and for a model file.
  public var tokenizer: WordTokenizer { WordTokenizer(vocabulary: vocabulary) }

  private static func vocabulary(of text: String) -> Vocabulary {
    let counts = WordTokenizer.counts(of: Array(text.utf8), endingLastLine: false)
    return Vocabulary(counts, minimumCount: 1, maximumSize: nil, required: [])
  }

  private static func encode(_ text: String, _ vocabulary: Vocabulary) -> (ids: [Int32], dropped: Int) {
    let bytes = Array(text.utf8)
    var ids: [Int32] = []
    var dropped = 0
    var scanner = WordScanner(bytes)
    while let item = scanner.next() {
      let id: Int32? =
        switch item {
        case .lineEnd: vocabulary.endOfSentenceID
        case .word(let range): vocabulary.id(of: bytes, range)
        }
      if let id { ids.append(id) } else { dropped += 1 }
    }
    return (ids, dropped)
  }
}
