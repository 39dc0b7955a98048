import MynahIO

/// The scores of hypotheses in files of Kaldi: lines `utterance-n number`.
struct KaldiScores {
  private struct Entry {
    let value: Double
    let line: Int
    /// The hypothesis that has the score.
    var owner: TextPlace?
  }

  private struct Table {
    let path: String
    /// Keys are compared by their bytes.
    var entries: [[UInt8]: Entry]
  }

  private let names: [String]
  private var tables: [Table] = []

  /// Reads the files.
  ///
  /// - Throws: `FileError`, `NBestError.malformed`, `.repeated`.
  init(_ files: [(name: String, path: String)]) throws {
    names = files.map(\.name)
    for file in files { tables.append(Table(path: file.path, entries: try Self.entries(at: file.path))) }
  }

  private static func entries(at path: String) throws -> [[UInt8]: Entry] {
    var lines = try LineReader([path])
    var entries: [[UInt8]: Entry] = [:]
    while let line = try lines.next() {
      let (text, pieces) = (line.text, line.text[...].pieces)
      guard !text.isBlank else { continue }
      let place = TextPlace(path: path, line: line.number)
      guard pieces.count == 2 else {
        throw NBestError.malformed(place, expected: "utterance-n and a number", found: text)
      }
      guard let value = Double(decimal: pieces[1]) else {
        throw NBestError.malformed(
          place.column(of: pieces[1], in: text), expected: "a finite decimal number such as -2.5 or 1e-3",
          found: String(pieces[1]))
      }
      if let earlier = entries.updateValue(Entry(value: value, line: line.number), forKey: Array(pieces[0].utf8)) {
        throw NBestError.repeated(String(pieces[0]), place, earlier: TextPlace(path: path, line: earlier.line))
      }
    }
    return entries
  }

  /// Returns the scores of a hypothesis, which no other hypothesis may have.
  ///
  /// - Throws: `NBestError.noScore`, `.repeated`.
  mutating func takeScores(of key: String, at place: TextPlace) throws(NBestError) -> NamedScores {
    let bytes = Array(key.utf8)
    var values: [Double] = []
    for index in tables.indices {
      guard let entry = tables[index].entries[bytes] else {
        throw .noScore(key: key, place, path: tables[index].path)
      }
      if let owner = entry.owner { throw .repeated(key, place, earlier: owner) }
      tables[index].entries[bytes]?.owner = place
      values.append(entry.value)
    }
    return NamedScores(names: names, values: values)
  }

  /// Checks that each score has a hypothesis.
  ///
  /// - Throws: `NBestError.noHypothesis` about the first line without one.
  func checkUsed() throws(NBestError) {
    for table in tables {
      let unused = table.entries.filter { $0.value.owner == nil }
      guard let (key, entry) = unused.min(by: { $0.value.line < $1.value.line }) else { continue }
      throw .noHypothesis(key: String(decoding: key, as: UTF8.self), TextPlace(path: table.path, line: entry.line))
    }
  }
}
