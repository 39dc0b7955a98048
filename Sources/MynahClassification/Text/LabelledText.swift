import MynahIO
import MynahText

/// Labelled texts for training and evaluating a classifier.
///
/// Each line of a file contains a label, a tab and a text, in UTF-8. Further tabs belong to the text, and quotation
/// marks have no special meaning.
public struct LabelledText: Hashable, Sendable {
  /// A text with its label.
  public struct Example: Hashable, Sendable {
    /// The label of the text's class.
    public let label: String
    /// The text to classify.
    public let text: String
    /// The line number in the file, starting at 1; for examples created in memory, the position in the array.
    public let line: Int

    /// Creates an example.
    public init(label: String, text: String, line: Int = 0) { (self.label, self.text, self.line) = (label, text, line) }
  }

  /// The path of the file; empty for examples created in memory.
  public let path: String
  /// The examples, in the order of the file.
  public let examples: [Example]

  /// Creates labelled texts from examples in memory.
  public init(_ examples: [(label: String, text: String)]) {
    path = ""
    self.examples = examples.enumerated().map { Example(label: $1.label, text: $1.text, line: $0 + 1) }
  }

  init(path: String, examples: [Example]) { (self.path, self.examples) = (path, examples) }

  /// Reads a file.
  ///
  /// - Throws: `TextError` if the file cannot be read, is empty or is not UTF-8; `ClassificationError` with the line
  ///   number if a line has no tab, no label or no text.
  public init(at path: String) throws {
    let text = try TextFile(at: path).text
    var examples: [Example] = []
    // Only a line feed ends a line: texts may contain other line separators.
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    for (index, line) in lines.enumerated() {
      let number = index + 1
      guard let tab = line.firstIndex(of: UInt8(ascii: "\t")) else {
        throw ClassificationError.noTab(path: path, line: number)
      }
      let label = String(decoding: line[..<tab], as: UTF8.self)
      let text = String(decoding: line[line.index(after: tab)...], as: UTF8.self)
      guard !label.isBlank else { throw ClassificationError.noLabel(path: path, line: number) }
      guard !text.isBlank else { throw ClassificationError.noText(path: path, line: number) }
      examples.append(Example(label: label, text: text, line: number))
    }
    self.init(path: path, examples: examples)
  }

  /// The distinct labels, in the order of their UTF-8 bytes.
  public var labels: [String] {
    Set(examples.map { Bytes($0.label) }).sorted().map(\.text)
  }
}

/// A string that is compared by its UTF-8 bytes, as labels are.
struct Bytes: Hashable, Comparable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: Bytes, right: Bytes) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }
  static func < (left: Bytes, right: Bytes) -> Bool { left.text.utf8.lexicographicallyPrecedes(right.text.utf8) }
  func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}
