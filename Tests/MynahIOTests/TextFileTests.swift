import Foundation
import MynahIO
import TestSupport
import Testing

struct TextFileTests {
  private func read(_ bytes: [UInt8]) throws -> String {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    return try TextFile(at: folder.write(bytes, to: "text.txt")).text
  }

  /// The error from reading a file with these bytes.
  private func failure(_ bytes: [UInt8]) throws -> FileError? {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let path = try folder.write(bytes, to: "text.txt")
    do {
      _ = try TextFile(at: path)
      return nil
    } catch {
      return error
    }
  }

  @Test("Text is read unchanged, except that a byte order mark is dropped and \\r\\n becomes \\n")
  func reading() throws {
    #expect(try read(Array("aé😀\n b".utf8)) == "aé😀\n b")
    #expect(try read([0xEF, 0xBB, 0xBF] + Array("a\r\nb\rc\r\n\r".utf8)) == "a\nb\rc\n\r")
  }

  @Test(
    "Invalid UTF-8 is an error with its offset and line",
    arguments: [
      (Array("ab\ncaf".utf8) + [0xE9, 0x20], 6, 2), ([0x61, 0xFF], 1, 1), ([0x61, 0x80], 1, 1),
      ([0xC0, 0xAF], 0, 1), ([0xE0, 0x80, 0x80], 0, 1), ([0xED, 0xA0, 0x80], 0, 1), ([0xF4, 0x90, 0x80, 0x80], 0, 1),
      ([0x0A, 0xE2, 0x82], 1, 2), ([0xEF, 0xBB, 0xBF, 0x0A, 0xC3], 4, 2), ([0xF0, 0x9F, 0x98, 0x61], 0, 1),
    ] as [([UInt8], Int, Int)])
  func invalidBytes(_ bytes: [UInt8], _ offset: Int, _ line: Int) throws {
    guard case .notUTF8(_, let foundOffset, let foundLine, let byte) = try failure(bytes) else {
      Issue.record("expected an error for \(bytes)")
      return
    }
    #expect(foundOffset == offset && foundLine == line && byte == bytes[offset])
  }

  @Test("Text in UTF-16 gives an error that names UTF-16")
  func utf16() throws {
    for bytes in [[0xFF, 0xFE, 0x61, 0x00], [0xFE, 0xFF, 0x00, 0x61]] as [[UInt8]] {
      guard case .utf16 = try failure(bytes) else {
        Issue.record("expected the error for UTF-16")
        return
      }
    }
  }

  @Test("A NUL is an error, which suggests UTF-16 if every second byte is a NUL")
  func nuls() throws {
    func isLittleEndian(_ bytes: [UInt8]) throws -> Bool?? {
      guard case .nul(_, let offset, _, let order) = try failure(bytes) else { return nil }
      #expect(bytes[offset] == 0 && !bytes[..<offset].contains(0))
      return .some(order)
    }
    let text = "the cat\nsat on the mat\n"
    let little = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    #expect(try isLittleEndian(little) == .some(true))
    #expect(try isLittleEndian(text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }) == .some(false))
    #expect(try isLittleEndian(Array("a\nb\0c".utf8)) == .some(nil))
    guard case .nul(_, 3, 2, nil) = try failure(Array("a\nb\0c".utf8)) else {
      Issue.record("expected the error for a NUL")
      return
    }
    #expect(try failure(little)?.description.contains("iconv -f utf-16le") == true)
  }

  @Test(
    "Files in other formats give an error that names the format",
    arguments: [
      (Array("PK\u{3}\u{4}\0\0".utf8), "zip"), (Array("%PDF-1.7\n".utf8) + [0xE2, 0xE3], "PDF"),
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "xz"), ([0x28, 0xB5, 0x2F, 0xFD, 0], "zstd"),
      (Array("BZh9".utf8) + [0xFF], "bzip2"), ([0xD0, 0xCF, 0x11, 0xE0], "office"),
    ] as [([UInt8], String)])
  func otherFormats(_ bytes: [UInt8], _ name: String) throws {
    guard case .notText(_, let found, _) = try failure(bytes) else {
      Issue.record("expected the error for another format")
      return
    }
    #expect(found.contains(name))
    // Text that merely begins like such a file is accepted.
    #expect(try read(Array("BZhang wrote this".utf8)) == "BZhang wrote this")
  }

  @Test("The error for old Windows texts suggests a conversion that keeps quotation marks")
  func windows() throws {
    #expect(try failure([0x93, 0x61, 0x94])?.description.contains("iconv -f windows-1252") == true)
  }

  @Test("Invalid bytes that are kept can be restored, whatever they are")
  func keptBytes() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let samples: [[UInt8]] = [
      Array(0...255), Array((0...255).reversed()), Array("é\u{10FF80}\u{10FFFF}\u{10FF7F}😀".utf8), [0xF4, 0x8F, 0xBE],
      [0xE9], [0xFF, 0xFE, 0x61, 0], [0xC3], Array("abc".utf8), [0xF4, 0x8F, 0xBF, 0xBF, 0x80],
    ]
    for bytes in samples {
      let text = try TextFile(at: folder.write(bytes, to: "a"), invalidBytes: .kept).text
      #expect(UTF8.unescaped(Array(text.utf8)) == bytes)
      var lines = try LineReader([folder.path + "/a"], invalidBytes: .kept)
      var read: [UInt8] = []
      while let line = try lines.next() {
        read += UTF8.unescaped(Array(line.text.utf8)) + (line.isEnded ? [0x0A] : [])
      }
      #expect(read == bytes)
    }
  }

  /// A gzip file with one stored block.
  private static func gzipped(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    func number(_ value: UInt32, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(value >> (8 * UInt32($0)) & 0xFF) }
    }
    let size = UInt32(bytes.count)
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1] + number(size, 2) + number(~size & 0xFFFF, 2) + bytes
      + number(ArchiveBuilder.checksum(bytes), 4) + number(size, 4)
  }

  @Test("A gzip-compressed file is read like its text, whole and line by line, whatever its name")
  func gzip() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let path = try folder.write(Self.gzipped("a é\nb\n"), to: "text.txt")
    #expect(try TextFile(at: path).text == "a é\nb\n")
    var lines = try LineReader([path])
    #expect(try lines.next()?.text == "a é")
    #expect(try lines.next()?.text == "b")
    #expect(try lines.next() == nil)
  }

  @Test("A file with only white space is an error", arguments: ["", "\n", " \r\n\t\u{3000}", "\u{FEFF}"])
  func empty(_ text: String) throws {
    guard case .emptyText = try failure(Array(text.utf8)) else {
      Issue.record("expected the error for an empty text")
      return
    }
  }

  @Test("A missing file and a folder are different errors")
  func places() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    #expect(throws: FileError.noSuchFile(path: folder.path + "/none")) { try TextFile(at: folder.path + "/none") }
    #expect(throws: FileError.isDirectory(path: folder.path)) { try TextFile(at: folder.path) }
  }

  @Test(
    "A failed read is an input/output error",
    .enabled(if: FileKind(at: "/proc/self/mem") != nil, "this machine has no /proc"))
  func readingBreaksOff() throws {
    // Reading the start of this file fails for every user, even for root.
    let error = #expect(throws: FileError.self) { try TextFile(at: "/proc/self/mem") }
    #expect(error?.kind == .inputOutput)
  }

  @Test("Each error has a kind and a one-line sentence with its details")
  func sentences() {
    let errors: [(FileError, FailureKind, [String])] = [
      (.noSuchFile(path: "a.txt"), .noSuchInput, ["a.txt"]),
      (.isDirectory(path: "a"), .noSuchInput, ["a", "folder"]),
      (.notADirectory(path: "a.txt"), .noSuchInput, ["a.txt", "folder"]),
      (.notPermitted(path: "a.txt"), .noSuchInput, ["a.txt", "permissions"]),
      (.unreadable(path: "a.txt", reason: "a disk error"), .inputOutput, ["a.txt", "a disk error"]),
      (.notUTF8(path: "a.txt", offset: 7, line: 3, byte: 0x0F), .badData, ["a.txt", "0x0F", "offset 7", "line 3"]),
      (.utf16(path: "a.txt"), .badData, ["a.txt", "UTF-16"]),
      (.nul(path: "a.txt", offset: 7, line: 3, isLittleEndian: nil), .badData, ["a.txt", "NUL", "offset 7", "line 3"]),
      (.notText(path: "a.txt", found: "a zip archive", advice: "unpack it"), .badData, ["a.txt", "zip", "unpack it"]),
      (.emptyText(path: "a.txt"), .badData, ["a.txt"]),
      (.irregular(path: "p", kind: "a pipe"), .noSuchInput, ["p", "a pipe"]),
      (.malformedArchive(path: "a.zip", reason: "it is empty"), .badData, ["a.zip", "it is empty"]),
      (.cannotWrite(path: "a", reason: "no room"), .cannotCreate, ["a", "no room"]),
      (.writeFailed(path: "a\nb", reason: "no room"), .inputOutput, ["a⏎b", "no room"]),
    ]
    for (error, kind, parts) in errors {
      #expect(error.kind == kind)
      #expect(!error.description.contains("\n"))
      for part in parts { #expect(error.description.contains(part)) }
    }
  }
}
