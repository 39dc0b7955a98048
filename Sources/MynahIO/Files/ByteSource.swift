/// Bytes for random access reads: an array, or an open file of which only the requested parts are read.
package enum ByteSource: Sendable {
  /// Bytes in memory; the path is for error messages.
  case memory([UInt8], path: String)
  case file(InputFile)

  /// The path for error messages.
  package var path: String {
    switch self {
    case .memory(_, let path): path
    case .file(let file): file.path
    }
  }

  /// The number of bytes.
  package var byteCount: Int {
    switch self {
    case .memory(let bytes, _): bytes.count
    case .file(let file): file.byteCount
    }
  }

  /// Returns the bytes in a range.
  ///
  /// - Precondition: The range is within the source.
  /// - Throws: `FileError.unreadable` if the file was truncated or the system cannot read it.
  package func bytes(_ range: Range<Int>) throws(FileError) -> [UInt8] {
    require(range.lowerBound >= 0 && range.upperBound <= byteCount, "\(range) is outside of \(byteCount) bytes")
    switch self {
    case .memory(let bytes, _): return Array(bytes[range])
    case .file(let file): return try file.bytes(range)
    }
  }

  /// Returns the range of some bytes at an offset; nil if it is not within the source.
  package func range(at offset: Int, byteCount count: Int) -> Range<Int>? {
    guard offset >= 0, count >= 0, offset <= byteCount, count <= byteCount - offset else { return nil }
    return offset..<offset + count
  }
}
