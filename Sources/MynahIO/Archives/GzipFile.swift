/// A reader of files that are compressed with gzip.
///
/// Source: P. Deutsch, "GZIP file format specification version 4.3", RFC 1952, 1996; section numbers refer to it.
package struct GzipFile {
  /// The first bytes of each file (2.3.1).
  package static let magic: [UInt8] = [0x1F, 0x8B]

  private let bytes: [UInt8]
  private let path: String
  private let limit: Int
  private var position = 0

  /// Returns the contents of all members of a file, one after another, after verifying their sizes and checksums.
  ///
  /// Zeros after the last member are padding.
  ///
  /// - Parameters:
  ///   - path: The path for error messages.
  ///   - limit: The maximum number of bytes of the contents, so that a small file cannot exhaust the memory.
  /// - Throws: `FileError.malformedArchive`.
  package static func contents(_ bytes: [UInt8], path: String, limit: Int) throws(FileError) -> [UInt8] {
    var file = GzipFile(bytes: bytes, path: path, limit: limit)
    var contents = try file.member(limit: limit)
    while !file.isAtEnd { contents += try file.member(limit: limit - contents.count) }
    return contents
  }

  /// Returns the bytes of a text, decompressed if they are those of a gzip file.
  ///
  /// - Throws: `FileError.malformedArchive`.
  package static func decompressed(_ bytes: [UInt8], path: String) throws(FileError) -> [UInt8] {
    guard bytes.starts(with: magic) else { return bytes }
    // Text is compressed to a quarter or less, seldom to a tenth.
    return try contents(bytes, path: path, limit: 1 << 20 + 100 * bytes.count)
  }

  private init(bytes: [UInt8], path: String, limit: Int) {
    (self.bytes, self.path, self.limit) = (bytes, path, limit)
  }

  /// A Boolean value indicating whether nothing but padding follows.
  private var isAtEnd: Bool { bytes[position...].allSatisfy { $0 == 0 } }

  private mutating func member(limit: Int) throws(FileError) -> [UInt8] {
    try header()
    let contents: [UInt8]
    do {
      (contents, position) = try Inflate.expand(bytes, at: position, limit: limit)
    } catch {
      switch error {
      case .cutShort: throw cutShort
      case .malformed: throw failure("its compressed data are damaged")
      case .tooLong: throw failure("its contents are longer than \(self.limit) bytes, which is the limit")
      }
    }
    guard try number(4) == Int(CRC32.zip.checksum(of: contents)) else {
      throw failure("the checksum of its contents does not match")
    }
    guard try number(4) == contents.count & 0xFFFF_FFFF else {
      throw failure("the size of its contents does not match")
    }
    return contents
  }

  /// Skips the header of a member (2.3).
  private mutating func header() throws(FileError) {
    let start = position
    guard try take(2) == Self.magic[...] else {
      throw failure(
        start == 0 ? "it has no gzip header" : "other bytes follow its compressed data")
    }
    let (method, flags) = (try number(1), try number(1))
    guard method == 8 else { throw failure("it is compressed by the unknown method \(method)") }
    guard flags & 0xE0 == 0 else { throw failure("it has unknown flags") }
    _ = try take(6)
    if flags & 4 != 0 { _ = try take(number(2)) }
    // A name and a comment, each up to a zero.
    for flag in [8, 16] where flags & flag != 0 {
      while try number(1) != 0 {}
    }
    if flags & 2 != 0 {
      let checksum = Int(CRC32.zip.checksum(of: bytes[start..<position])) & 0xFFFF
      guard try number(2) == checksum else { throw failure("the checksum of its header does not match") }
    }
  }

  private mutating func take(_ count: Int) throws(FileError) -> ArraySlice<UInt8> {
    guard count <= bytes.count - position else { throw cutShort }
    defer { position += count }
    return bytes[position..<position + count]
  }

  /// Reads a little-endian number.
  private mutating func number(_ byteCount: Int) throws(FileError) -> Int {
    Int(littleEndianBytes: try take(byteCount))
  }

  private var cutShort: FileError { failure("it is cut short") }

  private func failure(_ reason: String) -> FileError { .malformedArchive(path: path, reason: reason) }
}
