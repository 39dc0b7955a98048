package import Foundation

/// The text of a file, strictly decoded as UTF-8.
public struct TextFile: Sendable, Hashable {
  /// The path of the file.
  public let path: String
  /// The text without a byte order mark, with `\n` line endings.
  public let text: String

  /// Reads a whole file, or standard input for the path `-`.
  ///
  /// A leading byte order mark is dropped and `\r\n` is converted to `\n`. A file that is compressed with gzip is
  /// decompressed.
  ///
  /// - Throws: `FileError` if the file cannot be read, is not UTF-8, contains a NUL or only white space.
  public init(at path: String, invalidBytes: InvalidBytes = .refused) throws(FileError) {
    try self.init(at: path, mayBeEmpty: false, invalidBytes: invalidBytes)
  }

  /// Reads a whole file, as `init(at:)` does, but optionally accepts a text that contains only white space.
  package init(
    at path: String, mayBeEmpty: Bool, invalidBytes: InvalidBytes = .refused
  ) throws(FileError) {
    let bytes = try Self.normalized(Self.bytes(at: path), of: path, invalidBytes: invalidBytes)
    text = String(decoding: bytes, as: UTF8.self)
    self.path = path
    guard mayBeEmpty || !text.isBlank else { throw .emptyText(path: path) }
  }

  /// Opens a file or a pipe for reading, or standard input for the path `-`.
  ///
  /// - Throws: `FileError` if it does not exist, is a folder, or cannot be read.
  package static func open(_ path: String) throws(FileError) -> FileHandle {
    FileHandle(fileDescriptor: try openForReading(path), closeOnDealloc: true)
  }

  /// Returns the bytes of a file or a pipe, or of standard input for the path `-`; a file that is compressed with gzip
  /// is decompressed.
  ///
  /// - Throws: `FileError`.
  package static func bytes(at path: String) throws(FileError) -> [UInt8] {
    let file = try open(path)
    let bytes: [UInt8]
    do {
      bytes = [UInt8](try file.readToEnd() ?? Data())
    } catch {
      throw .unreadable(path: path, reason: error.localizedDescription)
    }
    return try GzipFile.decompressed(bytes, path: path)
  }

  /// Validates bytes of a file and normalises them as in `text`.
  ///
  /// - Parameters:
  ///   - offset: The offset of the bytes in the file.
  ///   - precedingLines: Returns the number of line endings before the offset; called only for errors.
  /// - Throws: `FileError.utf16`, `.notUTF8`, `.nul` or `.notText`.
  package static func normalized(
    _ bytes: [UInt8], of path: String, at offset: Int = 0, invalidBytes: InvalidBytes = .refused,
    precedingLines: () throws(FileError) -> Int = { () throws(FileError) in 0 }
  ) throws(FileError) -> ArraySlice<UInt8> {
    let isStart = offset == 0
    let mark = isStart && bytes.starts(with: UTF8.byteOrderMark) ? 3 : 0
    guard invalidBytes == .refused else { return unixLines(UTF8.escaped(bytes)[mark...]) }
    if isStart && (bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])) { throw .utf16(path: path) }
    let (invalid, nul) = (UTF8.firstInvalidOffset(in: bytes), bytes.firstIndex(of: 0))
    if let place = [invalid, nul].compactMap(\.self).min() {
      if isStart, let format = BinaryFormat(bytes) {
        throw .notText(path: path, found: format.name, advice: format.advice)
      }
      let line = 1 + (try precedingLines()) + bytes[..<place].count { $0 == UInt8(ascii: "\n") }
      guard place == nul else {
        throw .notUTF8(path: path, offset: offset + place, line: line, byte: bytes[place])
      }
      throw .nul(path: path, offset: offset + place, line: line, isLittleEndian: isLittleEndian(bytes))
    }
    return unixLines(bytes[mark...])
  }

  /// Returns a Boolean value indicating whether bytes with NULs are little-endian UTF-16; nil if they are not UTF-16.
  ///
  /// In UTF-16, a large part of the bytes at even or at odd offsets are NULs.
  private static func isLittleEndian(_ bytes: [UInt8]) -> Bool? {
    let sample = bytes.prefix(1 << 16)
    var counts = [0, 0]
    for (offset, byte) in sample.enumerated() where byte == 0 { counts[offset % 2] += 1 }
    guard max(counts[0], counts[1]) >= 4, 8 * max(counts[0], counts[1]) > sample.count,
      max(counts[0], counts[1]) > 4 * min(counts[0], counts[1])
    else { return nil }
    return counts[1] > counts[0]
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
