import MynahIO
public import MynahText

/// The Penn Treebank text as language models are compared on it, in Mikolov's version of 10,000 words.
///
/// Sentences stand one a line; rare words are already `<unk>` and numbers `N`. Each line end is the token `<eos>`. The
/// vocabulary is the training text's words by count, falling, ties by code points, with no further tokens.
///
/// Source: Mikolov, Karafiát, Burget, Černocký, Khudanpur, "Recurrent neural network based language model", 2010; the
/// rules are those of the reader in TensorFlow's tutorial, which replaces line ends before it cuts at white space. On the
/// benchmark's files, whose lines end with a space, that is the same as here; on others it would glue words to `<eos>`.
public struct PennTreebank: Sendable, Hashable {
  /// The tokens to learn: 929,589 in the benchmark's files.
  public let train: [Int32]
  /// The tokens to validate on: 73,760.
  public let valid: [Int32]
  /// The tokens to test on: 82,430.
  public let test: [Int32]
  /// The training text's words: 10,000.
  public let vocabulary: Vocabulary
  /// How many words of `valid` and `test` are not in the vocabulary and were dropped, as the reader of the tutorial does;
  /// 0 for the benchmark's files.
  public let droppedWordCount: Int

  /// Reads `ptb.train.txt`, `ptb.valid.txt` and `ptb.test.txt` of a folder.
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

  /// A tokenizer of the data's vocabulary, for other texts and for a model file.
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
