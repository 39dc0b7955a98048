package import Foundation

/// The text of a file, strictly decoded as UTF-8.
public struct TextFile: Sendable, Hashable {
  /// The path of the file.
  public let path: String
  /// The text without a byte order mark, with `\n` line endings.
  public let text: String

  /// Reads a whole file, or standard input for the path `-`; a leading byte order mark is dropped and `\r\n` is
  /// converted to `\n`.
  ///
  /// - Throws: `FileError` if the file cannot be read, is not UTF-8, or contains only white space.
  public init(at path: String) throws(FileError) {
    try self.init(at: path, mayBeEmpty: false)
  }

  /// Reads a whole file, as `init(at:)` does, but optionally accepts a text that contains only white space.
  package init(at path: String, mayBeEmpty: Bool) throws(FileError) {
    text = String(decoding: try Self.normalized(Self.bytes(at: path), of: path), as: UTF8.self)
    self.path = path
    guard mayBeEmpty || !text.isBlank else { throw .emptyText(path: path) }
  }

  /// Opens a file or a pipe for reading, or standard input for the path `-`.
  ///
  /// - Throws: `FileError` if it does not exist, is a folder, or cannot be read.
  package static func open(_ path: String) throws(FileError) -> FileHandle {
    FileHandle(fileDescriptor: try openForReading(path), closeOnDealloc: true)
  }

  /// Returns the unmodified bytes of a file or a pipe, or of standard input for the path `-`.
  ///
  /// - Throws: `FileError`.
  package static func bytes(at path: String) throws(FileError) -> [UInt8] {
    let file = try open(path)
    do {
      return [UInt8](try file.readToEnd() ?? Data())
    } catch {
      throw .unreadable(path: path, reason: error.localizedDescription)
    }
  }

  /// Validates bytes of a file and normalises them as in `text`.
  ///
  /// - Parameters:
  ///   - offset: The offset of the bytes in the file.
  ///   - precedingLines: Returns the number of line endings before the offset; called only for errors.
  /// - Throws: `FileError.utf16` or `.notUTF8`.
  package static func normalized(
    _ bytes: [UInt8], of path: String, at offset: Int = 0,
    precedingLines: () throws(FileError) -> Int = { () throws(FileError) in 0 }
  ) throws(FileError) -> ArraySlice<UInt8> {
    let isStart = offset == 0
    guard !isStart || !bytes.starts(with: [0xFF, 0xFE]) && !bytes.starts(with: [0xFE, 0xFF]) else {
      throw .utf16(path: path)
    }
    if let invalid = UTF8.firstInvalidOffset(in: bytes) {
      let line = 1 + (try precedingLines()) + bytes[..<invalid].count { $0 == UInt8(ascii: "\n") }
      throw .notUTF8(path: path, offset: offset + invalid, line: line, byte: bytes[invalid])
    }
    return unixLines(bytes[(isStart && bytes.starts(with: UTF8.byteOrderMark) ? 3 : 0)...])
  }

  /// Returns the bytes with each `\r\n` replaced by `\n`.
  private static func unixLines(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let carriageReturn = UInt8(ascii: "\r")
    guard bytes.contains(carriageReturn) else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for (index, byte) in zip(bytes.indices, bytes) {
      let next = index + 1
      if byte == carriageReturn && next < bytes.endIndex && bytes[next] == UInt8(ascii: "\n") { continue }
      result.append(byte)
    }
    return result[...]
  }
}

extension String {
  /// A Boolean value indicating whether the text contains only white space.
  package var isBlank: Bool { unicodeScalars.allSatisfy(\.properties.isWhitespace) }
}
