/// A hypothesis of an n-best list, as speech recognisers and translators write them.
///
/// A line is `id ||| text ||| scores`, in Moses' format optionally followed by the total score and by further fields,
/// such as alignments; see `NamedScores` for the scores. Kaldi's lists consist of `utterance-n words…` and scores in
/// files of their own; see `NBestReader`.
public struct NBestHypothesis: Hashable, Sendable {
  /// The id of the input; for Kaldi the utterance.
  public let id: String
  /// The text without white space around it.
  public let text: String
  /// The named scores.
  public let scores: NamedScores
  /// The decoder's total score; nil if the line has none.
  public let total: Double?
  /// The fields after the total, unchanged but for white space around them.
  public let furtherFields: [String]
  /// Kaldi's key, `utterance-n`; nil in other formats.
  public let key: String?
  /// The line that the hypothesis was read from.
  public let place: TextPlace

  /// The fields up to the scores, unchanged but for white space around them; empty for Kaldi.
  private let leadingFields: [String]

  /// The score before rescoring: the total, or else the sum of the scores.
  public var score: Double { total ?? scores.values.reduce(0, +) }

  /// Returns the line with a new score, in the format in which it was read.
  ///
  /// The new score takes the place of the total, directly after the scores; all other fields are kept. A Kaldi
  /// hypothesis becomes three tab-separated columns: the key, the new score and the text.
  ///
  /// - Parameter score: The new score as text.
  public func line(score: String) -> String {
    if let key { return "\(key)\t\(score)\t\(text)" }
    return (leadingFields + [score] + furtherFields).joined(separator: " ||| ")
  }

  /// Creates a hypothesis of Kaldi.
  init(utterance: String, key: String, text: String, scores: NamedScores, place: TextPlace) {
    (id, self.key, self.text, self.scores, self.place) = (utterance, key, text, scores, place)
    (total, furtherFields, leadingFields) = (nil, [], [])
  }

  /// Reads a line.
  ///
  /// - Parameter place: The place of the line, for messages.
  /// - Throws: `NBestError.malformed` if it has fewer than three fields, an empty id, or a score or total that is not a
  ///   finite decimal number; `NBestError.repeatedName`.
  public init(_ line: String, at place: TextPlace = TextPlace(line: 1)) throws(NBestError) {
    let fields = Self.fields(of: line)
    guard fields.count >= 3, !fields[0].isEmpty else {
      throw .malformed(
        place, expected: "id ||| text ||| scores, optionally with ||| total and further fields", found: line)
    }
    let index = Self.scoresIndex(in: fields)
    scores = try NamedScores(fields[index], of: line, at: place)
    total = try fields.dropFirst(index + 1).first.map { field throws(NBestError) in
      guard let total = Double(decimal: field) else {
        throw .malformed(
          place.column(of: field, in: line), expected: "the total score, a finite decimal number",
          found: String(field))
      }
      return total
    }
    (id, text, key, self.place) = (String(fields[0]), String(fields[1]), nil, place)
    leadingFields = fields[...index].map(String.init)
    furtherFields = fields.dropFirst(index + 2).map(String.init)
  }

  /// Returns the hypothesis with its scores in another order.
  ///
  /// - Precondition: it has these names.
  func ordering(_ names: [String]) -> NBestHypothesis {
    names == scores.names ? self : NBestHypothesis(self, scores: scores.ordering(names))
  }

  private init(_ other: NBestHypothesis, scores: NamedScores) {
    (id, text, key, place, total) = (other.id, other.text, other.key, other.place, other.total)
    (leadingFields, furtherFields, self.scores) = (other.leadingFields, other.furtherFields, scores)
  }

  /// Returns the parts between `|||`, without surrounding white space.
  static func fields(of line: String) -> [Substring] {
    var (fields, start, searched) = ([Substring](), line.startIndex, line.startIndex)
    while let bar = line.utf8[searched...].firstIndex(of: UInt8(ascii: "|")) {
      let rest = line.utf8[bar...]
      guard rest.starts(with: "|||".utf8) else {
        searched = line.utf8.index(after: bar)
        continue
      }
      fields.append(line[start..<bar].trimmed)
      start = line.utf8.index(bar, offsetBy: 3)
      searched = start
    }
    return fields + [line[start...].trimmed]
  }

  /// Returns the position of the scores: the third field, unless Marian's alignment and word scores come before them.
  ///
  /// Marian writes `id ||| text ||| alignment ||| WordScores= … ||| F0= … ||| total`; the alignment and the word scores
  /// are optional.
  private static func scoresIndex(in fields: [Substring]) -> Int {
    var index = 2
    while index + 1 < fields.count, isWordInformation(fields[index]), beginsWithName(fields[index + 1]) { index += 1 }
    return index
  }

  /// Returns a Boolean value indicating whether a field has Marian's word scores or an alignment: `0-0 1-2`, or shares
  /// such as `0.1,0.9 1,0`.
  private static func isWordInformation(_ field: Substring) -> Bool {
    if field.utf8.starts(with: "WordScores=".utf8) { return true }
    return field.pieces.allSatisfy { piece in
      let link = piece.split(separator: "-", omittingEmptySubsequences: false)
      let shares = piece.split(separator: ",", omittingEmptySubsequences: false)
      return link.count == 2 && link.allSatisfy { UInt($0) != nil }
        || shares.count > 1 && shares.allSatisfy { Double(decimal: $0) != nil }
    }
  }

  private static func beginsWithName(_ field: Substring) -> Bool {
    field.pieces.first.map { $0.contains("=") && !$0.hasPrefix("=") } ?? false
  }
}
