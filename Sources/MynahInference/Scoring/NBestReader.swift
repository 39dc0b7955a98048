import MynahIO

/// The hypotheses of one input.
public struct NBestList: Hashable, Sendable {
  /// The id of the input; for Kaldi the utterance.
  public let id: String
  /// The hypotheses in the order of their lines, at least one.
  public let hypotheses: [NBestHypothesis]

  /// The place of the first hypothesis.
  public var place: TextPlace { hypotheses[0].place }
  /// The names of the scores of each hypothesis.
  public var scoreNames: [String] { hypotheses[0].scores.names }
}

/// A reader of n-best lists that keeps one list in memory at a time.
///
/// Successive lines with the same id are one list. All hypotheses must have scores with the same names, in any order;
/// they are returned in the order of the first hypothesis.
///
/// ```swift
/// var reader = try NBestReader(["lists.txt"])
/// while let list = try reader.next() { print(list.id, list.hypotheses.count) }
/// ```
public struct NBestReader {
  private var paths: ArraySlice<String>
  private let pathCount: Int
  private var path = "standard input"
  private var lines: LineReader
  private var kaldi: KaldiScores?
  /// The hypothesis after the current list.
  private var ahead: NBestHypothesis?
  private var isAtEnd = false
  /// The first hypothesis of all.
  private var first: NBestHypothesis?
  /// The first line of each list so far; ids are compared by their bytes.
  private var places: [[UInt8]: TextPlace] = [:]

  /// Opens the first file, or standard input if there are no paths.
  ///
  /// - Throws: `FileError`.
  public init(_ paths: [String] = []) throws {
    (self.paths, pathCount) = (paths.dropFirst(), paths.count)
    lines = try LineReader(Array(paths.prefix(1)))
    if let first = paths.first { path = first }
  }

  /// Opens lists of Kaldi: lines `utterance-n words…`, whose scores are in files with lines `utterance-n number`.
  ///
  /// The utterance is the key up to its last hyphen. A hypothesis may have no words. The files of scores are read into
  /// memory.
  ///
  /// - Parameters:
  ///   - paths: The files of lists; standard input if there are none.
  ///   - scores: The name and the path of each file of scores, at least one.
  /// - Throws: `FileError`, `NBestError.malformed`, `.repeated`.
  /// - Precondition: the names are distinct.
  public init(kaldi paths: [String], scores: [(name: String, path: String)]) throws {
    require(
      !scores.isEmpty && Set(scores.map(\.name)).count == scores.count,
      "Kaldi lists need scores with distinct names, found \(scores.map(\.name))")
    try self.init(paths)
    kaldi = try KaldiScores(scores)
  }

  /// The share of the files that has been read, with equal weight for each file; nil if a length is not known, as for
  /// standard input.
  public var share: Double? {
    lines.share.map { (Double(pathCount - paths.count - 1) + $0) / Double(max(pathCount, 1)) }
  }

  /// Returns the next list; nil after the last one.
  ///
  /// - Throws: `FileError`, `NBestError`: errors are final.
  public mutating func next() throws -> NBestList? {
    guard let head = try ahead ?? readHypothesis() else { return nil }
    ahead = nil
    if let earlier = places.updateValue(head.place, forKey: Array(head.id.utf8)) {
      throw NBestError.repeated(head.id, head.place, earlier: earlier)
    }
    var hypotheses = [head]
    while let hypothesis = try readHypothesis() {
      guard hypothesis.id.utf8.elementsEqual(head.id.utf8) else {
        ahead = hypothesis
        break
      }
      hypotheses.append(hypothesis)
    }
    return NBestList(id: head.id, hypotheses: hypotheses)
  }

  private mutating func readHypothesis() throws -> NBestHypothesis? {
    while !isAtEnd {
      guard let line = try lines.next() else {
        guard let next = paths.popFirst() else {
          isAtEnd = true
          try kaldi?.checkUsed()
          return nil
        }
        (path, lines) = (next, try LineReader([next]))
        continue
      }
      guard !line.text.isBlank else { continue }
      return try checked(hypothesis(line.text, at: TextPlace(path: path, line: line.number)))
    }
    return nil
  }

  private mutating func hypothesis(_ line: String, at place: TextPlace) throws(NBestError) -> NBestHypothesis {
    if kaldi == nil { return try NBestHypothesis(line, at: place) }
    let pieces = line[...].pieces
    guard let key = pieces.first, let hyphen = key.utf8.lastIndex(of: UInt8(ascii: "-")), hyphen > key.startIndex,
      key.utf8[hyphen...].dropFirst().allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      key.utf8[hyphen...].count > 1
    else { throw .malformed(place, expected: "utterance-n and the words, as Kaldi writes them", found: line) }
    let scores = try kaldi?.takeScores(of: String(key), at: place) ?? NamedScores(names: [], values: [])
    return NBestHypothesis(
      utterance: String(key[..<hyphen]), key: String(key), text: pieces.dropFirst().joined(separator: " "),
      scores: scores, place: place)
  }

  /// Returns the hypothesis with its scores in the order of the first one.
  private mutating func checked(_ hypothesis: NBestHypothesis) throws(NBestError) -> NBestHypothesis {
    guard let first else {
      self.first = hypothesis
      return hypothesis
    }
    if (hypothesis.total == nil) != (first.total == nil) {
      throw .otherTotal(hypothesis.place, hasTotal: hypothesis.total != nil, first: first.place)
    }
    let (names, expected) = (hypothesis.scores.names, first.scores.names)
    if names == expected { return hypothesis }
    let missing = expected.filter { !names.contains($0) }
    let surplus = names.filter { !expected.contains($0) }
    guard missing.isEmpty && surplus.isEmpty else {
      throw .otherNames(hypothesis.place, missing: missing, surplus: surplus, first: first.place)
    }
    return hypothesis.ordering(expected)
  }
}
