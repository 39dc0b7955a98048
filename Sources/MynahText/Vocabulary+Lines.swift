public import MynahIO

extension Vocabulary {
  /// Reads a file with one token per line, as written by `write(to:)` and exchanged by toolkits: line 0 is token 0.
  ///
  /// In a line, `\n` stands for a line feed, `\r` for a carriage return, `\u{FEFF}` for a byte order mark and `\\` for
  /// a backslash; a backslash before anything else is literal. An empty line is the empty token.
  ///
  /// - Throws: `FileError`, or `TextError.duplicateToken`.
  public init(at path: String) throws {
    try self.init(lines: TextFile(at: path, mayBeEmpty: true).text)
  }

  /// Parses a text with one token per line, in the format of `init(at:)`; the last line end is optional.
  ///
  /// - Throws: `TextError.duplicateToken`.
  public init(lines text: String) throws(TextError) {
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    try self.init(tokens: lines.map { Self.unescaped(Substring($0)) })
  }

  /// The tokens as a text with one token per line, in the format of `init(at:)`.
  public var lines: String {
    tokens.map { token in
      var line = ""
      for scalar in token.unicodeScalars {
        if let escape = Self.escapes.first(where: { $0.scalar == scalar }) {
          line += "\\" + escape.name
        } else {
          line.unicodeScalars.append(scalar)
        }
      }
      return line + "\n"
    }.joined()
  }

  /// Writes `lines` to a file atomically.
  ///
  /// - Throws: `FileError`.
  public func write(to path: String) throws(FileError) { try AtomicFile.write(Array(lines.utf8), to: path) }

  private static let escapes: [(scalar: Unicode.Scalar, name: String)] = [
    ("\\", "\\"), ("\n", "n"), ("\r", "r"), ("\u{FEFF}", "u{FEFF}"),
  ]

  private static func unescaped(_ line: Substring) -> String {
    var (token, rest) = (String.UnicodeScalarView(), line.unicodeScalars)
    while let scalar = rest.popFirst() {
      if scalar == "\\", let escape = escapes.first(where: { rest.starts(with: $0.name.unicodeScalars) }) {
        token.append(escape.scalar)
        rest.removeFirst(escape.name.unicodeScalars.count)
      } else {
        token.append(scalar)
      }
    }
    return String(token)
  }
}
