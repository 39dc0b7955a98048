import MynahIO
import MynahText

/// The sentences of the Brown corpus, in the order of its files: 57,340 of 1,161,192 words.
///
/// A line that is not blank is a sentence; each word stands there with its part of speech, as in `jury/nn`, which is cut off
/// at the last slash.
///
/// Source: Francis, Kučera, "A standard corpus of present-day edited American English", 1964; the files and the rules
/// are those of NLTK.
public struct BrownSentences: Sendable, Hashable {
  /// The words, each once, in the order of their first sight.
  private var table = TokenTable()
  /// The corpus in the table's numbers.
  private(set) var words: [Int32] = []
  private var ends: [Int] = []

  /// Reads the 500 files `ca01` … `cr09` of a folder, or of the folder `brown` inside of it.
  ///
  /// - Throws: `FileError`, or `TextError.missingFile` if the folder has no such file.
  public init(at directory: String) throws {
    for path in try Self.files(at: directory) { add(Array(try TextFile(at: path).text.utf8)) }
  }

  /// Reads texts of the corpus's form.
  public init(texts: [String]) {
    for text in texts { add(Array(text.utf8)) }
  }

  /// The number of sentences.
  public var count: Int { ends.count }
  /// The number of words.
  public var wordCount: Int { words.count }
  /// The number of different words, capital and small letters told apart.
  public var distinctWordCount: Int { table.count }

  /// The words of a sentence.
  public subscript(sentence: Int) -> [String] { words[range(of: sentence)].map { word(Int($0)) } }

  /// Where a sentence's words stand in `words`.
  func range(of sentence: Int) -> Range<Int> { (sentence == 0 ? 0 : ends[sentence - 1])..<ends[sentence] }

  /// A value for each different word, by its number in `words`.
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

  /// Whether a name is a `c`, a letter and two digits.
  private static func isFileOfCorpus(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    let (letters, digits) = (UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"))
    return bytes.count == 4 && bytes[0] == UInt8(ascii: "c") && letters.contains(bytes[1])
      && bytes[2...].allSatisfy(digits.contains)
  }
}
