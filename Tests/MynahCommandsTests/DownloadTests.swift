import Foundation
import MynahCommands
import MynahIO
import MynahText
import Synchronization
import TestSupport
import Testing

@Suite("Data sets from their addresses")
struct DownloadTests {
  private let folder: ScratchFolder
  /// More than goes into one packet or one buffer.
  private let file = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }

  init() throws { folder = try ScratchFolder() }

  /// Brings "a" from an address into the folder.
  @discardableResult
  private func bring(
    from address: String, as original: [UInt8]? = nil, pauses: Int = 0, silence: Duration = .seconds(600),
    report: @escaping (Download.Event) -> Void = { _ in }
  ) async throws -> Bool {
    let original = original ?? file
    return try await bring(
      NamedDataSet.File("a", from: address, byteCount: original.count, sha256: SHA256.hexadecimal(of: original)),
      pauses: pauses, silence: silence, report: report)
  }

  @discardableResult
  private func bring(
    _ file: NamedDataSet.File, pauses: Int = 0, silence: Duration = .seconds(600),
    report: @escaping (Download.Event) -> Void = { _ in }
  ) async throws -> Bool {
    let patience = patience(pauses: pauses, silence: silence)
    return try await DataSetStore(in: folder.path, from: .addresses(Download(patience: patience, report: report)))
      .bring(file)
  }

  /// Tests side by side may keep all threads busy for long: what is not about time must not depend on it.
  private func patience(pauses: Int = 0, silence: Duration = .seconds(600)) -> Download.Patience {
    var patience = Download.Patience()
    patience.pauses = Array(repeating: .zero, count: pauses)
    (patience.connecting, patience.silence) = (.seconds(600), silence)
    return patience
  }

  private func failure(_ body: () async throws -> Bool) async throws -> DownloadError {
    try await #require(throws: DownloadError.self) { _ = try await body() }
  }

  /// A server that gives the file and its ranges.
  private func goodServer() async throws -> LocalServer {
    let file = file
    return try await LocalServer { request, _ in .part(of: file, request) }
  }

  private func ranges(_ server: LocalServer) -> [Int?] { server.requests.map(\.rangeStart) }

  // MARK: The good case

  @Test("A file is fetched once and leaves no part")
  func once() async throws {
    let server = try await goodServer()
    #expect(try await bring(from: server.address()))
    #expect(try folder.bytes(of: "a") == file)
    #expect(try await !bring(from: server.address()))
    #expect(folder.names == ["a"] && ranges(server) == [nil])
  }

  @Test("Progress begins at what is there and ends at the whole")
  func progress() async throws {
    try folder.put(Array(file[..<1000]), as: "a.part")
    var events: [Download.Event] = []
    let server = try await goodServer()
    try await bring(from: server.address()) { events.append($0) }
    #expect(events.first == .started(byteCount: 1000, total: file.count))
    #expect(events.last == .received(byteCount: file.count))
  }

  @Test("A file in an archive is taken out of it, an archive is unpacked", arguments: [true, false])
  func archives(isMember: Bool) async throws {
    let archive = try GoldenArchive.bytes()
    let server = try await LocalServer { request, _ in .part(of: archive, request) }
    let original = isMember ? Array("hello, hello, hello".utf8) : archive
    let file = NamedDataSet.File(
      "a", from: server.address(), byteCount: original.count, sha256: SHA256.hexadecimal(of: original),
      member: isMember ? "fixed codes" : nil, unpacks: !isMember)
    try await bring(file)
    #expect(try folder.bytes(of: "a") == original)
    #expect(folder.names.contains("fixed codes") != isMember && !folder.names.contains("a.part"))
  }

  @Test("An archive without the file, or with another one, is refused", arguments: ["nothing", "fixed codes"])
  func otherArchive(_ member: String) async throws {
    let archive = try GoldenArchive.bytes()
    let server = try await LocalServer { request, _ in .part(of: archive, request) }
    let file = NamedDataSet.File(
      "a", from: server.address(), byteCount: 19, sha256: SHA256.hexadecimal(of: [1] as [UInt8]), member: member)
    let error = try await #require(throws: (any Error).self) { try await bring(file) }
    #expect((error as? DownloadError)?.failureCode == .badData || (error as? FileError)?.kind == .badData)
    #expect(folder.names.isEmpty)
  }

  // MARK: Broken connections

  @Test("A connection that is cut is made again and goes on where it was")
  func retries() async throws {
    let file = file
    let server = try await LocalServer { request, number in
      let answer = LocalServer.Answer.part(of: file, request)
      return number < 4 ? answer.cut(after: 70_000) : answer
    }
    try await bring(from: server.address(), pauses: 3)
    #expect(try folder.bytes(of: "a") == file)
    // Bytes that came just before the cut may be lost with it.
    let starts = ranges(server).map { $0 ?? 0 }
    #expect(starts.count == 4 && starts[3] > 0 && starts == starts.sorted())
  }

  @Test("A connection that is cut too often leaves the part; the next run goes on from there")
  func resumes() async throws {
    let file = file
    let server = try await LocalServer { request, number in
      let answer = LocalServer.Answer.part(of: file, request)
      return number < 3 ? answer.cut(after: 100_000) : answer
    }
    let error = try await failure { try await bring(from: server.address(), pauses: 1) }
    let part = try folder.bytes(of: "a.part")
    #expect(error.failureCode == .unavailable && error.sentence.contains("broke off after"))
    #expect(file.starts(with: part) && !part.isEmpty && folder.names == ["a.part"])
    try await bring(from: server.address())
    #expect(try folder.bytes(of: "a") == file && folder.names == ["a"])
    #expect(ranges(server).count == 3 && ranges(server)[2] == part.count)
  }

  @Test("A body without a size whose connection ends early is no whole one")
  func openEnd() async throws {
    let file = file
    let server = try await LocalServer { _, _ in .init(body: Array(file[..<1000])) }
    let error = try await failure { try await bring(from: server.address()) }
    #expect(error.failureCode == .unavailable && error.sentence.contains("after 1,000 bytes"))
    #expect(folder.names == ["a.part"])
  }

  @Test("A silent server is given up, before its answer and after it", arguments: [true, false])
  func silence(answers: Bool) async throws {
    let file = file
    let server = try await LocalServer { _, _ in
      answers ? .whole(file).hanging(after: 1000) : .init(status: "102 Processing", hangs: true)
    }
    let error = try await failure { try await bring(from: server.address(), silence: .milliseconds(60)) }
    #expect(error.failureCode == .unavailable && error.sentence.contains("was silent for 0.06 s"))
    #expect(try folder.bytes(of: "a.part").count <= (answers ? 1000 : 0))
  }

  @Test("An interruption leaves the part; the next run goes on from there")
  func interruption() async throws {
    let file = file
    let server = try await LocalServer { request, number in
      let answer = LocalServer.Answer.part(of: file, request)
      return number == 1 ? answer.hanging(after: 1000) : answer
    }
    let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
    let run = Task {
      try await bring(from: server.address(), pauses: 3) {
        if case .received(let count) = $0 { continuation.yield(count) }
      }
    }
    for await count in stream where count == 1000 { break }
    run.cancel()
    let error = try await failure { try await run.value }
    #expect(error.failureCode == .interrupted && error.sentence.contains("a.part"))
    #expect(try folder.bytes(of: "a.part") == Array(file[..<1000]))
    try await bring(from: server.address())
    #expect(folder.names == ["a"] && ranges(server) == [nil, 1000])
  }

  @Test("What was fetched whole is not fetched again")
  func wholePart() async throws {
    try folder.put(file, as: "a.part")
    let server = try await goodServer()
    #expect(try await bring(from: server.address()))
    #expect(folder.names == ["a"] && server.requests.isEmpty)
  }

  // MARK: Servers that do not go on

  @Test("A server that cannot go on where the part ends is asked for the whole", arguments: ["200", "206", "416"])
  func startsAnew(_ status: String) async throws {
    let file = file
    try folder.put([9, 9, 9], as: "a.part")
    let server = try await LocalServer { request, _ in
      guard request.rangeStart != nil, status != "200" else { return .whole(file) }
      guard status == "206" else { return .failure("416 Range Not Satisfiable") }
      var answer = LocalServer.Answer.part(of: file, .init(path: "", rangeStart: 7))
      answer.status = "206 Partial Content"
      return answer
    }
    try await bring(from: server.address())
    #expect(try folder.bytes(of: "a") == file && folder.names == ["a"])
    #expect(ranges(server) == (status == "200" ? [3] : [3, nil]))
  }

  @Test("A part that is longer than the file starts anew")
  func longPart() async throws {
    try folder.put(file + [1], as: "a.part")
    let server = try await goodServer()
    try await bring(from: server.address())
    #expect(try folder.bytes(of: "a") == file && ranges(server) == [nil])
  }

  // MARK: Wrong bytes

  @Test("Wrong bytes are refused and removed; what stood there stays")
  func wrongBytes() async throws {
    try folder.put([1], as: "a")
    let wrong = file.map { ~$0 }
    let server = try await LocalServer { _, _ in .whole(wrong) }
    let error = try await failure { try await bring(from: server.address()) }
    #expect(error.failureCode == .badData && error.sentence.contains(SHA256.hexadecimal(of: wrong)))
    #expect(try folder.bytes(of: "a") == [1] && folder.names == ["a"])
  }

  @Test("A part of another file makes the whole wrong, which is removed, and the next run starts anew")
  func wrongPart() async throws {
    try folder.put([9, 9, 9], as: "a.part")
    let server = try await goodServer()
    let error = try await failure { try await bring(from: server.address()) }
    #expect(error.failureCode == .badData && error.sentence.contains("what was fetched is removed"))
    #expect(folder.names.isEmpty)
    try await bring(from: server.address())
    #expect(try folder.bytes(of: "a") == file)
  }

  @Test("A server that announces another size is refused at once")
  func otherSize() async throws {
    let server = try await goodServer()
    let error = try await failure { try await bring(from: server.address(), as: [1, 2, 3]) }
    #expect(error == .otherSize(address: server.address(), expected: 3, found: file.count))
    #expect(error.failureCode == .badData && error.sentence.contains("should have 3 bytes and has 300,000"))
  }

  @Test("A server that sends more than it should is stopped", arguments: [true, false])
  func tooMuch(resumes: Bool) async throws {
    let (file, start) = (file, resumes ? 10 : 0)
    if resumes { try folder.put(Array(file[..<start]), as: "a.part") }
    let server = try await LocalServer { _, _ in
      .init(
        status: resumes ? "206 Partial Content" : "200 OK", headers: ["Content-Range: bytes \(start)-999999/1000000"],
        body: Array(file[start...]) + [0])
    }
    let error = try await failure { try await bring(from: server.address()) }
    #expect(error == .otherSize(address: server.address(), expected: file.count, found: nil))
    #expect(folder.names.isEmpty)
  }

  @Test("A server that ends before the known size is refused if it says that this is all")
  func tooLittle() async throws {
    let server = try await LocalServer { _, _ in
      .init(headers: ["Transfer-Encoding: chunked"], body: Array("3\r\nabc\r\n0\r\n\r\n".utf8))
    }
    let error = try await failure { try await bring(from: server.address()) }
    #expect(error == .otherSize(address: server.address(), expected: file.count, found: 3) && folder.names.isEmpty)
  }

  // MARK: Redirects

  @Test("Redirects are followed, absolute and relative ones")
  func redirects() async throws {
    let file = file
    let other = try await LocalServer { request, _ in
      request.path == "/b/c" ? .part(of: file, request) : .redirect(to: "b/c", status: "308 Permanent Redirect")
    }
    let address = other.address("/")
    let server = try await LocalServer { _, _ in .redirect(to: address) }
    try folder.put(Array(file[..<5]), as: "a.part")
    try await bring(from: server.address())
    #expect(try folder.bytes(of: "a") == file)
    #expect(ranges(other) == [5, 5])
  }

  @Test("Redirects in a circle are given up")
  func circle() async throws {
    let server = try await LocalServer { request, _ in .redirect(to: request.path == "/a" ? "/b" : "/a") }
    let error = try await failure { try await bring(from: server.address()) }
    #expect(error.failureCode == .unavailable && error.sentence.contains("more than 5 times"))
    #expect(server.requests.count == 6)
  }

  @Test(
    "Redirects that give encryption up or name something else are not followed",
    arguments: ["file:///etc/passwd", "ftp://example.invalid/a", "http+unix://%2Frun%2Fa/b", "http:", nil])
  func badRedirects(_ location: String?) async throws {
    #expect(throws: DownloadError.self) { try Redirect.next(from: "http://example.invalid/a", to: location) }
    #expect(throws: DownloadError.self) { try Redirect.next(from: "https://example.invalid/a", to: location) }
    let insecure = #expect(throws: DownloadError.self) {
      try Redirect.next(from: "HTTPS://example.invalid/a", to: "http://example.invalid/a")
    }
    #expect(insecure?.sentence.contains("expected an address with https") == true)
    #expect(throws: Never.self) { try Redirect.next(from: "http://example.invalid/a", to: "http://example.invalid/b") }
    #expect(try Redirect.next(from: "https://example.invalid/a/b", to: "c?d") == "https://example.invalid/a/c?d")
  }

  // MARK: No answer

  @Test(
    "An answer that is no file gives its status",
    arguments: [
      ("404 Not Found", FailureCode.noSuchInput), ("410 Gone", .noSuchInput), ("403 Forbidden", .unavailable),
      ("500 Internal Server Error", .unavailable), ("416 Range Not Satisfiable", .unavailable),
    ])
  func statuses(_ status: String, _ code: FailureCode) async throws {
    let server = try await LocalServer { _, _ in .failure(status) }
    let error = try await failure { try await bring(from: server.address(), pauses: 3) }
    #expect(error.failureCode == code && error.sentence.contains(status) && error.sentence.contains("--from"))
    #expect(server.requests.count == 1)
  }

  @Test("A port at which nobody listens and a name that cannot be resolved are told at once")
  func unreachable() async throws {
    let deserted = try await LocalServer.deserted()
    let refused = try await failure { try await bring(from: deserted, pauses: 3) }
    #expect(refused.failureCode == .unavailable && refused.sentence.contains("Connection refused"))
    // No label of a name may be so long, so that no other machine is asked.
    let name = String(repeating: "a", count: 70) + ".invalid"
    let unknown = try await failure { try await bring(from: "http://\(name)/", pauses: 3) }
    #expect(unknown.failureCode == .unavailable && unknown.sentence.contains("\(name) cannot be resolved"))
  }

  // MARK: The disk

  @Test("A full disk leaves what it took; the next run goes on from there")
  func fullDisk() async throws {
    let server = try await goodServer()
    let error = try await failure { try await fetch(from: server.address(), withRoomFor: 100_000) }
    #expect(error == .cannotStore(path: folder("a.part"), reason: "No space left on device"))
    #expect(error.failureCode == .inputOutput && error.sentence.contains("make room"))
    #expect(try folder.bytes(of: "a.part") == Array(file[..<100_000]))
    try await bring(from: server.address())
    #expect(try folder.bytes(of: "a") == file && ranges(server) == [nil, 100_000])
  }

  private func fetch(from address: String, withRoomFor byteCount: Int) async throws -> Bool {
    let room = Room(byteCount)
    let part = try PartFile(of: folder("a")) { descriptor, bytes in
      let count = room.take(bytes.byteCount)
      guard count > 0 else {
        errno = ENOSPC
        return -1
      }
      return posixWrite(descriptor, bytes.extracting(..<count))
    }
    try await Download(patience: patience()).fetch(Download.Target(address: address, byteCount: file.count), into: part)
    return true
  }

  /// What a disk has left.
  private final class Room: Sendable {
    private let byteCount: Mutex<Int>

    init(_ byteCount: Int) { self.byteCount = Mutex(byteCount) }

    /// Takes as many bytes as there are of so many.
    func take(_ count: Int) -> Int {
      byteCount.withLock { left in
        let taken = min(left, count)
        left -= taken
        return taken
      }
    }
  }

  @Test("Two runs do not write the same part")
  func twoRuns() async throws {
    let server = try await goodServer()
    let part = try PartFile(of: folder("a"))
    let error = await #expect(throws: FileError.self) { try await bring(from: server.address()) }
    #expect(error?.description.contains("another run is writing it") == true && server.requests.isEmpty)
    part.remove()
  }
}
