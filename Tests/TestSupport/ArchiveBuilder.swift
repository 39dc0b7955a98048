/// A writer of small zip archives, including damaged ones.
public struct ArchiveBuilder: Sendable {
  /// A file of an archive.
  ///
  /// Values that do not match the contents damage the archive.
  public struct Member: Sendable {
    public var name: String
    public var contents: [UInt8]
    public var method = 0
    public var flags = 0
    public var byteCount: Int
    public var compressedByteCount: Int
    public var checksum: UInt32
    /// Padding between the header and the contents, as PyTorch writes it.
    public var extra: [UInt8] = []
    public var headerName: String
    /// The offset of another header; nil for its own.
    public var headerOffset: Int?

    /// Creates a stored file.
    public init(_ name: String, _ contents: [UInt8]) {
      (self.name, self.contents, headerName) = (name, contents, name)
      (byteCount, compressedByteCount) = (contents.count, contents.count)
      checksum = ArchiveBuilder.checksum(contents)
    }
  }

  public var members: [Member] = []
  /// A Boolean value indicating whether sizes and offsets are written with 64 bits.
  public var isZip64 = false
  /// A Boolean value indicating whether each file is followed by its sizes, which its header lacks.
  public var hasDataDescriptors = false
  public var comment: [UInt8] = []
  /// The number of files in the end record; nil for the number of members.
  public var count: Int?

  /// Creates an archive of stored files.
  public init(_ files: [(name: String, contents: [UInt8])] = []) {
    members = files.map { Member($0.name, $0.contents) }
  }

  /// The bytes of the archive.
  public var bytes: [UInt8] {
    var (bytes, directory) = ([UInt8](), [UInt8]())
    for member in members {
      let offset = member.headerOffset ?? bytes.count
      let flags = member.flags | (hasDataDescriptors ? 8 : 0)
      let name = Array(member.headerName.utf8)
      bytes += number(0x0403_4B50, 4) + number(20, 2) + number(flags, 2) + number(member.method, 2) + number(0, 4)
      let sizes = number(Int(member.checksum), 4) + number(member.compressedByteCount, 4) + number(member.byteCount, 4)
      bytes += hasDataDescriptors ? number(0, 12) : sizes
      bytes += number(name.count, 2) + number(member.extra.count, 2) + name + member.extra + member.contents
      if hasDataDescriptors { bytes += number(0x0807_4B50, 4) + sizes }
      directory += entry(member, flags: flags, offset: offset)
    }
    let (start, end) = (bytes.count, bytes.count + directory.count)
    let count = count ?? members.count
    bytes += directory
    if isZip64 {
      bytes += number(0x0606_4B50, 4) + number(44, 8) + number(45, 2) + number(45, 2) + number(0, 8)
      bytes += number(count, 8) + number(count, 8) + number(directory.count, 8) + number(start, 8)
      bytes += number(0x0706_4B50, 4) + number(0, 4) + number(end, 8) + number(1, 4)
    }
    bytes += number(0x0605_4B50, 4) + number(0, 4) + number(isZip64 ? 0xFFFF : count, 2)
    bytes += number(isZip64 ? 0xFFFF : count, 2) + number(isZip64 ? 0xFFFF_FFFF : directory.count, 4)
    return bytes + number(isZip64 ? 0xFFFF_FFFF : start, 4) + number(comment.count, 2) + comment
  }

  private func entry(_ member: Member, flags: Int, offset: Int) -> [UInt8] {
    let name = Array(member.name.utf8)
    let sizes = [member.byteCount, member.compressedByteCount, offset]
    // Another field comes first, because readers have to skip it.
    let extra =
      isZip64
      ? number(0x5455, 2) + number(1, 2) + [7] + number(1, 2) + number(24, 2) + sizes.flatMap { number($0, 8) } : []
    var bytes = number(0x0201_4B50, 4) + number(45, 2) + number(45, 2) + number(flags, 2) + number(member.method, 2)
    bytes += number(0, 4) + number(Int(member.checksum), 4)
    bytes += number(isZip64 ? 0xFFFF_FFFF : sizes[1], 4) + number(isZip64 ? 0xFFFF_FFFF : sizes[0], 4)
    bytes += number(name.count, 2) + number(extra.count, 2) + number(0, 2) + number(0, 8)
    return bytes + number(isZip64 ? 0xFFFF_FFFF : offset, 4) + name + extra
  }

  /// The CRC-32 of bytes, bit by bit.
  public static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
  }

  private func number(_ value: Int, _ byteCount: Int) -> [UInt8] {
    (0..<byteCount).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
  }
}
