import Foundation

/// A reader that returns the lines of files or of standard input one at a time, with only the current line in memory.
package struct LineReader {
  /// A line without its line ending.
  package struct Line {
    package let text: String
    /// The number of the line, counted from 1 across all files.
    package let number: Int
    /// A Boolean value indicating whether the line is terminated; the last line of a file may not be.
    package let isEnded: Bool
  }

  private let invalidBytes: InvalidBytes
  private var paths: ArraySlice<String>
  private var file = FileHandle.standardInput
  private var path = "standard input"
  /// The bytes read so far, and the start of the next line in them.
  private var (buffer, start) = ([UInt8](), 0)
  private var isAtEnd = false
  /// A Boolean value indicating whether the first bytes of the file are still to be read.
  private var isBeginning = true
  private var number = 0
  /// The position of the next line in its file.
  private var (lineOfFile, offset) = (0, 0)
  /// The number of bytes of the lines so far, in all files.
  private var byteCount = 0
  /// The number of bytes of all files; nil if one is not a regular file.
  private var totalByteCount: Int?

  /// Opens the first file, or standard input if there are no paths.
  ///
  /// - Throws: `FileError`.
  package init(_ paths: [String], invalidBytes: InvalidBytes = .refused) throws(FileError) {
    (self.paths, self.invalidBytes) = (paths[...], invalidBytes)
    if paths.isEmpty {
      StandardInput.willBeRead()
    } else {
      totalByteCount = paths.reduce(0) { total, path in
        total.flatMap { total in Self.byteCount(of: path).map { total + $0 } }
      }
      try openNext()
    }
  }

  private static func byteCount(of path: String) -> Int? {
    path == "-" ? nil : (try? InputFile(path: path))?.byteCount
  }

  /// The share of the files that has been read; nil if their length is unknown, as for standard input.
  package var share: Double? {
    totalByteCount.map { $0 > 0 ? min(Double(byteCount) / Double($0), 1) : 1 }
  }

  private mutating func openNext() throws(FileError) {
    path = paths.removeFirst()
    (lineOfFile, offset, buffer, start, isAtEnd, isBeginning) = (0, 0, [], 0, false, true)
    file = try TextFile.open(path)
  }

  /// Returns the next line; nil at the end of the last file.
  ///
  /// - Throws: `FileError.notUTF8` for a line that is not valid UTF-8 and `.nul` for one with a NUL, after which
  ///   reading can continue; other errors are final.
  package mutating func next() throws(FileError) -> Line? {
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) { return try take(end, lineEnd: 1) }
      if isAtEnd {
        if start < buffer.count { return try take(buffer.count, lineEnd: 0) }
        guard !paths.isEmpty else { return nil }
        try openNext()
        searched = 0
        continue
      }
      buffer.removeFirst(start)
      start = 0
      searched = isBeginning ? 0 : buffer.count
      try readMore()
      if isBeginning && (buffer.count >= GzipFile.magic.count || isAtEnd) { try decompress() }
    }
  }

  /// Decompresses a file that is compressed with gzip, after reading the whole of it.
  private mutating func decompress() throws(FileError) {
    isBeginning = false
    guard buffer.starts(with: GzipFile.magic) else { return }
    while !isAtEnd { try readMore() }
    let compressedCount = buffer.count
    buffer = try GzipFile.decompressed(buffer, path: path)
    totalByteCount = totalByteCount.map { $0 + buffer.count - compressedCount }
  }

  /// Reads the available bytes, so that a line of an open stream is returned as soon as it arrives.
  private mutating func readMore() throws(FileError) {
    let room = 1 << 16
    var found = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: room) { memory, count in
      repeat { found = unsafe read(file.fileDescriptor, memory.baseAddress, room) } while found < 0 && errno == EINTR
      count = max(found, 0)
    }
    guard found >= 0 else { throw .unreadable(path: path, reason: SystemFailure().reason) }
    if bytes.isEmpty { isAtEnd = true } else { buffer += bytes }
  }

  /// Consumes the line that ends at an index of the buffer.
  private mutating func take(_ end: Int, lineEnd: Int) throws(FileError) -> Line {
    let bytes = Array(buffer[start..<end])
    start = end + lineEnd
    return try line(bytes, lineEnd: lineEnd)
  }

  private mutating func line(_ bytes: [UInt8], lineEnd: Int) throws(FileError) -> Line {
    var bytes = bytes
    let length = bytes.count + lineEnd
    if lineEnd > 0 && bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    if offset == 0 && bytes.starts(with: UTF8.byteOrderMark) { bytes.removeFirst(3) }
    number += 1
    lineOfFile += 1
    byteCount += length
    defer { offset += length }
    if invalidBytes == .kept {
      bytes = UTF8.escaped(bytes)
    } else if bytes.contains(0) || UTF8.firstInvalidOffset(in: bytes) != nil {
      _ = try TextFile.normalized(bytes, of: path, at: offset) { () throws(FileError) in lineOfFile - 1 }
    }
    return Line(text: String(decoding: bytes, as: UTF8.self), number: number, isEnded: lineEnd > 0)
  }
}
