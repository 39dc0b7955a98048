public import MynahIO

extension Vocabulary {
  /// Reads a file with a token a line, as `write(to:)` makes it and as toolkits exchange vocabularies: line 0 is token 0.
  ///
  /// In a line `\n` stands for a line feed, `\r` for a carriage return, `\u{FEFF}` for a byte order mark and `\\` for a
  /// backslash; an empty line is the empty token.
  ///
  /// - Throws: `FileError`, or `TextError` for a duplicate token or an unknown escape.
  public init(at path: String) throws {
    try self.init(lines: TextFile(at: path, mayBeEmpty: true).text)
  }

  /// Reads the tokens of a text that has one a line; a line end after the last of them is no further token.
  ///
  /// - Throws: When a token comes twice or a backslash is followed by none of the letters that `init(at:)` names.
  public init(lines text: String) throws(TextError) {
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    var tokens: [String] = []
    for (index, line) in lines.enumerated() { tokens.append(try Self.unescaped(Substring(line), line: index + 1)) }
    try self.init(tokens: tokens)
  }

  /// The tokens as a text of a line each, in the form that `init(at:)` describes.
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

  /// Writes `lines` to a file, whole or not at all.
  ///
  /// - Throws: `FileError`.
  public func write(to path: String) throws(FileError) { try AtomicFile.write(Array(lines.utf8), to: path) }

  private static let escapes: [(scalar: Unicode.Scalar, name: String)] = [
    ("\\", "\\"), ("\n", "n"), ("\r", "r"), ("\u{FEFF}", "u{FEFF}"),
  ]

  private static func unescaped(_ line: Substring, line number: Int) throws(TextError) -> String {
    var (token, rest) = (String.UnicodeScalarView(), line.unicodeScalars)
    while let scalar = rest.popFirst() {
      guard scalar == "\\" else {
        token.append(scalar)
        continue
      }
      guard let escape = escapes.first(where: { rest.starts(with: $0.name.unicodeScalars) }) else {
        throw .badEscape(line: number, found: "\\" + String(rest.prefix(1)))
      }
      token.append(escape.scalar)
      rest.removeFirst(escape.name.unicodeScalars.count)
    }
    return String(token)
  }
}
