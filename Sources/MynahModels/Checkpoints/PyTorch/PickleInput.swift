import MynahIO

/// The bytes of a pickle, read in order: from memory, or from a part of a file through a small buffer.
struct PickleInput {
  /// The offset of the next byte, from the start of the source.
  var position: Int { bufferStart + index }
  /// The number of bytes that are left.
  var remaining: Int { end - position }

  private let source: ByteSource
  private let member: String?
  private let end: Int
  private var buffer: [UInt8] = []
  private var bufferStart: Int
  private var index = 0

  /// The number of bytes that are read from a file at a time.
  private static let bufferByteCount = 1 << 16
  /// The maximum length of a line, which contains the name of a class or a module.
  private static let maximumLineByteCount = 1000

  /// Creates the input for a range of a source.
  ///
  /// - Parameter member: The name of the archive's member that the source is, for error messages.
  init(_ source: ByteSource, from start: Int = 0, member: String? = nil) {
    (self.source, self.member) = (source, member)
    (bufferStart, end) = (start, source.byteCount)
  }

  /// Returns the error for a violation of the format.
  func malformed(at offset: Int? = nil, expected: String, found: String) -> PyTorchFileError {
    .malformedPickle(path: source.path, at: location(offset ?? position), expected: expected, found: found)
  }

  /// Returns the location of an offset.
  func location(_ offset: Int) -> PickleLocation { PickleLocation(member: member, byteOffset: offset) }

  /// The path of the file.
  var path: String { source.path }

  /// Reads a byte.
  mutating func byte() throws -> UInt8 {
    if index == buffer.count {
      guard remaining > 0 else { throw ended() }
      bufferStart += index
      index = 0
      buffer = try source.bytes(bufferStart..<bufferStart + min(Self.bufferByteCount, end - bufferStart))
    }
    defer { index += 1 }
    return buffer[index]
  }

  /// Reads a number of bytes, which is checked against the source before memory is allocated.
  mutating func bytes(_ count: Int) throws -> [UInt8] {
    guard count >= 0, count <= remaining else { throw ended(needing: count) }
    if count <= buffer.count - index {
      defer { index += count }
      return Array(buffer[index..<index + count])
    }
    let bytes = try source.bytes(position..<position + count)
    (bufferStart, index, buffer) = (position + count, 0, [])
    return bytes
  }

  /// Reads a little-endian integer.
  mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
    Number(littleEndianBytes: try bytes(Number.bitWidth / 8))
  }

  /// Reads an unsigned length of eight bytes.
  mutating func longLength() throws -> Int {
    let length = try number(UInt64.self)
    guard let count = Int(exactly: length) else { throw ended(needing: .max) }
    return count
  }

  /// Reads text up to a line feed.
  mutating func line() throws -> String {
    let start = position
    var bytes: [UInt8] = []
    while true {
      let next = try byte()
      if next == UInt8(ascii: "\n") { break }
      bytes.append(next)
      guard bytes.count <= Self.maximumLineByteCount else {
        throw malformed(at: start, expected: "a line of at most \(Self.maximumLineByteCount) bytes", found: "more")
      }
    }
    return try text(bytes, at: start)
  }

  /// Returns the text in some bytes that were read at an offset.
  func text(_ bytes: [UInt8], at offset: Int) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw malformed(at: offset, expected: "UTF-8 text", found: "invalid bytes")
    }
    return text
  }

  private func ended(needing count: Int = 1) -> PyTorchFileError {
    let expected = count == 1 ? "one more byte" : count == .max ? "a size that fits in the file" : "\(count) more bytes"
    return malformed(expected: expected, found: remaining == 0 ? "the end" : "\(remaining) before the end")
  }
}
