import Foundation
import MynahCommands
import TestSupport
import Testing

@Suite("Downloads that stop and resume")
struct DownloadResumeTests: DownloadSuite {
  let downloads: LocalDownloads

  init() throws { downloads = try LocalDownloads() }

  // MARK: Lost connections

  @Test("A lost connection is retried and resumes where it stopped")
  func retries() throws {
    let file = file
    let server = try LocalServer { request, number in
      let response = LocalServer.Response.part(of: file, request)
      return number < 4 ? response.cut(after: 70_000) : response
    }
    try downloads.fetch(from: server.address(), pauses: 3)
    #expect(try folder.bytes(of: "a") == file)
    #expect(downloads.ranges(server) == [nil, 70_000, 140_000, 210_000])
  }

  @Test("When no retries are left, the partial download is kept, and the next run resumes it")
  func resumes() throws {
    let file = file
    let server = try LocalServer { request, number in
      let response = LocalServer.Response.part(of: file, request)
      return number < 3 ? response.cut(after: 100_000) : response
    }
    let error = try downloadError { try downloads.fetch(from: server.address(), pauses: 1) }
    let part = try folder.bytes(of: "a.part")
    #expect(error.failureCode == .unavailable && error.sentence.contains("stopped after 200,000 bytes"))
    #expect(file.starts(with: part) && folder.names == ["a.part"])
    try downloads.fetch(from: server.address())
    #expect(try folder.bytes(of: "a") == file && folder.names == ["a"])
    #expect(downloads.ranges(server) == [nil, 100_000, 200_000])
  }

  @Test("A body of unknown size that ends early is reported as incomplete")
  func openEnd() throws {
    let file = file
    let server = try LocalServer { _, _ in .init(body: Array(file[..<1000])) }
    let error = try downloadError { try downloads.fetch(from: server.address()) }
    #expect(error.failureCode == .unavailable && error.sentence.contains("after 1,000 bytes"))
    #expect(folder.names == ["a.part"])
  }

  @Test("The download times out if the server is silent before or during its response", arguments: [true, false])
  func silence(responds: Bool) throws {
    let file = file
    let server = try LocalServer { _, _ in responds ? .whole(file).hanging(after: 1) : .silence }
    let error = try downloadError { try downloads.fetch(from: server.address(), silence: .seconds(3)) }
    #expect(error.failureCode == .unavailable && error.sentence.contains("last 3 seconds"))
    #expect(folder.names == (responds ? ["a.part"] : []))
  }

  @Test("An interruption stops curl and keeps the partial download, which the next run resumes")
  func interruption() throws {
    let file = file
    let server = try LocalServer { request, number in
      let response = LocalServer.Response.part(of: file, request)
      return number == 1 ? response.hanging(after: 1000) : response
    }
    var byteCount = 0
    let error = try downloadError {
      try downloads.fetch(from: server.address(), pauses: 3, isInterrupted: { byteCount == 1000 }) {
        if case .received(let count) = $0 { byteCount = count }
      }
    }
    #expect(error == .interrupted && error.failureCode == .interrupted)
    #expect(try folder.bytes(of: "a.part") == Array(file[..<1000]))
    try downloads.fetch(from: server.address())
    #expect(folder.names == ["a"] && downloads.ranges(server) == [nil, 1000])
    #expect(server.wasAbandoned())
  }

  @Test("An interruption between two attempts ends the download")
  func interruptedPause() throws {
    let server = try LocalServer { _, _ in .init(isEmpty: true) }
    var patience = downloads.patience()
    patience.pauses = [.seconds(600)]
    var isRetrying = false
    let download = Download(patience: patience, environment: downloads.environment, isInterrupted: { isRetrying }) {
      if case .retrying = $0 { isRetrying = true }
    }
    let error = try downloadError {
      try downloads.fetch(NamedDataSet.File("a", from: server.address(), byteCount: 1, sha256: ""), by: download)
    }
    #expect(error == .interrupted && server.requests.count == 1 && folder.names.isEmpty)
  }

  @Test("A partial download that is already complete is not downloaded again")
  func wholePart() throws {
    try folder.put(file, as: "a.part")
    let server = try downloads.goodServer()
    #expect(try downloads.fetch(from: server.address()))
    #expect(folder.names == ["a"] && server.requests.isEmpty)
  }

  // MARK: Servers that cannot resume

  @Test("If the server cannot resume a download, the whole file is downloaded", arguments: ["200", "206", "416"])
  func startsAnew(_ status: String) throws {
    let file = file
    try folder.put([9, 9, 9], as: "a.part")
    let server = try LocalServer { request, _ in
      guard request.rangeStart != nil, status != "200" else { return .whole(file) }
      guard status == "206" else { return .failure("416 Range Not Satisfiable") }
      return .part(of: file, .init(path: "", rangeStart: 7))
    }
    try downloads.fetch(from: server.address())
    #expect(try folder.bytes(of: "a") == file && folder.names == ["a"])
    #expect(downloads.ranges(server) == [3, nil])
  }

  @Test("A partial download as long as the server's file is discarded if that file has the wrong size")
  func otherPart() throws {
    try folder.put([9, 9, 9], as: "a.part")
    let server = try LocalServer { _, _ in .whole([1, 2, 3]) }
    let error = try downloadError { try downloads.fetch(from: server.address()) }
    #expect(error == .otherSize(address: server.address(), expected: file.count, found: 3))
    #expect(folder.names.isEmpty && downloads.ranges(server) == [3, nil])
  }

  @Test("A partial download that is longer than the file is discarded")
  func longPart() throws {
    try folder.put(file + [1], as: "a.part")
    let server = try downloads.goodServer()
    try downloads.fetch(from: server.address())
    #expect(try folder.bytes(of: "a") == file && downloads.ranges(server) == [nil])
  }
}
