import MynahIO

extension Vocabulary {
  /// Creates a vocabulary of the words of texts, with `<eos>` for each line end, numbered in order of first occurrence,
  /// as in PyTorch's example word_language_model.
  ///
  /// - Parameter texts: The texts, in order; an unterminated last line counts as terminated.
  public init(wordsOf texts: some Sequence<String>) {
    var counts = TokenCounts()
    for text in texts { counts.addWords(of: Array(text.utf8), endingLastLine: true) }
    self.init(counts, order: .firstSeen, minimumCount: 1, maximumSize: nil, required: [])
  }

  /// Creates a vocabulary in the same way from the training, validation and test texts in a folder, in this order.
  ///
  /// - Throws: `FileError`, or `TextError` if the folder has no training text.
  public init(wordsOfCorpus directory: String) throws {
    let files = try DatasetFiles(in: directory)
    var texts: [String] = []
    for path in [files.training, files.validation, files.test] {
      if let path { texts.append(try TextFile(at: path).text) }
    }
    self.init(wordsOf: texts)
  }
}
