import MynahIO

extension Vocabulary {
  /// The words of texts and `<eos>` for each line end, numbered as they are first seen: as PyTorch's example word_language_model does.
  ///
  /// - Parameter texts: One after the other; a last line without a line end counts as ended.
  public init(wordsOf texts: some Sequence<String>) {
    var counts = TokenCounts()
    for text in texts { counts.addWords(of: Array(text.utf8), endingLastLine: true) }
    self.init(counts, order: .firstSeen, minimumCount: 1, maximumSize: nil, required: [])
  }

  /// The same of a folder's texts for training, validation and test, in this order.
  ///
  /// - Throws: `FileError`, or `TextError` if the folder has no text for training.
  public init(wordsOfCorpus directory: String) throws {
    let files = try DatasetFiles(in: directory)
    var texts: [String] = []
    for path in [files.training, files.validation, files.test] {
      if let path { texts.append(try TextFile(at: path).text) }
    }
    self.init(wordsOf: texts)
  }
}
