import MynahIO

/// A place in a file, for messages.
public struct TextPlace: Hashable, Sendable, CustomStringConvertible {
  /// The path of the file; nil if the text is not from a file.
  public let path: String?
  /// The line, counted from 1 in each file.
  public let line: Int
  /// The column, counted in Unicode scalars from 1; nil for the whole line.
  public let column: Int?

  /// Creates a place.
  public init(path: String? = nil, line: Int, column: Int? = nil) {
    (self.path, self.line, self.column) = (path, line, column)
  }

  /// The place as text: `line 3 of 'lists.txt', column 14`.
  public var description: String {
    "line \(line)" + (path.map { " of \($0.quoted())" } ?? "") + (column.map { ", column \($0)" } ?? "")
  }

  /// Returns the place of a part of the line.
  func column(of part: Substring, in line: String) -> TextPlace {
    TextPlace(path: path, line: self.line, column: line.unicodeScalars[..<part.startIndex].count + 1)
  }
}

extension Substring {
  /// The text without white space around it.
  var trimmed: Substring {
    let isSpace: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
    guard let first = unicodeScalars.firstIndex(where: { !isSpace($0) }),
      let last = unicodeScalars.lastIndex(where: { !isSpace($0) })
    else { return self[endIndex...] }
    return self[first..<unicodeScalars.index(after: last)]
  }

  /// The parts separated by ASCII white space.
  ///
  /// Other white space is not a separator: in some languages it groups the digits of a number.
  var pieces: [Substring] {
    utf8.split { $0 == UInt8(ascii: " ") || (0x09...0x0D).contains($0) }.map(Substring.init)
  }
}
