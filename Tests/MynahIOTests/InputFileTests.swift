import Foundation
import MynahIO
import Synchronization
import TestSupport
import Testing

struct InputFileTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @Test("Any range of a file can be read, even after another file has replaced it")
  func stretches() throws {
    let path = try folder.put([1, 2, 3, 4, 5], as: "file")
    let file = try InputFile(path: path)
    #expect(file.byteCount == 5)
    #expect(try file.bytes(1..<4) == [2, 3, 4] && file.bytes(5..<5) == [])
    try AtomicFile.write([9], to: path)
    #expect(try file.bytes(0..<5) == [1, 2, 3, 4, 5])
  }

  @Test("Reading a file that has become shorter throws an error")
  func truncated() throws {
    let path = try folder.put([1, 2, 3, 4, 5], as: "file")
    let file = try InputFile(path: path)
    #expect(unsafe truncate(path, 2) == 0)
    #expect(throws: FileError.unreadable(path: path, reason: "it became shorter while it was being read")) {
      try file.bytes(0..<5)
    }
  }

  @Test("Missing files, folders and pipes throw different errors, without waiting for a pipe's other end")
  func places() throws {
    #expect(throws: FileError.noSuchFile(path: folder("none"))) { try InputFile(path: folder("none")) }
    #expect(throws: FileError.isDirectory(path: folder.path)) { try InputFile(path: folder.path) }
    #expect(FileKind(at: folder("none")) == nil && FileKind(at: folder.path) == .directory)
    #expect(unsafe mkfifo(folder("pipe"), 0o600) == 0)
    #expect(throws: FileError.irregular(path: folder("pipe"), kind: "a pipe")) { try InputFile(path: folder("pipe")) }
  }

  @Test("A pipe is refused without opening it, so that its writer goes on waiting for a reader")
  func waitingWriter() throws {
    let pipe = folder("pipe")
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    let hasWritten = Flag()
    Thread.detachNewThread {
      try? Data("a\n".utf8).write(to: URL(filePath: pipe))
      hasWritten.set()
    }
    for _ in 0..<100 {
      #expect(throws: FileError.irregular(path: pipe, kind: "a pipe")) { try InputFile(path: pipe) }
      usleep(1000)
    }
    #expect(!hasWritten.isSet)
    #expect(try TextFile(at: pipe).text == "a\n")
  }

  private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
  }
}
