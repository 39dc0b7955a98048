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

  /// The error of reading a file of some bytes.
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

  @Test("Text comes back as it is, without byte order mark and with \\n for \\r\\n")
  func reading() throws {
    #expect(try read(Array("aé😀\n b".utf8)) == "aé😀\n b")
    #expect(try read([0xEF, 0xBB, 0xBF] + Array("a\r\nb\rc\r\n\r".utf8)) == "a\nb\rc\n\r")
  }

  @Test(
    "Bytes that are not UTF-8 are found with their offset and line",
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

  @Test("Text in UTF-16 is named as such")
  func utf16() throws {
    for bytes in [[0xFF, 0xFE, 0x61, 0x00], [0xFE, 0xFF, 0x00, 0x61]] as [[UInt8]] {
      guard case .utf16 = try failure(bytes) else {
        Issue.record("expected the error for UTF-16")
        return
      }
    }
  }

  @Test("Nothing but white space is no text", arguments: ["", "\n", " \r\n\t\u{3000}", "\u{FEFF}"])
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
    "A file whose reading breaks off is an error of input",
    .enabled(if: FileKind(at: "/proc/self/mem") != nil, "this machine has no /proc"))
  func readingBreaksOff() throws {
    // Reading the start of this file fails for any user, also for one who may read all files.
    let error = #expect(throws: FileError.self) { try TextFile(at: "/proc/self/mem") }
    #expect(error?.kind == .inputOutput)
  }

  @Test("Each error has a kind and a sentence of one line with its details")
  func sentences() {
    let errors: [(FileError, FailureKind, [String])] = [
      (.noSuchFile(path: "a.txt"), .noSuchInput, ["a.txt"]),
      (.isDirectory(path: "a"), .noSuchInput, ["a", "folder"]),
      (.notADirectory(path: "a.txt"), .noSuchInput, ["a.txt", "folder"]),
      (.notPermitted(path: "a.txt"), .noSuchInput, ["a.txt", "permissions"]),
      (.unreadable(path: "a.txt", reason: "a disk error"), .inputOutput, ["a.txt", "a disk error"]),
      (.notUTF8(path: "a.txt", offset: 7, line: 3, byte: 0x0F), .badData, ["a.txt", "0x0F", "offset 7", "line 3"]),
      (.utf16(path: "a.txt"), .badData, ["a.txt", "UTF-16"]),
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
