import Foundation
import MynahIO
import TestSupport
import Testing

struct InputFileTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @Test("Any stretch of a file can be read, also after another file took its place")
  func stretches() throws {
    let path = try folder.put([1, 2, 3, 4, 5], as: "file")
    let file = try InputFile(path: path)
    #expect(file.byteCount == 5)
    #expect(try file.bytes(1..<4) == [2, 3, 4] && file.bytes(5..<5) == [])
    try AtomicFile.write([9], to: path)
    #expect(try file.bytes(0..<5) == [1, 2, 3, 4, 5])
  }

  @Test("A file that has become shorter is an error that says how short")
  func truncated() throws {
    let path = try folder.put([1, 2, 3, 4, 5], as: "file")
    let file = try InputFile(path: path)
    #expect(unsafe truncate(path, 2) == 0)
    #expect(throws: InputFile.Failure.truncated(byteCount: 2)) { try file.bytes(0..<5) }
  }

  @Test("What is missing and what is no regular file are told apart, without waiting for a pipe's other end")
  func places() throws {
    #expect(throws: InputFile.Failure.missing) { try InputFile(path: folder("none")) }
    #expect(throws: InputFile.Failure.irregular("a directory")) { try InputFile(path: folder.path) }
    #expect(unsafe mkfifo(folder("pipe"), 0o600) == 0)
    #expect(throws: InputFile.Failure.irregular("a pipe")) { try InputFile(path: folder("pipe")) }
  }
}
