import Foundation
import MynahIO

/// The lines of an ARPA file, which may be compressed with gzip.
struct ARPALines {
  /// The path of the file.
  let path: String
  /// The number of the last line that was read, counted from 1.
  private(set) var number = 0
  private let file: FileHandle
  /// The bytes read so far, and the start of the next line in them.
  private var (buffer, start) = ([UInt8](), 0)
  private var isAtEnd = false
  /// The offset of the next line in the text.
  private var offset = 0

  /// Opens a file or a pipe.
  ///
  /// - Throws: `FileError`.
  init(_ path: String) throws(FileError) {
    self.path = path
    file = try TextFile.open(path)
    while buffer.count < GzipFile.magic.count && !isAtEnd { try readMore() }
    if buffer.starts(with: GzipFile.magic) {
      while !isAtEnd { try readMore() }
      buffer = try GzipFile.decompressed(buffer, path: path)
    }
    while buffer.count < ARPAStart.byteCount && !isAtEnd { try readMore() }
    if buffer.starts(with: UTF8.byteOrderMark) { (start, offset) = (3, 3) }
  }

  /// The first bytes of the text before any line is read.
  var beginning: ArraySlice<UInt8> { buffer[start...].prefix(ARPAStart.byteCount) }

  /// Returns the next line without its line end, `\n` or `\r\n`; nil at the end of the file.
  ///
  /// - Throws: `FileError`, `.notUTF8` for a line that is not UTF-8.
  mutating func next() throws(FileError) -> [UInt8]? {
    let lineOffset = offset
    guard let line = try nextBytes() else { return nil }
    if let bad = UTF8.firstInvalidOffset(in: line) {
      throw .notUTF8(path: path, offset: lineOffset + bad, line: number, byte: line[bad])
    }
    return line
  }

  /// Returns the next line, which may not be UTF-8.
  mutating func nextBytes() throws(FileError) -> [UInt8]? {
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) { return take(end, lineEnd: 1) }
      if isAtEnd { return start < buffer.count ? take(buffer.count, lineEnd: 0) : nil }
      buffer.removeFirst(start)
      start = 0
      searched = buffer.count
      try readMore()
    }
  }

  private mutating func readMore() throws(FileError) {
    do {
      let more = try file.read(upToCount: 1 << 20) ?? Data()
      if more.isEmpty { isAtEnd = true } else { buffer += more }
    } catch {
      throw .unreadable(path: path, reason: error.localizedDescription)
    }
  }

  private mutating func take(_ end: Int, lineEnd: Int) -> [UInt8] {
    var line = Array(buffer[start..<end])
    number += 1
    offset += line.count + lineEnd
    start = end + lineEnd
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    return line
  }
}
