import ArgumentParser
import MynahIO
import MynahInference
import MynahModels
import MynahText

/// The flags that determine the words that `mynah ngram` counts.
struct NGramWords: ConditionalFlags {
  @Option(
    help: ArgumentHelp("Count the tokens of this model of words. (default: all words of the text)", valueName: "model"),
    completion: .file())
  var tokensOf: String?

  @Option(
    help: ArgumentHelp("Count the words of this list, one per line; other words are <unk>.", valueName: "file"),
    completion: .file())
  var vocabulary: String?

  @Flag(help: "Remove the words <s> and </s> from the text; a mark between words ends a sentence.")
  var stripSentenceMarks = false

  var rules: [FlagRule] { [FlagRule("--vocabulary", vocabulary != nil, excludes: "--tokens-of", tokensOf != nil)] }

  /// Returns a text without sentence marks, and its tokenizer.
  ///
  /// - Throws: `FileError`, `NGramTextError`.
  func read(_ path: String) throws -> (text: String, tokenizer: AnyTokenizer) {
    var text = try TextFile(at: path).text
    if stripSentenceMarks {
      text = SentenceMarks.removed(from: text)
    } else if let (mark, line) = SentenceMarks.first(in: text) {
      throw NGramTextError.sentenceMark(path: path, line: line, mark: mark)
    }
    if let tokensOf { return (text, try ModelFile(contentsOf: tokensOf).tokenizer) }
    if let vocabulary { return (text, .word(WordTokenizer(vocabulary: try Self.listed(vocabulary)))) }
    return (text, .word(WordTokenizer(training: text, minimumCount: 1)))
  }

  /// Reads a list of words; `<unk>` and the marks of sentences are in every vocabulary.
  private static func listed(_ path: String) throws -> Vocabulary {
    var reader = try LineReader([path])
    var words = TokenTable()
    let special = [Vocabulary.unknown, Vocabulary.endOfSentence, "<s>", "</s>"]
    while let line = try reader.next() {
      let bytes = Array(line.text.utf8)
      var scanner = WordScanner(bytes)
      guard case .word(let word) = scanner.next() else { continue }
      guard scanner.next() == nil else {
        throw NGramTextError.notOneWord(path: path, line: line.number, found: line.text)
      }
      if !special.contains(where: { bytes[word].elementsEqual($0.utf8) }) { _ = words.insert(bytes, word) }
    }
    guard words.count > 0 else { throw FileError.emptyText(path: path) }
    let tokens = (0..<Int32(words.count)).map { String(decoding: words[$0], as: UTF8.self) }
    return try Vocabulary(tokens: tokens + [Vocabulary.unknown, Vocabulary.endOfSentence])
  }
}

/// An error in the text or the vocabulary of `mynah ngram`.
enum NGramTextError: CommandFailure, Hashable {
  case sentenceMark(path: String, line: Int, mark: String)
  case notOneWord(path: String, line: Int, found: String)

  var failureCode: FailureCode { .badData }

  var sentence: String {
    switch self {
    case .sentenceMark(let path, let line, let mark):
      "line \(line) of \(path.quoted()) contains the sentence mark \(mark.quoted()), which mynah ngram adds to each "
        + "line itself; remove the marks, or add --strip-sentence-marks"
    case .notOneWord(let path, let line, let found):
      "expected one word per line in \(path.quoted()), found \(found.quoted(80)) in line \(line); "
        + "list each word on a line of its own"
    }
  }
}
