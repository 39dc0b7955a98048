import MynahIO
public import MynahText

/// Pretrained embeddings of the words of a vocabulary, from a file of GloVe, word2vec or fastText.
///
/// Three formats are recognised: lines of a word and its vector (GloVe); such lines after a header line with the number
/// of words and the dimension (word2vec's text format, fastText's `.vec`); and word2vec's binary format. Only the
/// vectors of the vocabulary's words are kept in memory.
public struct WordVectors: Sendable {
  /// The number of elements of each vector.
  public let dimension: Int
  /// The vectors by the ids of the words in the vocabulary.
  ///
  /// A word that the file lacks has the vector of its lowercase form, if the file contains that.
  public let vectors: [Int32: [Float]]

  /// Reads the vectors of a vocabulary's words.
  ///
  /// - Throws: `FileError`, or `WordVectorsError` with the line or record that is malformed.
  public init(contentsOf path: String, for vocabulary: Vocabulary) throws {
    var collector = VectorCollector(vocabulary)
    let file = try InputFile(path: path)
    if let binary = try BinaryVectors(file) {
      try binary.forEach { try collector.add(word: $0, vector: $1) }
      dimension = binary.dimension
    } else {
      dimension = try TextVectors(path).forEach { try collector.add(word: $0, vector: $1) }
    }
    vectors = collector.vectors
  }
}

/// An error in a file of word vectors.
public enum WordVectorsError: Error, Hashable, Sendable {
  /// `place` is a line or a record, counted from 1.
  case malformed(path: String, place: String, expected: String, found: String)
  /// The file has an unsupported format.
  case unsupported(path: String, format: String)
}

extension WordVectorsError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .malformed(let path, let place, let expected, let found):
      "\(place) of the word vectors \(path.quoted()) is malformed: expected \(expected), found \(found); "
        + "download the file again"
    case .unsupported(let path, let format):
      "\(path.quoted()) is \(format); expected vectors as text from GloVe, word2vec or fastText, or in word2vec's "
        + "binary format"
    }
  }
}

/// A collector of the vectors of a vocabulary's words, to which a file's words are added in order.
private struct VectorCollector {
  private(set) var vectors: [Int32: [Float]] = [:]
  private let vocabulary: Vocabulary
  /// The ids of the words that differ from their lowercase form, by that form.
  private var lowercase: [String: [Int32]] = [:]
  private var isExact: Set<Int32> = []

  init(_ vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    let special = Set(vocabulary.textlessIDs + [vocabulary.endOfSentenceID].compactMap(\.self))
    for id in 0..<Int32(vocabulary.count) where !special.contains(id) {
      let (word, lower) = (vocabulary[id], vocabulary[id].lowercased())
      if lower != word { lowercase[lower, default: []].append(id) }
    }
  }

  mutating func add(word: String, vector: () throws -> [Float]) throws {
    let exact = vocabulary.id(of: word)
    let others = (lowercase[word] ?? []).filter { vectors[$0] == nil }
    guard exact != nil || !others.isEmpty else { return }
    let vector = try vector()
    // If a word has several vectors, the first one is used.
    if let exact, isExact.insert(exact).inserted { vectors[exact] = vector }
    for id in others { vectors[id] = vector }
  }
}

// MARK: Text

private struct TextVectors {
  private let path: String

  init(_ path: String) { self.path = path }

  /// Calls `body` with each word; returns the dimension.
  func forEach(_ body: (String, () throws -> [Float]) throws -> Void) throws -> Int {
    var (lines, dimension) = (try LineReader([path]), 0)
    while let line = try lines.next() {
      // Splitting also drops carriage returns, and the blanks that word2vec writes at the ends of lines.
      let fields = line.text.utf8.split { $0 == 32 || $0 == 9 || $0 == 13 }.map { Substring($0) }
      if line.number == 1 {
        if fields.count == 2, Int(fields[0]) != nil, let size = Int(fields[1]), size > 0 {
          dimension = size
          continue
        }
        dimension = fields.count - 1
      }
      if fields.isEmpty { continue }
      guard dimension > 0, fields.count > dimension else {
        throw WordVectorsError.malformed(
          path: path, place: "line \(line.number)",
          expected: dimension > 0 ? "a word and \(dimension) numbers" : "a word and numbers",
          found: "\(fields.count) fields in \(line.text.quoted(60))")
      }
      // Words of GloVe may contain blanks.
      let word = fields.dropLast(dimension).joined(separator: " ")
      try body(word) {
        try fields.suffix(dimension).map { field in
          guard let number = Float(field), number.isFinite else {
            throw WordVectorsError.malformed(
              path: path, place: "line \(line.number)", expected: "finite numbers", found: String(field).quoted(40))
          }
          return number
        }
      }
    }
    guard dimension > 0 else { throw FileError.emptyText(path: path) }
    return dimension
  }
}

// MARK: Binary

private struct BinaryVectors {
  let dimension: Int
  private let file: InputFile
  private let count, dataOffset: Int

  /// Recognises a file of the binary format; nil: it is text.
  init?(_ file: InputFile) throws {
    let start = try file.bytes(0..<min(1 << 16, file.byteCount))
    if start.starts(with: [0xBA, 0x16, 0x4F, 0x2F]) {
      throw WordVectorsError.unsupported(path: file.path, format: "a fastText model (.bin), not its vectors (.vec)")
    }
    if let format = ForeignFormat(start) {
      throw WordVectorsError.unsupported(path: file.path, format: format.inWords.replacing("it is ", with: ""))
    }
    guard let lineEnd = start.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    let header = start[..<lineEnd].split(separator: UInt8(ascii: " ")).map { Int(String(decoding: $0, as: UTF8.self)) }
    guard header.count == 2, let count = header[0], let dimension = header[1], count > 0,
      (1...65_536).contains(dimension)
    else { return nil }
    // In text, the first word is followed by a number and white space.
    let record = start[(lineEnd + 1)...]
    guard let space = record.firstIndex(of: 32) else { return nil }
    let field = record[(space + 1)...].prefix { $0 != 32 && $0 != 10 && $0 != 13 && $0 != 9 }.prefix(40)
    guard Double(String(decoding: field, as: UTF8.self)) == nil else { return nil }
    (self.file, self.count, self.dimension, dataOffset) = (file, count, dimension, lineEnd + 1)
  }

  /// Calls `body` with each word.
  func forEach(_ body: (String, () throws -> [Float]) throws -> Void) throws {
    var (buffer, start, offset) = ([UInt8](), 0, dataOffset)
    let vectorByteCount = 4 * dimension
    /// Reads until the buffer has this many bytes after its start; returns false at the end of the file.
    func fill(_ needed: Int) throws -> Bool {
      guard buffer.count - start < needed else { return true }
      buffer.removeFirst(start)
      start = 0
      let end = min(file.byteCount, offset + max(1 << 20, needed))
      buffer += try file.bytes(offset..<end)
      offset = end
      return buffer.count >= needed
    }
    for record in 1...count {
      func malformed(_ expected: String, _ found: String) -> WordVectorsError {
        .malformed(path: file.path, place: "record \(record)", expected: expected, found: found)
      }
      _ = try fill(4096)
      // Some writers end each vector with a line feed.
      if start < buffer.count, buffer[start] == 10 { start += 1 }
      guard let space = buffer[start...].prefix(4096).firstIndex(of: 32) else {
        throw malformed("a word of at most 4,095 bytes", start < buffer.count ? "none" : "the end of the file")
      }
      let word = String(decoding: buffer[start..<space], as: UTF8.self)
      start = space + 1
      guard try fill(vectorByteCount) else { throw malformed("\(dimension) numbers", "the end of the file") }
      let vector = buffer[start..<start + vectorByteCount]
      start += vectorByteCount
      try body(word) {
        try (0..<dimension).map { index in
          let number = Float(bitPattern: UInt32(littleEndianBytes: Array(vector.dropFirst(4 * index).prefix(4))))
          guard number.isFinite else { throw malformed("finite numbers", "\(number)") }
          return number
        }
      }
    }
  }
}
