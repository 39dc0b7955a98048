import MynahIO

extension Vocabulary {
  /// Reads a file with one token per line, as written by `write(to:)` and by other toolkits; line 0 is token 0.
  ///
  /// A line is the token itself, even if it contains backslashes (`\newcommand` in a LaTeX text); an empty line is the
  /// empty token. There are two exceptions: a line that consists only of `\n` and `\r`, such as `\r\n`, represents line
  /// feeds and carriage returns, and a line that starts with `\u{FEFF}` represents a token that starts with a byte
  /// order mark. A token that looks like one of these escapes has one more backslash: `\\n`.
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
    try self.init(tokens: lines.map { TokenLine.token(of: String(Substring($0))) })
  }

  /// Returns the tokens as a text with one token per line, in the format of `init(at:)`.
  ///
  /// - Throws: `TextError.lineEndInToken` if a token contains both line ends and other characters.
  public func lines() throws(TextError) -> String {
    var text = ""
    for id in 0..<Int32(count) {
      guard let line = TokenLine.line(of: self[id]) else { throw .lineEndInToken(self[id], id: Int(id)) }
      text += line + "\n"
    }
    return text
  }

  /// Returns the id of the token that a line of `lines()` represents; nil if it is not in the vocabulary.
  package func id(ofListed line: String) -> Int32? { id(of: TokenLine.token(of: line)) }

  /// Writes `lines()` to a file atomically.
  ///
  /// - Throws: `FileError`, or `TextError.lineEndInToken`.
  public func write(to path: String) throws { try AtomicFile.write(Array(lines().utf8), to: path) }
}

/// The representation of a token as a line.
private enum TokenLine {
  /// A byte order mark, which is removed when a file is read, and its escape.
  private static let (mark, escapedMark): (Unicode.Scalar, String) = ("\u{FEFF}", "\\u{FEFF}")

  /// Returns the line for a token; nil if it contains both line ends and other characters.
  static func line(of token: String) -> String? {
    let scalars = token.unicodeScalars
    if scalars.contains(where: isLineEnd) {
      guard scalars.allSatisfy(isLineEnd) else { return nil }
      return scalars.map { $0 == "\n" ? "\\n" : "\\r" }.joined()
    }
    if scalars.first == mark { return escapedMark + String(scalars.dropFirst()) }
    return escape(in: token) == nil ? token : "\\" + token
  }

  /// Returns the token that a line represents.
  static func token(of line: String) -> String {
    guard let escape = escape(in: line) else { return line }
    // With more than one backslash, it is a token that looks like an escape.
    guard escape.utf8.count == line.utf8.count else { return String(line.unicodeScalars.dropFirst()) }
    if escape.hasPrefix(escapedMark) { return String(mark) + escape.dropFirst(escapedMark.count) }
    return String(escape.unicodeScalars.filter { $0 != "\\" }.map { $0 == "n" ? "\n" : "\r" })
  }

  private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool { scalar == "\n" || scalar == "\r" }

  /// Returns the line with a single leading backslash, if that is an escape; nil if the line is literal.
  private static func escape(in line: String) -> String? {
    let rest = String(line.unicodeScalars.drop { $0 == "\\" })
    guard rest.utf8.count < line.utf8.count else { return nil }
    let single = "\\" + rest
    let pairs = single.unicodeScalars.split(separator: "\\", omittingEmptySubsequences: false).dropFirst()
    let isOfLineEnds = pairs.allSatisfy { $0.count == 1 && "nr".unicodeScalars.contains($0[$0.startIndex]) }
    return isOfLineEnds || single.unicodeScalars.starts(with: escapedMark.unicodeScalars) ? single : nil
  }
}
