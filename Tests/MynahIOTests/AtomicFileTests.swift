import Foundation
import MynahIO
import TestSupport
import Testing

struct AtomicFileTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @Test("A file is created, then replaced, and no other files are left in the folder")
  func replaces() throws {
    try AtomicFile.write([1, 2, 3], to: folder("a"))
    #expect(try folder.bytes(of: "a") == [1, 2, 3])
    try AtomicFile.write([], to: folder("a"))
    #expect(try folder.bytes(of: "a") == [])
    #expect(folder.names == ["a"])
  }

  @Test("The old file remains until the commit, and an abandoned write leaves no files")
  func abandoned() throws {
    try folder.put([7], as: "a")
    do {
      var file = try AtomicFile(replacing: folder("a"))
      try unsafe file.write([1 as UInt8, 2].span.bytes)
      #expect(try folder.bytes(of: "a") == [7])
      #expect(folder.names.count == 2)
      #expect(folder.names.contains { $0.contains("\(getpid())") })
    }
    #expect(try folder.bytes(of: "a") == [7])
    #expect(folder.names == ["a"])
  }

  /// Writes bytes to "a" with a test double of the system's `write`.
  func write(_ bytes: [UInt8], with systemWrite: @escaping WriteFunction) throws {
    var file = try AtomicFile(replacing: folder("a"), writingWith: systemWrite)
    try unsafe file.write(bytes.span.bytes)
    try file.commit()
  }

  @Test("All bytes are written even if the system takes a few at a time or is interrupted")
  func partialWrites() throws {
    let bytes = (0..<100).map { UInt8($0) }
    let calls = Counter()
    try write(bytes) { descriptor, bytes in
      guard calls.next() % 3 != 0 else {
        errno = EINTR
        return -1
      }
      return unsafe bytes.withUnsafeBytes { unsafe Foundation.write(descriptor, $0.baseAddress, min($0.count, 7)) }
    }
    #expect(try folder.bytes(of: "a") == bytes)
  }

  @Test("A full disk gives a readable error, keeps the old file and leaves no other files")
  func fullDisk() throws {
    try folder.put([7], as: "a")
    let calls = Counter()
    let error = try #require(throws: FileError.self) {
      try write([1, 2, 3, 4]) { descriptor, bytes in
        guard calls.next() > 2 else {
          return unsafe bytes.withUnsafeBytes { unsafe Foundation.write(descriptor, $0.baseAddress, 1) }
        }
        errno = ENOSPC
        return -1
      }
    }
    #expect(error == .writeFailed(path: folder("a"), reason: "No space left on device"))
    #expect(try folder.bytes(of: "a") == [7])
    #expect(folder.names == ["a"])
  }

  @Test("A path that cannot be written to is rejected immediately with the reason")
  func unwritable() throws {
    try folder.put([7], as: "file")
    let cases = [
      (folder("none/a"), "there is no folder '\(folder.path)/none/'"),
      (folder("file/a"), "'\(folder.path)/file/' is not a folder"),
      (folder.path, "it is a folder"), (folder.path + "/", "it is a folder"),
      (folder("new/"), "add the file's name"),
      ("", "the path is empty"), ("/dev/null", "it is a device"),
      (folder(String(repeating: "x", count: 300)), "too long"),
    ]
    for (path, reason) in cases {
      let error = try #require(throws: FileError.self) { try AtomicFile.check(path) }
      #expect("\(error)".contains(reason), "\(error)")
      #expect("\(error)".hasPrefix("cannot write '\(path)': "), "\(error)")
    }
    #expect(folder.names == ["file"])
  }

  @Test("Checking a path changes no files")
  func check() throws {
    try folder.put([7], as: "a")
    try AtomicFile.check(folder("a"))
    try AtomicFile.check(folder("b"))
    #expect(folder.names == ["a"])
    #expect(try folder.bytes(of: "a") == [7])
  }

  @Test("A link stays a link, and its file keeps its permissions")
  func linksAndPermissions() throws {
    try folder.put([7], as: "file")
    #expect(unsafe chmod(folder("file"), 0o600) == 0)
    try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: "file")
    try AtomicFile.write([1], to: folder("link"))
    #expect(try folder.bytes(of: "file") == [1])
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder("link")) == "file")
    let permissions = try FileManager.default.attributesOfItem(atPath: folder("file"))[.posixPermissions] as? Int
    #expect(permissions == 0o600)
  }

  @Test("The next write to the same target removes the files of a killed process and no others")
  func staleTemporaries() throws {
    let others = [".a.temporary", ".a.1-zz.temporary", ".a.b.1-0.temporary", ".b.1-0.temporary", "a.1-0.temporary"]
    for name in others + [".a.1-0.temporary", ".a.\(getpid())-beef.temporary"] { try folder.put([0], as: name) }
    try AtomicFile.write([1], to: folder("a"))
    #expect(folder.names == (others + ["a"]).sorted())
  }

  @Test("Two writers to one target do not interfere: the last to commit wins")
  func twoWriters() throws {
    var first = try AtomicFile(replacing: folder("a"))
    var second = try AtomicFile(replacing: folder("a"))
    try unsafe first.write([1 as UInt8].span.bytes)
    try unsafe second.write([2 as UInt8, 2].span.bytes)
    try second.commit()
    try first.commit()
    #expect(try folder.bytes(of: "a") == [1])
    #expect(folder.names == ["a"])
  }
}

/// Counts calls from a single thread.
private final class Counter: @unchecked Sendable {
  private var count = 0
  func next() -> Int {
    count += 1
    return count
  }
}
