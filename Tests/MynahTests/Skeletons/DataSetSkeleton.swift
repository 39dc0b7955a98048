import Mynah

/// A corpus with a sentence on each line, the last fifth of which is for validation.
struct Proverbs {
  /// The words.
  let tokenizer: WordTokenizer
  /// The tokens to learn, and those to validate on.
  let train, valid: [Int32]

  /// Reads the corpus from its file.
  ///
  /// - Throws: `FileError`.
  init(at path: String) throws { try self.init(text: TextFile(at: path).text) }

  /// Splits and encodes the text of the corpus.
  init(text: String) throws {
    let lines = text.split(separator: "\n").map { $0 + "\n" }
    let count = lines.count - lines.count / 5
    tokenizer = WordTokenizer(training: lines[..<count].joined())
    train = try tokenizer.encode(lines[..<count].joined()).ids
    valid = try tokenizer.encode(lines[count...].joined()).ids
  }
}
