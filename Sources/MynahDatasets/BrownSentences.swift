import MynahIO
import MynahText

/// The sentences of the Brown corpus, in the order of its files: 57,340 sentences with 1,161,192 words.
///
/// Each non-blank line is a sentence. Each word is followed by its part of speech, as in `jury/nn`, which is removed at
/// the last slash.
///
/// Source: Francis, Kučera, "A standard corpus of present-day edited American English", 1964; the files and the rules
/// are those of NLTK.
public struct BrownSentences: Sendable, Hashable {
  /// The distinct words, in order of first occurrence.
  private var table = TokenTable()
  /// The corpus as indices in the table.
  private(set) var words: [Int32] = []
  private var ends: [Int] = []

  /// Reads the 500 files `ca01` … `cr09` in a folder, or in its subfolder `brown`.
  ///
  /// - Throws: `FileError`, or `TextError.missingFile` if the folder contains no such file.
  public init(at directory: String) throws {
    for path in try Self.files(at: directory) { add(Array(try TextFile(at: path).text.utf8)) }
  }

  /// Parses texts in the format of the corpus.
  public init(texts: [String]) {
    for text in texts { add(Array(text.utf8)) }
  }

  /// The number of sentences.
  public var count: Int { ends.count }
  /// The number of words.
  public var wordCount: Int { words.count }
  /// The number of distinct words, case-sensitive.
  public var distinctWordCount: Int { table.count }

  /// The words of a sentence.
  public subscript(sentence: Int) -> [String] { words[range(of: sentence)].map { word(Int($0)) } }

  /// Returns the range of a sentence's words in `words`.
  func range(of sentence: Int) -> Range<Int> { (sentence == 0 ? 0 : ends[sentence - 1])..<ends[sentence] }

  /// Returns a value for each distinct word, indexed by the word's index in the table.
  func perDistinctWord<Value>(_ value: (String) -> Value) -> [Value] { (0..<table.count).map { value(word($0)) } }

  private func word(_ number: Int) -> String { String(decoding: table[Int32(number)], as: UTF8.self) }

  private mutating func add(_ text: [UInt8]) {
    var scanner = WordScanner(text)
    while let item = scanner.next() {
      switch item {
      case .lineEnd: endSentence()
      case .word(let range):
        let end = text[range].lastIndex(of: UInt8(ascii: "/")) ?? range.upperBound
        words.append(table.insert(text, range.lowerBound..<end))
      }
    }
    endSentence()
  }

  private mutating func endSentence() {
    if words.count > ends.last ?? 0 { ends.append(words.count) }
  }

  private static func files(at directory: String) throws -> [String] {
    let inner = directory + "/brown"
    for folder in [directory, inner] {
      let names = try? DatasetFiles.fileNames(in: folder).filter(isFileOfCorpus)
      if let names, !names.isEmpty { return names.map { folder + "/" + $0 } }
    }
    throw TextError.missingFile(directory: directory, role: "ca01", found: try DatasetFiles.fileNames(in: directory))
  }

  /// Returns a Boolean value indicating whether a name is a `c`, a letter and two digits.
  private static func isFileOfCorpus(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    let (letters, digits) = (UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"))
    return bytes.count == 4 && bytes[0] == UInt8(ascii: "c") && letters.contains(bytes[1])
      && bytes[2...].allSatisfy(digits.contains)
  }
}
