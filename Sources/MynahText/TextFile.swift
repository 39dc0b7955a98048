package import Foundation

/// The text of a file, read strictly as UTF-8.
public struct TextFile: Sendable, Hashable {
  /// Where the text was read.
  public let path: String
  /// The text: without a byte order mark, its lines ended by `\n`.
  public let text: String

  /// Reads a whole file; a leading byte order mark is dropped and `\r\n` becomes `\n`.
  ///
  /// - Throws: When the file is missing, a folder or unreadable, when it is not UTF-8, or when it holds only white space.
  public init(at path: String) throws(TextError) {
    self.path = path
    text = try Self.decode(try Self.bytes(at: path), path: path)
  }

  /// Decodes the bytes of a file.
  static func decode(_ file: [UInt8], path: String, mayBeEmpty: Bool = false) throws(TextError) -> String {
    guard !file.starts(with: [0xFF, 0xFE]) && !file.starts(with: [0xFE, 0xFF]) else { throw .utf16(path: path) }
    let markLength = file.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    if let offset = firstInvalidOffset(in: file) {
      let line = 1 + file[..<offset].count { $0 == UInt8(ascii: "\n") }
      throw .notUTF8(path: path, offset: offset, line: line, byte: file[offset])
    }
    let text = String(decoding: unixLines(file[markLength...]), as: UTF8.self)
    guard mayBeEmpty || text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
      throw .emptyText(path: path)
    }
    return text
  }

  /// Opens a file to be read.
  ///
  /// - Throws: When it is missing, a folder, or not to be read by the user.
  package static func open(_ path: String) throws(TextError) -> FileHandle {
    var isDirectory: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw .noSuchFile(path: path)
    }
    guard !isDirectory.boolValue else { throw .isDirectory(path: path) }
    // A handle reads pipes too, unlike `Data(contentsOf:)`.
    guard let file = FileHandle(forReadingAtPath: path) else { throw .notPermitted(path: path) }
    return file
  }

  /// The bytes of a file, as they are.
  static func bytes(at path: String) throws(TextError) -> [UInt8] {
    let file = try open(path)
    do {
      return [UInt8](try file.readToEnd() ?? Data())
    } catch {
      throw .unreadable(path: path, reason: "the system reports “\(error)”")
    }
  }

  /// The bytes with each `\r\n` made `\n`.
  static func unixLines(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let carriageReturn = UInt8(ascii: "\r")
    guard bytes.contains(carriageReturn) else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for (index, byte) in zip(bytes.indices, bytes) {
      let next = index + 1
      if byte == carriageReturn && next < bytes.endIndex && bytes[next] == UInt8(ascii: "\n") { continue }
      result.append(byte)
    }
    return result[...]
  }
}

extension TextFile {
  /// The place of the first byte that is not part of well-formed UTF-8; nil if there is none.
  package static func firstInvalidByte(of bytes: [UInt8]) -> Int? { firstInvalidOffset(in: bytes) }
}

// MARK: Validation

/// The offset of the first byte that is not part of well-formed UTF-8, nil when there is none.
func firstInvalidOffset(in bytes: [UInt8]) -> Int? {
  var offset = 0
  while offset < bytes.count {
    guard let length = sequenceLength(in: bytes, at: offset) else { return offset }
    offset += length
  }
  return nil
}

/// The length of the well-formed UTF-8 sequence that begins at an offset (Unicode 16, table 3-7), nil when there is none.
func sequenceLength(in bytes: [UInt8], at offset: Int) -> Int? {
  let first = bytes[offset]
  if first < 0x80 { return 1 }
  // The bounds of the second byte shut out overlong forms, surrogates and numbers over 10FFFF.
  let (length, second): (Int, ClosedRange<UInt8>) =
    switch first {
    case 0xC2...0xDF: (2, 0x80...0xBF)
    case 0xE0: (3, 0xA0...0xBF)
    case 0xED: (3, 0x80...0x9F)
    case 0xE1...0xEF: (3, 0x80...0xBF)
    case 0xF0: (4, 0x90...0xBF)
    case 0xF1...0xF3: (4, 0x80...0xBF)
    case 0xF4: (4, 0x80...0x8F)
    default: (0, 0...0)
    }
  guard length > 0, offset + length <= bytes.count, second.contains(bytes[offset + 1]),
    bytes[(offset + 2)..<(offset + length)].allSatisfy({ (0x80...0xBF).contains($0) })
  else { return nil }
  return length
}
