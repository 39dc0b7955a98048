import MynahIO

/// The reference texts of n-best lists.
public struct NBestReferences: Sendable {
  /// The formats of references.
  public enum Format: Hashable, Sendable {
    /// Lines `id ||| text`.
    case fields
    /// Lines `utterance words…`.
    case kaldi
  }

  private struct Reference {
    let text: String
    let line: Int
  }

  private let path: String
  /// The references that no list has taken yet; ids are compared by their bytes.
  private var references: [[UInt8]: Reference] = [:]

  /// Reads a file.
  ///
  /// - Throws: `FileError`, `NBestError.malformed`, `.repeated`, `.noReferenceWords`.
  public init(at path: String, format: Format) throws {
    self.path = path
    var lines = try LineReader([path])
    while let line = try lines.next() {
      guard !line.text.isBlank else { continue }
      let place = TextPlace(path: path, line: line.number)
      let (id, text) = try Self.parts(of: line.text, at: place, format)
      let reference = Reference(text: text, line: line.number)
      if let earlier = references.updateValue(reference, forKey: Array(id.utf8)) {
        throw NBestError.repeated(id, place, earlier: TextPlace(path: path, line: earlier.line))
      }
    }
    if references.values.allSatisfy({ $0.text.isBlank }) { throw NBestError.noReferenceWords(path: path) }
  }

  private static func parts(
    of line: String, at place: TextPlace, _ format: Format
  ) throws(NBestError) -> (id: String, text: String) {
    switch format {
    case .fields:
      let fields = NBestHypothesis.fields(of: line)
      guard fields.count == 2, !fields[0].isEmpty else {
        throw .malformed(place, expected: "id ||| text", found: line)
      }
      return (String(fields[0]), String(fields[1]))
    case .kaldi:
      let pieces = line[...].pieces
      guard let id = pieces.first else { throw .malformed(place, expected: "utterance and words", found: line) }
      return (String(id), pieces.dropFirst().joined(separator: " "))
    }
  }

  /// Removes and returns the reference of a list.
  ///
  /// - Throws: `NBestError.noReference`.
  public mutating func take(for list: NBestList) throws(NBestError) -> String {
    guard let reference = references.removeValue(forKey: Array(list.id.utf8)) else {
      throw .noReference(id: list.id, list.place, path: path)
    }
    return reference.text
  }

  /// Checks that all references were taken.
  ///
  /// - Throws: `NBestError.noList` for the first line that was not taken.
  public func checkUsed() throws(NBestError) {
    guard let (id, reference) = references.min(by: { $0.value.line < $1.value.line }) else { return }
    throw .noList(
      id: String(decoding: id, as: UTF8.self), TextPlace(path: path, line: reference.line))
  }
}
