/// The central directory of a zip archive: the list of its files, which is at its end.
struct ZipDirectory {
  /// The files, without folders.
  private(set) var entries: [ZipArchive.Entry] = []

  private static let endByteCount = 22, locatorByteCount = 20, zip64EndByteCount = 56
  /// The value of a 32-bit field whose number is in a zip64 record.
  private static let saturated = 0xFFFF_FFFF

  /// Reads the directory.
  ///
  /// - Throws: `FileError.malformedArchive`, or an error of the file system.
  init(_ source: ByteSource) throws(FileError) {
    func failure(_ reason: String) -> FileError { .malformedArchive(path: source.path, reason: reason) }
    let (count, range) = try Self.place(in: source)
    var reader = ZipReader(try source.bytes(range), path: source.path)
    // Each byte of the archive belongs to one file at most, so overlapping files cannot multiply its size.
    var rest = source.byteCount
    for _ in 0..<count {
      let entry = try Self.entry(&reader)
      guard entry.compressedByteCount <= rest else { throw failure("its files are larger than the archive") }
      rest -= entry.compressedByteCount
      guard entry.isCompressed || entry.byteCount == entry.compressedByteCount else {
        throw failure("\(entry.name.quoted()) is stored with two different sizes")
      }
      if !entry.name.hasSuffix("/") { entries.append(entry) }
    }
  }

  /// Returns the number of entries and the range of the directory.
  private static func place(in source: ByteSource) throws(FileError) -> (count: Int, range: Range<Int>) {
    // The end record is at the end of the archive, followed by a comment of at most 65,535 bytes.
    let tailCount = min(source.byteCount, endByteCount + 0xFFFF + locatorByteCount)
    let tailStart = source.byteCount - tailCount
    let tail = try source.bytes(tailStart..<source.byteCount)
    let candidates = stride(from: tail.count - endByteCount, through: 0, by: -1)
    guard let end = candidates.first(where: { tail[$0...].starts(with: [0x50, 0x4B, 0x05, 0x06]) }) else {
      throw .malformedArchive(path: source.path, reason: "it has no list of files at its end")
    }
    var reader = ZipReader(tail, path: source.path)
    reader.position = end + 10
    var (count, byteCount, offset) = (try reader.number(2), try reader.number(4), try reader.number(4))
    if count == 0xFFFF || byteCount == saturated || offset == saturated, end >= locatorByteCount {
      reader.position = end - locatorByteCount
      if try reader.number(4) == 0x0706_4B50 {
        reader.position += 4
        (count, byteCount, offset) = try zip64Place(in: source, recordOffset: try reader.number(8))
      }
    }
    guard offset <= tailStart + end, let range = source.range(at: offset, byteCount: byteCount) else {
      throw .malformedArchive(path: source.path, reason: "its list of files is cut short")
    }
    return (count, range)
  }

  private static func zip64Place(
    in source: ByteSource, recordOffset: Int
  ) throws(FileError) -> (count: Int, byteCount: Int, offset: Int) {
    guard let range = source.range(at: recordOffset, byteCount: zip64EndByteCount) else {
      throw .malformedArchive(path: source.path, reason: "its list of files is cut short")
    }
    var reader = ZipReader(try source.bytes(range), path: source.path)
    guard try reader.number(4) == 0x0606_4B50 else { throw reader.failure("its list of files is damaged") }
    reader.position = 32
    return (try reader.number(8), try reader.number(8), try reader.number(8))
  }

  private static func entry(_ reader: inout ZipReader) throws(FileError) -> ZipArchive.Entry {
    guard try reader.number(4) == 0x0201_4B50 else { throw reader.failure("its list of files is damaged") }
    reader.position += 4
    let flags = try reader.number(2)
    guard flags & 1 == 0 else { throw reader.failure("it is encrypted") }
    let method = try reader.number(2)
    reader.position += 4
    let checksum = UInt32(truncatingIfNeeded: try reader.number(4))
    var (compressed, byteCount) = (try reader.number(4), try reader.number(4))
    let (nameCount, extraCount, commentCount) = (try reader.number(2), try reader.number(2), try reader.number(2))
    reader.position += 8
    var offset = try reader.number(4)
    let name = String(decoding: try reader.bytes(nameCount), as: UTF8.self)
    var extra = ZipReader(try reader.bytes(extraCount), path: reader.path)
    reader.position += commentCount
    while [compressed, byteCount, offset].contains(saturated) {
      let (kind, length) = (try extra.number(2), try extra.number(2))
      guard kind == 1 else {
        extra.position += length
        continue
      }
      // Only the fields that do not fit in 32 bits are present, in this order.
      if byteCount == saturated { byteCount = try extra.number(8) }
      if compressed == saturated { compressed = try extra.number(8) }
      if offset == saturated { offset = try extra.number(8) }
      break
    }
    return ZipArchive.Entry(
      name: name, byteCount: byteCount, compressedByteCount: compressed, method: method, checksum: checksum,
      headerOffset: offset)
  }
}

/// A reader of little-endian numbers.
struct ZipReader {
  private let bytes: [UInt8]
  let path: String
  var position = 0

  init(_ bytes: [UInt8], path: String) { (self.bytes, self.path) = (bytes, path) }

  mutating func bytes(_ count: Int) throws(FileError) -> [UInt8] {
    guard position <= bytes.count, count <= bytes.count - position else { throw failure("it is cut short") }
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  /// Reads an unsigned number of at most eight bytes.
  ///
  /// - Throws: `FileError.malformedArchive` at the end of the bytes, or if it does not fit in an `Int`.
  mutating func number(_ count: Int) throws(FileError) -> Int {
    guard let number = Int(exactly: UInt64(littleEndianBytes: try bytes(count))) else {
      throw failure("it contains a size of 2^63 bytes or more")
    }
    return number
  }

  func failure(_ reason: String) -> FileError { .malformedArchive(path: path, reason: reason) }
}
