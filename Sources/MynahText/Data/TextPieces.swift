import MynahIO

/// The bytes of a stretch of a text, as they stand in its file, that can be tokenised on their own.
struct TextPiece: Sendable {
  let bytes: [UInt8]
  let path: String
  /// Where they begin in the file.
  let byteOffset: Int
  let isForValidation: Bool
  /// Whether what is to learn or to validate with begins in the file with them.
  let beginsPart: Bool
  /// Whether the file ends with them.
  let endsFile: Bool

  /// The text: checked UTF-8 without byte order mark, its lines ended by `\n`.
  ///
  /// - Throws: When it is not UTF-8.
  func text() throws(TextError) -> [UInt8] {
    let isAtStart = byteOffset == 0
    if isAtStart && (bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])) {
      throw .utf16(path: path)
    }
    if let offset = firstInvalidOffset(in: bytes) {
      let line = 1 + (try lineEndCount()) + bytes[..<offset].count { $0 == UInt8(ascii: "\n") }
      throw .notUTF8(path: path, offset: byteOffset + offset, line: line, byte: bytes[offset])
    }
    let markLength = isAtStart && bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    return Array(TextFile.unixLines(bytes[markLength...]))
  }

  /// The number of line ends before the piece; read again, since only an error needs it.
  private func lineEndCount() throws(TextError) -> Int {
    let file = try InputFile.ofText(at: path)
    var count = 0
    for start in stride(from: 0, to: byteOffset, by: 1 << 16) {
      count += try file.textBytes(start..<min(start + 1 << 16, byteOffset)).count { $0 == UInt8(ascii: "\n") }
    }
    return count
  }
}

/// Cuts stretches of texts into pieces that neither cut a word nor a character, reading only what is asked for.
///
/// A piece ends before the last white space of so many bytes that something else stands before: no kind of token spans that
/// place. Where there is none, more bytes are read, up to four times as many, and then the piece ends before a character.
struct TextPieces: Sequence, Sendable {
  let parts: [TextPart]
  /// How many bytes a piece has at most, where there is a place to cut.
  let pieceSize: Int

  func makeIterator() -> Iterator { Iterator(parts: parts[...], pieceSize: pieceSize) }

  struct Iterator: IteratorProtocol {
    fileprivate var parts: ArraySlice<TextPart>
    fileprivate let pieceSize: Int
    private var file: InputFile?
    /// Where the buffer begins in the file.
    private var offset = 0
    /// What was read and not given out.
    private var buffer: [UInt8] = []

    fileprivate init(parts: ArraySlice<TextPart>, pieceSize: Int) { (self.parts, self.pieceSize) = (parts, pieceSize) }

    /// The next piece, or why there is none; nothing comes behind an error.
    mutating func next() -> Result<TextPiece, TextError>? {
      do throws(TextError) {
        return try nextPiece().map { .success($0) }
      } catch {
        parts = []
        return .failure(error)
      }
    }

    private mutating func nextPiece() throws(TextError) -> TextPiece? {
      while let part = parts.first {
        let file = try open(part)
        let rest = part.range.upperBound - offset
        guard rest > 0 else {
          (parts, self.file, buffer) = (parts.dropFirst(), nil, [])
          continue
        }
        var wanted = Swift.min(pieceSize, rest)
        try fill(wanted, from: file)
        var end = wanted == rest ? rest : cut()
        while end == nil && wanted < Swift.min(4 * pieceSize, rest) {
          wanted = Swift.min(2 * wanted, rest)
          try fill(wanted, from: file)
          end = wanted == rest ? rest : cut()
        }
        return take(end ?? lastCharacterStart(), of: part)
      }
      return nil
    }

    private mutating func open(_ part: TextPart) throws(TextError) -> InputFile {
      if let file { return file }
      let file = try InputFile.ofText(at: part.path)
      (self.file, offset, buffer) = (file, part.range.lowerBound, [])
      return file
    }

    private mutating func fill(_ wanted: Int, from file: InputFile) throws(TextError) {
      if buffer.count < wanted { buffer += try file.textBytes(offset + buffer.count..<offset + wanted) }
    }

    /// Where the buffer can be cut: between something and white space behind it.
    private func cut() -> Int? {
      let spaces = [UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: " ")]
      return buffer.indices.dropFirst().last { spaces.contains(buffer[$0]) && !hasSpace(before: $0) }
    }

    /// Whether the character before an offset is white space.
    private func hasSpace(before offset: Int) -> Bool {
      var start = offset - 1
      while start > 0 && buffer[start] & 0xC0 == 0x80 { start -= 1 }
      return WordScanner.spaceLength(in: buffer, at: start) > 0
    }

    /// Where the buffer's last character begins, but not between `\r` and `\n`.
    private func lastCharacterStart() -> Int {
      var start = buffer.count - 1
      while start > 1 && (buffer[start] & 0xC0 == 0x80 || buffer[start - 1] == UInt8(ascii: "\r")) { start -= 1 }
      return Swift.max(start, 1)
    }

    private mutating func take(_ count: Int, of part: TextPart) -> TextPiece {
      let piece = TextPiece(
        bytes: Array(buffer[..<count]), path: part.path, byteOffset: offset, isForValidation: part.isForValidation,
        beginsPart: offset == part.range.lowerBound, endsFile: part.endsFile && offset + count == part.range.upperBound)
      buffer.removeFirst(count)
      offset += count
      return piece
    }
  }
}
