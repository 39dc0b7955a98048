/// The files in a zip archive, stored or compressed with DEFLATE.
///
/// Source: PKWARE's APPNOTE, version 6.3, sections 4.3.7 (local file header), 4.3.12 (central directory), 4.3.16 (end
/// of central directory). Split and encrypted archives and those larger than 4 GiB are rejected.
package struct ZipArchive {
  /// A file in the archive.
  package struct Entry: Hashable {
    package let name: String
    package let byteCount: Int
    fileprivate let compressedByteCount: Int
    fileprivate let method: Int
    fileprivate let checksum: UInt32
    fileprivate let headerOffset: Int
  }

  /// The files, without folders.
  package let entries: [Entry]
  private let bytes: [UInt8]
  private let path: String

  /// Reads the central directory.
  ///
  /// - Parameter path: The path for error messages.
  /// - Throws: `FileError.malformedArchive`.
  package init(_ bytes: [UInt8], path: String) throws(FileError) {
    (self.bytes, self.path) = (bytes, path)
    var reader = Reader(bytes: bytes, path: path)
    let endSize = 22
    // The end record is at the end of the archive, followed by a comment of at most 65,535 bytes.
    let candidates = stride(from: bytes.count - endSize, through: max(0, bytes.count - endSize - 0xFFFF), by: -1)
    guard let end = candidates.first(where: { bytes[$0...].starts(with: [0x50, 0x4B, 0x05, 0x06]) }) else {
      throw .malformedArchive(path: path, reason: "it has no list of files at its end")
    }
    reader.position = end + 10
    let count = try reader.number(2)
    _ = try reader.number(4)
    reader.position = try reader.number(4)
    var entries: [Entry] = []
    for _ in 0..<count {
      let entry = try Self.entry(&reader)
      if !entry.name.hasSuffix("/") { entries.append(entry) }
    }
    self.entries = entries
  }

  private static func entry(_ reader: inout Reader) throws(FileError) -> Entry {
    guard try reader.number(4) == 0x0201_4B50 else { throw reader.failure("its list of files is damaged") }
    reader.position += 4
    let flags = try reader.number(2)
    guard flags & 1 == 0 else { throw reader.failure("it is encrypted") }
    let method = try reader.number(2)
    reader.position += 4
    let checksum = UInt32(truncatingIfNeeded: try reader.number(4))
    let (compressed, byteCount) = (try reader.number(4), try reader.number(4))
    guard compressed != 0xFFFF_FFFF && byteCount != 0xFFFF_FFFF else { throw reader.failure("it is too large") }
    let (nameCount, extraCount, commentCount) = (try reader.number(2), try reader.number(2), try reader.number(2))
    reader.position += 8
    let offset = try reader.number(4)
    let name = String(decoding: try reader.bytes(nameCount), as: UTF8.self)
    reader.position += extraCount + commentCount
    return Entry(
      name: name, byteCount: byteCount, compressedByteCount: compressed, method: method, checksum: checksum,
      headerOffset: offset)
  }

  /// Returns the contents of a file after verifying its size and checksum.
  ///
  /// - Throws: `FileError.malformedArchive`.
  package func contents(of entry: Entry) throws(FileError) -> [UInt8] {
    var reader = Reader(bytes: bytes, path: path)
    reader.position = entry.headerOffset
    guard try reader.number(4) == 0x0403_4B50 else { throw reader.failure("a file of it has no header") }
    reader.position += 22
    let (nameCount, extraCount) = (try reader.number(2), try reader.number(2))
    reader.position += nameCount + extraCount
    let compressed = try reader.bytes(entry.compressedByteCount)
    let contents: [UInt8]
    switch entry.method {
    case 0: contents = compressed
    case 8:
      do {
        contents = try Inflate.expand(compressed, limit: entry.byteCount)
      } catch {
        throw reader.failure("\(entry.name.quoted()) cannot be expanded")
      }
    default: throw reader.failure("\(entry.name.quoted()) is compressed by the unknown method \(entry.method)")
    }
    guard contents.count == entry.byteCount && CRC32.zip.checksum(of: contents) == entry.checksum else {
      throw reader.failure("the checksum of \(entry.name.quoted()) does not match")
    }
    return contents
  }

  /// Reads little-endian numbers.
  private struct Reader {
    let bytes: [UInt8]
    let path: String
    var position = 0

    mutating func bytes(_ count: Int) throws(FileError) -> [UInt8] {
      guard position >= 0 && position + count <= bytes.count else { throw failure("it is cut short") }
      defer { position += count }
      return Array(bytes[position..<position + count])
    }

    mutating func number(_ count: Int) throws(FileError) -> Int {
      Int(littleEndianBytes: try bytes(count))
    }

    func failure(_ reason: String) -> FileError { .malformedArchive(path: path, reason: reason) }
  }
}
