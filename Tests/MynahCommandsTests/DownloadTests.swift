import Foundation
import MynahCommands
import MynahIO
import MynahText
import Synchronization
import TestSupport
import Testing

@Suite("Downloads of data sets")
struct DownloadTests: DownloadSuite {
  let downloads: LocalDownloads

  init() throws { downloads = try LocalDownloads() }

  // MARK: Complete downloads

  @Test("A file is downloaded only once, and no partial download remains")
  func once() throws {
    let server = try downloads.goodServer()
    #expect(try downloads.fetch(from: server.address()))
    #expect(try folder.bytes(of: "a") == file)
    #expect(try !downloads.fetch(from: server.address()))
    #expect(folder.names == ["a"] && downloads.ranges(server) == [nil])
  }

  @Test("Progress starts at the size of the partial download and ends at the file's size")
  func progress() throws {
    try folder.put(Array(file[..<1000]), as: "a.part")
    var events: [Download.Event] = []
    let server = try downloads.goodServer()
    try downloads.fetch(from: server.address(), report: { events.append($0) })
    #expect(events.first == .started(byteCount: 1000, total: file.count))
    #expect(events.last == .received(byteCount: file.count))
  }

  @Test("A file is extracted from its archive, or the whole archive is unpacked", arguments: [true, false])
  func archives(isMember: Bool) throws {
    let archive = try GoldenArchive.bytes()
    let server = try LocalServer { request, _ in .part(of: archive, request) }
    let original = isMember ? Array("hello, hello, hello".utf8) : archive
    let file = NamedDataSet.File(
      "a", from: server.address(), byteCount: original.count, sha256: SHA256.hexadecimal(of: original),
      member: isMember ? "fixed codes" : nil, unpacks: !isMember)
    try downloads.fetch(file)
    #expect(try folder.bytes(of: "a") == original)
    #expect(folder.names.contains("fixed codes") != isMember && !folder.names.contains("a.part"))
  }

  @Test(
    "An archive that lacks the file or has another version of it is rejected", arguments: ["nothing", "fixed codes"])
  func otherArchive(_ member: String) throws {
    let archive = try GoldenArchive.bytes()
    let server = try LocalServer { request, _ in .part(of: archive, request) }
    let file = NamedDataSet.File(
      "a", from: server.address(), byteCount: 19, sha256: SHA256.hexadecimal(of: [1] as [UInt8]), member: member)
    let error = try #require(throws: (any Error).self) { try downloads.fetch(file) }
    #expect((error as? DownloadError)?.failureCode == .badData || (error as? FileError)?.kind == .badData)
    #expect(folder.names.isEmpty)
  }

  // MARK: Wrong contents

  @Test("A download with the wrong contents is deleted, and the existing file is kept")
  func wrongBytes() throws {
    try folder.put([1], as: "a")
    let wrong = file.map { ~$0 }
    let server = try LocalServer { _, _ in .whole(wrong) }
    let error = try downloadError { try downloads.fetch(from: server.address()) }
    #expect(error.failureCode == .badData && error.sentence.contains(SHA256.hexadecimal(of: wrong)))
    #expect(try folder.bytes(of: "a") == [1] && folder.names == ["a"])
  }

  @Test("A download that resumed a different file is deleted, and the next run starts over")
  func wrongPart() throws {
    try folder.put([9, 9, 9], as: "a.part")
    let server = try downloads.goodServer()
    let error = try downloadError { try downloads.fetch(from: server.address()) }
    #expect(error.failureCode == .badData && error.sentence.contains("the download was deleted"))
    #expect(folder.names.isEmpty)
    try downloads.fetch(from: server.address())
    #expect(try folder.bytes(of: "a") == file)
  }

  @Test("The download ends at once if the server announces a larger file")
  func otherSize() throws {
    let server = try downloads.goodServer()
    let error = try downloadError { try downloads.fetch(from: server.address(), as: [1, 2, 3]) }
    #expect(error == .otherSize(address: server.address(), expected: 3, found: file.count))
    #expect(error.failureCode == .badData && error.sentence.contains("expected 3 bytes, found 300,000"))
  }

  @Test("The download ends if the server sends more bytes than expected", arguments: [true, false])
  func tooMuch(resumes: Bool) throws {
    let (file, start) = (file, resumes ? 10 : 0)
    if resumes { try folder.put(Array(file[..<start]), as: "a.part") }
    let server = try LocalServer { _, _ in
      .init(
        status: resumes ? "206 Partial Content" : "200 OK", headers: ["Content-Range: bytes \(start)-999999/1000000"],
        body: Array(file[start...]) + [0])
    }
    let error = try downloadError { try downloads.fetch(from: server.address()) }
    #expect(error == .otherSize(address: server.address(), expected: file.count, found: nil))
    #expect(folder.names.isEmpty)
  }

  @Test("A complete response that is too short is rejected")
  func tooLittle() throws {
    let server = try LocalServer { _, _ in
      .init(headers: ["Transfer-Encoding: chunked"], body: Array("3\r\nabc\r\n0\r\n\r\n".utf8))
    }
    let error = try downloadError { try downloads.fetch(from: server.address()) }
    #expect(error == .otherSize(address: server.address(), expected: file.count, found: 3) && folder.names.isEmpty)
  }

  // MARK: The disk

  @Test("On a full disk, the partial download is kept, and the next run resumes it")
  func fullDisk() throws {
    let server = try downloads.goodServer()
    let error = try downloadError { try fetch(from: server.address(), withRoomFor: 100_000) }
    #expect(error == .cannotStore(path: folder("a.part"), reason: "No space left on device"))
    #expect(error.failureCode == .inputOutput && error.sentence.contains("free disk space"))
    #expect(try folder.bytes(of: "a.part") == Array(file[..<100_000]))
    try downloads.fetch(from: server.address())
    #expect(try folder.bytes(of: "a") == file && downloads.ranges(server) == [nil, 100_000])
  }

  private func fetch(from address: String, withRoomFor byteCount: Int) throws -> Bool {
    let room = Room(byteCount)
    let part = try PartFile(of: folder("a")) { descriptor, bytes in
      let count = room.take(bytes.byteCount)
      guard count > 0 else {
        errno = ENOSPC
        return -1
      }
      return posixWrite(descriptor, bytes.extracting(..<count))
    }
    try Download(patience: downloads.patience(), environment: downloads.environment)
      .fetch(Download.Target(address: address, byteCount: file.count), into: part)
    return true
  }

  /// The simulated free space of a disk.
  private final class Room: Sendable {
    private let byteCount: Mutex<Int>

    init(_ byteCount: Int) { self.byteCount = Mutex(byteCount) }

    /// Takes at most `count` bytes and returns the number taken.
    func take(_ count: Int) -> Int {
      byteCount.withLock { left in
        let taken = min(left, count)
        left -= taken
        return taken
      }
    }
  }

  @Test("Two runs cannot write the same partial download")
  func twoRuns() throws {
    let server = try downloads.goodServer()
    let part = try PartFile(of: folder("a"))
    let error = #expect(throws: FileError.self) { try downloads.fetch(from: server.address()) }
    #expect(error?.description.contains("another run is writing it") == true && server.requests.isEmpty)
    part.remove()
  }
}
