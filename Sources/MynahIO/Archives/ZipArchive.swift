/// The files in a zip archive, stored or compressed with DEFLATE.
///
/// Source: PKWARE's APPNOTE, version 6.3, sections 4.3.7 (local file header), 4.3.12 (central directory), 4.3.14 to
/// 4.3.16 (ends of the central directory, zip64), 4.5.3 (zip64 extra field). Sizes are read from the central directory,
/// so data descriptors are not needed. Split and encrypted archives are rejected.
package struct ZipArchive: Sendable {
  /// A file in the archive.
  package struct Entry: Hashable, Sendable {
    package let name: String
    /// The size of the contents.
    package let byteCount: Int
    let compressedByteCount: Int
    let method: Int
    let checksum: UInt32
    let headerOffset: Int

    /// A Boolean value indicating whether the contents are compressed.
    package var isCompressed: Bool { method != 0 }
  }

  /// The files, without folders.
  package let entries: [Entry]
  private let source: ByteSource

  /// Reads the central directory of an archive in memory.
  ///
  /// - Parameter path: The path for error messages.
  /// - Throws: `FileError.malformedArchive`.
  package init(_ bytes: [UInt8], path: String) throws(FileError) {
    try self.init(.memory(bytes, path: path))
  }

  /// Reads the central directory; the contents of files are read on demand.
  ///
  /// - Throws: `FileError.malformedArchive`, or an error of the file system.
  package init(_ source: ByteSource) throws(FileError) {
    self.source = source
    entries = try ZipDirectory(source).entries
  }

  /// Returns the contents of a file after verifying its size and checksum.
  ///
  /// - Parameter allowsMissingChecksum: A Boolean value indicating whether the checksum 0 means that none was computed,
  ///   as in files that PyTorch writes after `set_crc32_options(False)`.
  /// - Throws: `FileError.malformedArchive`, or an error of the file system.
  package func contents(of entry: Entry, allowsMissingChecksum: Bool = false) throws(FileError) -> [UInt8] {
    func failure(_ reason: String) -> FileError { .malformedArchive(path: source.path, reason: reason) }
    let compressed = try source.bytes(try dataRange(of: entry))
    let contents: [UInt8]
    switch entry.method {
    case 0: contents = compressed
    case 8:
      do {
        contents = try Inflate.expand(compressed, limit: entry.byteCount)
      } catch {
        throw failure("\(entry.name.quoted()) cannot be expanded")
      }
    default: throw failure("\(entry.name.quoted()) is compressed by the unknown method \(entry.method)")
    }
    guard contents.count == entry.byteCount else {
      throw failure("\(entry.name.quoted()) has \(contents.count) bytes instead of \(entry.byteCount)")
    }
    if allowsMissingChecksum && entry.checksum == 0 { return contents }
    guard CRC32.zip.checksum(of: contents) == entry.checksum else {
      throw failure("the checksum of \(entry.name.quoted()) does not match")
    }
    return contents
  }

  /// Returns the range of a file's data, which follows the local header.
  private func dataRange(of entry: Entry) throws(FileError) -> Range<Int> {
    func failure(_ reason: String) -> FileError { .malformedArchive(path: source.path, reason: reason) }
    let headerByteCount = 30
    guard let header = source.range(at: entry.headerOffset, byteCount: headerByteCount) else {
      throw failure("it is cut short")
    }
    var reader = ZipReader(try source.bytes(header), path: source.path)
    guard try reader.number(4) == 0x0403_4B50 else { throw failure("one of its files has no header") }
    reader.position += 22
    let (nameCount, extraCount) = (try reader.number(2), try reader.number(2))
    guard let name = source.range(at: header.upperBound, byteCount: nameCount),
      let data = source.range(at: name.upperBound + extraCount, byteCount: entry.compressedByteCount)
    else { throw failure("it is cut short") }
    guard String(decoding: try source.bytes(name), as: UTF8.self) == entry.name else {
      throw failure("\(entry.name.quoted()) has a different name in its header")
    }
    return data
  }
}
