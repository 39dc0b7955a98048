import Foundation
import MynahIO
import MynahText

// ARPA files: text with the logarithms to base 10 of probabilities and back-off weights, as KenLM and SRILM write them.

extension NGramModel {
  /// Reads an ARPA file.
  ///
  /// - Throws: `TextError` if it cannot be read; `InferenceError.malformedNGrams` with the line that is wrong.
  public init(arpa path: String) throws {
    var reader = try ARPAReader(path)
    let counts = try reader.readCounts()
    let unigrams = try reader.readNGrams(1, isLast: counts.count == 1)
    guard unigrams.count == counts[0] else { throw reader.wrongCount(1, expected: counts[0], found: unigrams.count) }
    let vocabulary: Vocabulary
    do {
      vocabulary = try Vocabulary(tokens: unigrams.map { $0.words[0] })
    } catch {
      throw reader.failure("each word once", found: "\(error)")
    }
    self.init(order: counts.count, vocabulary: vocabulary)
    for (word, unigram) in unigrams.enumerated() {
      (logProbabilities[word], backoffs[word]) = (unigram.logProbability, unigram.backoff)
    }
    for length in 1..<counts.count {
      var found = 0
      try reader.forEachNGram(length + 1, isLast: length + 1 == counts.count) { reader, ngram in
        try add(ngram, reader)
        found += 1
      }
      guard found == counts[length] else { throw reader.wrongCount(length + 1, expected: counts[length], found: found) }
    }
  }

  private mutating func add(_ ngram: ARPAReader.NGram, _ reader: ARPAReader) throws {
    var node: Int32 = -1
    for (place, text) in ngram.words.enumerated() {
      guard let word = vocabulary.id(of: text) else {
        throw reader.failure("words of the 1-grams", found: "\(text.quoted())")
      }
      if place + 1 < ngram.words.count {
        guard let next = table.child(of: node, word) else {
          throw reader.failure(
            "an n-gram whose beginning is listed too", found: "\(ngram.words.joined(separator: " ").quoted())")
        }
        node = next
      } else {
        guard table.child(of: node, word) == nil else {
          throw reader.failure("each n-gram once", found: "\(ngram.words.joined(separator: " ").quoted()) again")
        }
        _ = table.insert(node, word)
      }
    }
    logProbabilities.append(ngram.logProbability)
    backoffs.append(ngram.backoff)
  }

  /// Writes an ARPA file.
  ///
  /// - Throws: `FileError`.
  public func write(arpa path: String) throws {
    var lengths = [Int](repeating: 1, count: table.count)
    for node in 0..<table.count where table.parents[node] >= 0 {
      lengths[node] = lengths[Int(table.parents[node])] + 1
    }
    let counts = counts
    var text = "\\data\\\n"
    for (index, count) in counts.enumerated() { text += "ngram \(index + 1)=\(count)\n" }
    for length in 1...order {
      text += "\n\\\(length)-grams:\n"
      for node in 0..<table.count where lengths[node] == length {
        let words = table.words(of: Int32(node)).map { vocabulary[$0] }.joined(separator: " ")
        text += "\(Self.decimal(logProbabilities[node]))\t\(words)"
        if length < order { text += "\t\(Self.decimal(backoffs[node]))" }
        text += "\n"
      }
    }
    text += "\n\\end\\\n"
    try AtomicFile.write(Array(text.utf8), to: path)
  }

  /// A natural logarithm as one to base 10; −99 for that of 0.
  private static func decimal(_ logarithm: Float) -> Float {
    logarithm > -.infinity ? Float(Double(logarithm) / log(10)) : -99
  }
}

/// The lines of an ARPA file.
private struct ARPAReader {
  struct NGram {
    let words: [String]
    let logProbability, backoff: Float
  }

  private let path: String
  private var lines: LineReader
  private var lineNumber = 0

  init(_ path: String) throws {
    self.path = path
    lines = try LineReader([path])
  }

  /// The next line that is not empty.
  private mutating func next() throws -> String {
    while let line = try lines.next() {
      lineNumber = line.number
      if !line.text.allSatisfy(\.isWhitespace) { return line.text }
    }
    throw failure("\\end\\", found: "the file's end")
  }

  /// Reads the numbers of n-grams by length from the header.
  mutating func readCounts() throws -> [Int] {
    var text = try next()
    // Tools put remarks before the data.
    while !text.hasPrefix("\\data\\") {
      guard lineNumber < 1000, !text.hasPrefix("\\") else {
        throw failure("\\data\\", found: text)
      }
      text = try next()
    }
    var counts: [Int] = []
    while true {
      text = try next()
      if text.hasPrefix("\\") { break }
      let parts = text.dropFirst("ngram ".count).split(separator: "=").map { Int($0.filter { $0 != " " }) }
      guard text.hasPrefix("ngram "), parts.count == 2, parts[0] == counts.count + 1, let count = parts[1], count >= 0
      else {
        throw failure("\"ngram \(counts.count + 1)=\" and a count", found: "\(text.quoted())")
      }
      counts.append(count)
    }
    guard (1...16).contains(counts.count) else { throw failure("n-grams of 1 to 16 words", found: "\(counts.count)") }
    try expect(text, "\\1-grams:")
    return counts
  }

  mutating func readNGrams(_ length: Int, isLast: Bool) throws -> [NGram] {
    var result: [NGram] = []
    try forEachNGram(length, isLast: isLast) { _, ngram in result.append(ngram) }
    return result
  }

  /// Reads the n-grams of one length and the title after them.
  mutating func forEachNGram(_ length: Int, isLast: Bool, _ body: (ARPAReader, NGram) throws -> Void) throws {
    while true {
      let text = try next()
      if text.utf8.first == UInt8(ascii: "\\"), text.hasSuffix(isLast ? "\\end\\" : "-grams:") {
        return try expect(text, isLast ? "\\end\\" : "\\\(length + 1)-grams:")
      }
      try body(self, ngram(text, length))
    }
  }

  private func ngram(_ text: String, _ length: Int) throws -> NGram {
    let fields = text.utf8.split { $0 == 9 || $0 == 32 }
    guard fields.count == length + 1 || fields.count == length + 2, let probability = number(fields[0]),
      probability <= 0
    else {
      throw failure(
        "a logarithm of a probability, \(length) words and perhaps a back-off weight", found: "\(text.quoted())")
    }
    var backoff: Float = 0
    if fields.count == length + 2 {
      guard let given = number(fields[length + 1]) else {
        throw failure("a back-off weight", found: "\(text.quoted())")
      }
      backoff = given
    }
    let words = fields[1...length].map { String(decoding: $0, as: UTF8.self) }
    return NGram(words: words, logProbability: probability, backoff: backoff)
  }

  /// Returns a logarithm to base 10 as a natural one; −99 is that of 0.
  private func number(_ field: Substring.UTF8View.SubSequence) -> Float? {
    guard let value = Double(Substring(field)), value.isFinite else { return nil }
    return value <= -98.999 ? -.infinity : Float(value * log(10))
  }

  private func expect(_ text: String, _ title: String) throws {
    guard text == title else { throw failure(title, found: "\(text.quoted())") }
  }

  func failure(_ expected: String, found: String) -> InferenceError {
    .malformedNGrams(path: path, line: lineNumber, expected: expected, found: found)
  }

  func wrongCount(_ length: Int, expected: Int, found: Int) -> InferenceError {
    failure("\(expected) \(length)-grams, as in the file's header", found: "\(found)")
  }
}
