import Foundation
import MynahIO

/// A parser of ARPA files, as the manual page ngram-format(5) of SRILM describes them.
///
/// Fields are separated by blanks and tabs. Lines before `\data\` are remarks; empty lines are skipped.
struct ARPAReader {
  /// A line of an n-gram.
  struct NGram {
    /// The line.
    let text: [UInt8]
    /// The ranges of the words in the line.
    let words: ArraySlice<Range<Int>>
    /// ln p and ln of the back-off weight.
    let logProbability, backoff: Float

    /// Returns a word.
    func word(_ index: Int) -> String { String(decoding: text[words[words.startIndex + index]], as: UTF8.self) }

    /// The words in quotation marks.
    var quoted: String { words.indices.map { word($0 - words.startIndex) }.joined(separator: " ").quoted() }
  }

  private var lines: ARPALines

  /// Opens a file.
  ///
  /// - Throws: `FileError`.
  init(_ path: String) throws(FileError) { lines = try ARPALines(path) }

  /// The number of the last line that was read.
  var lineNumber: Int { lines.number }

  // MARK: The header

  /// Reads the number of n-grams of each length from the header, and the title after them.
  mutating func readCounts() throws -> [Int] {
    try skipRemarks()
    var counts: [Int] = []
    while true {
      let line = try next()
      if line.first == UInt8(ascii: "\\") {
        guard (1...16).contains(counts.count) else {
          throw failure("n-grams of 1 to 16 words", found: "\(counts.count) lengths")
        }
        // N-grams are numbered with 32-bit integers.
        guard counts.reduce(0, { $0 &+ min($1, 1 << 40) }) < 1 << 31 else {
          throw failure("fewer than 2,147,483,648 n-grams", found: "more")
        }
        try expect(line, "\\1-grams:")
        return counts
      }
      guard let count = count(line, length: counts.count + 1) else {
        throw failure("'ngram \(counts.count + 1)=' and a count", found: quoted(line))
      }
      counts.append(count)
    }
  }

  private mutating func skipRemarks() throws {
    try ARPAStart.check(lines.beginning, path: lines.path)
    while let line = try lines.nextBytes(), !ARPAStart.isTitle(line[...]) {}
  }

  /// Returns the count in a line such as `ngram 2=890`; nil for any other line.
  private func count(_ line: [UInt8], length: Int) -> Int? {
    let sides = line.split(separator: UInt8(ascii: "="), omittingEmptySubsequences: false).map(fields)
    guard sides.count == 2, sides[0].count == 2, sides[1].count == 1 else { return nil }
    let (title, count) = (sides[0].map { String(decoding: line[$0], as: UTF8.self) }, line[sides[1][0]])
    guard title == ["ngram", "\(length)"], count.allSatisfy({ (48..<58).contains($0) }) else { return nil }
    return Int(String(decoding: count, as: UTF8.self))
  }

  // MARK: N-grams

  /// Reads the n-grams of one length and the title after them, or the end of the file.
  mutating func forEachNGram(_ length: Int, of counts: [Int], _ body: (ARPAReader, NGram) throws -> Void) throws {
    let (isLast, count) = (length == counts.count, counts[length - 1])
    var found = 0
    while true {
      let line = try next()
      if line.first == UInt8(ascii: "\\") {
        try expect(line, isLast ? "\\end\\" : "\\\(length + 1)-grams:")
        break
      }
      guard found < count else { throw failure("\(count) \(length)-grams, as in the file's header", found: "more") }
      try body(self, ngram(line, length, isLast: isLast))
      found += 1
    }
    guard found == count else {
      throw failure("\(count) \(length)-grams, as in the file's header", found: "\(found)")
    }
    if isLast { try expectEnd() }
  }

  private mutating func expectEnd() throws {
    while let line = try lines.next() {
      guard trimmed(line).isEmpty else { throw failure("nothing after \\end\\", found: quoted(line)) }
    }
  }

  private func ngram(_ line: [UInt8], _ length: Int, isLast: Bool) throws -> NGram {
    let fields = fields(of: line[...])
    guard fields.count == length + 1 || fields.count == length + 2 else {
      throw failure(
        "a log-probability, \(length) \(length == 1 ? "word" : "words") and optionally a back-off weight",
        found: quoted(line))
    }
    guard let probability = ARPANumber.logarithm(line[fields[0]]), probability <= ARPANumber.maximumRounding else {
      throw failure("a log-probability of at most 0", found: quoted(line))
    }
    var backoff: Double = 0
    if fields.count == length + 2 {
      guard let given = ARPANumber.logarithm(line[fields[length + 1]]) else {
        throw failure("the logarithm of a back-off weight at the end", found: quoted(line))
      }
      guard !isLast || given == 0 else {
        throw failure("no back-off weight for the longest n-grams", found: quoted(line))
      }
      backoff = given
    }
    return NGram(
      text: line, words: fields[1...length], logProbability: ARPANumber.natural(min(probability, 0)),
      backoff: ARPANumber.natural(backoff))
  }

  // MARK: Lines

  /// Returns the next line that is not empty.
  private mutating func next() throws -> [UInt8] {
    while let line = try lines.next() {
      if !trimmed(line).isEmpty { return line }
    }
    throw failure("\\end\\", found: "the file's end")
  }

  private func expect(_ line: [UInt8], _ title: String) throws {
    guard trimmed(line).elementsEqual(title.utf8) else { throw failure(title, found: quoted(line)) }
  }

  /// Returns the ranges of the fields in a part of a line.
  private func fields(of line: ArraySlice<UInt8>) -> [Range<Int>] {
    line.split(whereSeparator: Self.isBlank).map(\.indices)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private func trimmed(_ line: [UInt8]) -> ArraySlice<UInt8> { line[...].trimming(Self.isBlank) }

  private func quoted(_ line: [UInt8]) -> String { String(decoding: line, as: UTF8.self).quoted(200) }

  /// Returns the error for a given line, or for the last line that was read.
  func failure(_ expected: String, found: String, line: Int? = nil) -> InferenceError {
    .malformedNGrams(path: lines.path, line: line ?? lineNumber, expected: expected, found: found)
  }
}
