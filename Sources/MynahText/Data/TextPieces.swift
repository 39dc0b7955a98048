import MynahIO

/// A piece of a text file that can be tokenised independently.
struct TextPiece: Sendable {
  let bytes: [UInt8]
  let path: String
  /// The offset of the bytes in the file.
  let byteOffset: Int
  let isForValidation: Bool
  /// A Boolean value indicating whether the piece is at the start of the training or validation part of the file.
  let beginsPart: Bool
  /// A Boolean value indicating whether the piece extends to the end of the file.
  let endsFile: Bool
  /// A Boolean value indicating whether another file follows in the same split.
  let isFollowed: Bool

  /// Returns the text as valid UTF-8 without a byte order mark, with `\n` as the line end.
  ///
  /// - Throws: `FileError` if it is not UTF-8.
  func text(_ invalidBytes: InvalidBytes = .refused) throws(FileError) -> [UInt8] {
    let text = try TextFile.normalized(bytes, of: path, at: byteOffset, invalidBytes: invalidBytes) {
      () throws(FileError) in try lineEndCount()
    }
    return text + (endsFile && isFollowed && text.last != UInt8(ascii: "\n") ? [UInt8(ascii: "\n")] : [])
  }

  /// Returns the number of line ends before the piece; the file is read again, since only errors need the number.
  private func lineEndCount() throws(FileError) -> Int {
    let file = try InputFile(path: path)
    var count = 0
    for start in stride(from: 0, to: byteOffset, by: 1 << 16) {
      count += try file.bytes(start..<min(start + 1 << 16, byteOffset)).count { $0 == UInt8(ascii: "\n") }
    }
    return count
  }
}

/// The pieces of texts, read one at a time and cut between words if possible, never inside a character.
///
/// A piece ends before the last white space that follows a non-space character, because no token spans that position.
/// If there is none, up to four times as many bytes are read, and the piece then ends at a character boundary.
struct TextPieces: Sequence, Sendable {
  let parts: [TextPart]
  /// The maximum number of bytes in a piece, unless there is no position to cut at.
  let pieceSize: Int

  func makeIterator() -> Iterator { Iterator(parts: parts[...], pieceSize: pieceSize) }

  struct Iterator: IteratorProtocol {
    fileprivate var parts: ArraySlice<TextPart>
    fileprivate let pieceSize: Int
    private var file: InputFile?
    /// The offset of the buffer in the file.
    private var offset = 0
    /// The bytes that have been read but not yet returned.
    private var buffer: [UInt8] = []

    fileprivate init(parts: ArraySlice<TextPart>, pieceSize: Int) { (self.parts, self.pieceSize) = (parts, pieceSize) }

    /// Returns the next piece, or an error, which is the last element.
    mutating func next() -> Result<TextPiece, FileError>? {
      do throws(FileError) {
        return try nextPiece().map { .success($0) }
      } catch {
        parts = []
        return .failure(error)
      }
    }

    private mutating func nextPiece() throws(FileError) -> TextPiece? {
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
        return take(end ?? UTF8.cut(buffer, near: buffer.count - 1) ?? buffer.count, of: part)
      }
      return nil
    }

    private mutating func open(_ part: TextPart) throws(FileError) -> InputFile {
      if let file { return file }
      let file = try InputFile(path: part.path)
      (self.file, offset, buffer) = (file, part.range.lowerBound, [])
      return file
    }

    private mutating func fill(_ wanted: Int, from file: InputFile) throws(FileError) {
      if buffer.count < wanted { buffer += try file.bytes(offset + buffer.count..<offset + wanted) }
    }

    /// Returns the last index of the buffer at which white space follows a non-space character.
    private func cut() -> Int? {
      let spaces = [UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: " ")]
      return buffer.indices.dropFirst().last {
        spaces.contains(buffer[$0]) && !WordScanner.hasSpace(in: buffer, before: $0)
      }
    }

    private mutating func take(_ count: Int, of part: TextPart) -> TextPiece {
      let piece = TextPiece(
        bytes: Array(buffer[..<count]), path: part.path, byteOffset: offset, isForValidation: part.isForValidation,
        beginsPart: offset == part.range.lowerBound, endsFile: part.endsFile && offset + count == part.range.upperBound,
        isFollowed: part.isFollowed)
      buffer.removeFirst(count)
      offset += count
      return piece
    }
  }
}
