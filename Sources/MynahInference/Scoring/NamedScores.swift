import Foundation

/// The scores of a hypothesis with their names.
///
/// A field of scores contains numbers or `name=number` pairs, separated by white space, or, in Moses' format, names
/// that are each followed by several numbers: `Name= 1 2 3`. One number without a name is `score`, several are
/// `score1`, `score2`, and so on. Several numbers with one name are `Name.1`, `Name.2`, and so on.
public struct NamedScores: Hashable, Sendable {
  /// The maximum magnitude of a score: 10¹⁰⁰, so that no weighted sum overflows.
  static let greatest = 1e100

  /// The names, each of them once.
  public let names: [String]
  /// The score of each name, finite.
  public let values: [Double]

  /// The score of a name; nil if there is none.
  public subscript(name: String) -> Double? { names.firstIndex(of: name).map { values[$0] } }

  /// Creates scores with distinct names.
  init(names: [String], values: [Double]) { (self.names, self.values) = (names, values) }

  /// Returns the same scores in another order.
  ///
  /// - Precondition: the names are the same.
  func ordering(_ names: [String]) -> NamedScores {
    NamedScores(names: names, values: names.compactMap { self[$0] })
  }

  /// Reads a field.
  ///
  /// - Parameters:
  ///   - field: The field, a part of the line.
  ///   - place: The place of the line, for messages.
  /// - Throws: `NBestError.malformed`, `.repeatedName`.
  init(_ field: Substring, of line: String, at place: TextPlace) throws(NBestError) {
    var groups: [Group] = []
    func number(_ text: Substring) throws(NBestError) -> Double {
      if let number = Double(decimal: text) { return number }
      throw .malformed(
        place.column(of: text, in: line),
        expected: "a finite decimal number such as -2.5 or 1e-3, alone or as name=number", found: String(text))
    }
    func checkLast() throws(NBestError) {
      guard let last = groups.last, last.values.isEmpty else { return }
      throw .malformed(
        place.column(of: last.piece, in: line), expected: "a number after the name", found: String(last.piece))
    }
    for piece in field.pieces {
      guard let sign = piece.firstIndex(of: "=") else {
        if groups.isEmpty { groups.append(Group(name: nil, piece: piece)) }
        let value = try number(piece)
        guard groups[groups.count - 1].isOpen else {
          throw .malformed(
            place.column(of: piece, in: line), expected: "a name before the number, since the others have names",
            found: String(piece))
        }
        groups[groups.count - 1].values.append(value)
        continue
      }
      try checkLast()
      let (name, value) = (piece[..<sign], piece[piece.index(after: sign)...])
      guard !name.isEmpty, !name.contains(",") else {
        throw .malformed(
          place.column(of: piece, in: line), expected: "name=number, with a name without a comma", found: String(piece))
      }
      var group = Group(name: String(name), piece: piece)
      if !value.isEmpty {
        group.values = [try number(value)]
        group.isOpen = false
      }
      groups.append(group)
    }
    try checkLast()
    names = groups.flatMap(\.names)
    values = groups.flatMap(\.values)
    var known: Set<String> = []
    if let repeated = names.first(where: { !known.insert($0).inserted }) { throw .repeatedName(repeated, place) }
  }

  /// A name with its numbers.
  private struct Group {
    /// The name; nil for numbers without a name.
    let name: String?
    /// The first piece of the group.
    let piece: Substring
    var values: [Double] = []
    /// A Boolean value indicating whether further numbers belong to the group.
    var isOpen = true

    var names: [String] {
      if values.count == 1 { return [name ?? "score"] }
      let stem = name.map { $0 + "." } ?? "score"
      return (1...max(values.count, 1)).map { "\(stem)\($0)" }
    }
  }
}

extension Double {
  /// Reads a finite number in decimal notation, such as `-2.5`, `.5` or `1e-3`.
  ///
  /// The initialiser of the standard library also accepts hexadecimal numbers, infinities and NaN.
  ///
  /// - Returns: nil for anything else, and beyond a magnitude of 10¹⁰⁰.
  init?(decimal text: Substring) {
    var rest = text.utf8[...]
    func skip(_ bytes: String) -> Bool {
      guard let first = rest.first, bytes.utf8.contains(first) else { return false }
      rest.removeFirst()
      return true
    }
    func skipDigits() -> Int {
      let start = rest
      rest = rest.drop { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      return start.count - rest.count
    }
    _ = skip("+-")
    var digitCount = skipDigits()
    if skip(".") { digitCount += skipDigits() }
    guard digitCount > 0 else { return nil }
    if skip("eE") {
      _ = skip("+-")
      guard skipDigits() > 0 else { return nil }
    }
    guard rest.isEmpty, let value = Double(text), abs(value) <= NamedScores.greatest else { return nil }
    self = value
  }
}
