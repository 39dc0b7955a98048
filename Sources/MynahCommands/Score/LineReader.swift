import Foundation
import MynahText

/// Reads lines of files or of standard input one by one, in memory for the longest of them.
struct LineReader {
  /// A line without its end, and where it stands.
  struct Line {
    let text: String
    /// Counted from 1 through all files.
    let number: Int
  }

  private var paths: ArraySlice<String>
  private var file: FileHandle?
  private var path = "standard input"
  private var buffer = Data()
  private var isAtEnd = false
  private var number = 0
  /// The place of the line in its file.
  private var (lineOfFile, offset) = (0, 0)

  /// Opens the first file, or standard input if there is none.
  ///
  /// - Throws: `TextError`.
  init(_ paths: [String]) throws(TextError) {
    self.paths = paths[...]
    if paths.isEmpty { file = .standardInput } else { try openNext() }
  }

  private mutating func openNext() throws(TextError) {
    path = paths.removeFirst()
    (lineOfFile, offset, buffer, isAtEnd) = (0, 0, Data(), false)
    var isDirectory: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw .noSuchFile(path: path)
    }
    guard !isDirectory.boolValue else { throw .isDirectory(path: path) }
    file = FileHandle(forReadingAtPath: path)
    guard file != nil else { throw .notPermitted(path: path) }
  }

  /// The next line; nil at the end of the last file.
  ///
  /// - Throws: `TextError.notUTF8` for a line that is no text, after which the next line can be read; others end the reading.
  mutating func next() throws(TextError) -> Line? {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let bytes = [UInt8](buffer[..<end])
        buffer = Data(buffer[(end + 1)...])
        return try line(bytes, length: bytes.count + 1)
      }
      if isAtEnd {
        let bytes = [UInt8](buffer)
        buffer = Data()
        if !bytes.isEmpty { return try line(bytes, length: bytes.count) }
        guard !paths.isEmpty else { return nil }
        try openNext()
        continue
      }
      do {
        let more = try file?.read(upToCount: 1 << 16) ?? Data()
        if more.isEmpty { isAtEnd = true } else { buffer += more }
      } catch {
        throw .unreadable(path: path, reason: "the system reports “\(error.localizedDescription)”")
      }
    }
  }

  private mutating func line(_ bytes: [UInt8], length: Int) throws(TextError) -> Line {
    var bytes = bytes
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    if offset == 0 && bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    number += 1
    lineOfFile += 1
    defer { offset += length }
    if let bad = TextFile.firstInvalidByte(of: bytes) {
      throw .notUTF8(path: path, offset: offset + bad, line: lineOfFile, byte: bytes[bad])
    }
    return Line(text: String(decoding: bytes, as: UTF8.self), number: number)
  }
}
