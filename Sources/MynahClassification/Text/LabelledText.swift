import MynahIO
import MynahText

/// Texts with a label each: what a classifier learns from and is measured on.
///
/// In a file each line is a label, a tab and a text, in UTF-8; tabs after the first one belong to the text, and quotation marks mean
/// nothing.
public struct LabelledText: Hashable, Sendable {
  /// A text with its label.
  public struct Example: Hashable, Sendable {
    /// What it is.
    public let label: String
    /// What is to be told apart.
    public let text: String
    /// The line of the file, counted from 1; the place in the array for examples made in memory.
    public let line: Int

    /// Creates an example.
    public init(label: String, text: String, line: Int = 0) { (self.label, self.text, self.line) = (label, text, line) }
  }

  /// Where the examples were read; empty for examples made in memory.
  public let path: String
  /// The examples in their order.
  public let examples: [Example]

  /// Names examples that were made in memory.
  public init(_ examples: [(label: String, text: String)]) {
    path = ""
    self.examples = examples.enumerated().map { Example(label: $1.label, text: $1.text, line: $0 + 1) }
  }

  init(path: String, examples: [Example]) { (self.path, self.examples) = (path, examples) }

  /// Reads a file.
  ///
  /// - Throws: `TextError` if it cannot be read, is empty or is not UTF-8; `ClassificationError` with the line that has no tab, no label
  ///   or no text.
  public init(at path: String) throws {
    let text = try TextFile(at: path).text
    var examples: [Example] = []
    // A line ends with a line feed alone: other characters that part lines may stand in texts.
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

  /// The labels, each once, in the order of their UTF-8 bytes.
  public var labels: [String] {
    Set(examples.map { Bytes($0.label) }).sorted().map(\.text)
  }
}

/// A text that is compared by its bytes, as labels are.
struct Bytes: Hashable, Comparable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: Bytes, right: Bytes) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }
  static func < (left: Bytes, right: Bytes) -> Bool { left.text.utf8.lexicographicallyPrecedes(right.text.utf8) }
  func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}
