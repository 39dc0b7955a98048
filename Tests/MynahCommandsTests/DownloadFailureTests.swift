import Foundation
import MynahCommands
import TestSupport
import Testing

@Suite("Downloads that fail")
struct DownloadFailureTests: DownloadSuite {
  let downloads: LocalDownloads

  init() throws { downloads = try LocalDownloads() }

  // MARK: Redirects

  @Test("Absolute and relative redirects are followed")
  func redirects() throws {
    let file = file
    let other = try LocalServer { request, _ in
      request.path == "/b/c" ? .part(of: file, request) : .redirect(to: "b/c", status: "308 Permanent Redirect")
    }
    let address = other.address("/")
    let server = try LocalServer { _, _ in .redirect(to: address) }
    try folder.put(Array(file[..<5]), as: "a.part")
    try downloads.fetch(from: server.address())
    #expect(try folder.bytes(of: "a") == file)
    #expect(downloads.ranges(other) == [5, 5])
  }

  @Test("Circular redirects end with an error")
  func circle() throws {
    let server = try LocalServer { request, _ in .redirect(to: request.path == "/a" ? "/b" : "/a") }
    let error = try downloadError { try downloads.fetch(from: server.address()) }
    #expect(error.failureCode == .unavailable && error.sentence.contains("more than 5 redirects"))
    #expect(server.requests.count == 6 && folder.names.isEmpty)
  }

  @Test(
    "Redirects to other protocols and malformed addresses are not followed",
    arguments: [
      "file:///etc/passwd", "ftp://example.invalid/a", "http+unix://%2Frun%2Fa/b", "http:", "http://a\u{1B}[m",
    ])
  func badRedirects(_ location: String) throws {
    let server = try LocalServer { _, _ in .redirect(to: location) }
    let error = try downloadError { try downloads.fetch(from: server.address(), pauses: 3) }
    guard case .misdirected = error else {
      Issue.record("\(error)")
      return
    }
    #expect(error.failureCode == .unavailable && server.requests.count == 1 && folder.names.isEmpty)
  }

  @Test("An https address allows only https, even in redirects")
  func encryption() {
    for (address, protocols) in [("https://a/b", "=https"), ("HTTPS://a/b", "=https"), ("http://a/b", "=http,https")] {
      let arguments = Curl.arguments(address: address, start: 0, limit: 1, patience: downloads.patience())
      for option in ["--proto", "--proto-redir"] {
        let value = arguments.firstIndex(of: option).map { arguments[$0 + 1] }
        #expect(value == protocols)
      }
    }
  }

  // MARK: Failures

  @Test(
    "An unexpected status is an error, and the response body is not saved",
    arguments: [
      ("404 Not Found", FailureCode.noSuchInput), ("410 Gone", .noSuchInput), ("403 Forbidden", .unavailable),
      ("500 Internal Server Error", .unavailable), ("416 Range Not Satisfiable", .unavailable),
      ("206 Partial Content", .unavailable), ("302 Found", .unavailable), ("203 Other", .unavailable),
    ])
  func statuses(_ status: String, _ code: FailureCode) throws {
    let server = try LocalServer { _, _ in .init(status: status, headers: ["Content-Length: 3"], body: [1, 2, 3]) }
    let error = try downloadError { try downloads.fetch(from: server.address(), pauses: 3) }
    #expect(error == .refused(address: server.address(), status: Int(status.prefix(3)) ?? 0))
    #expect(error.failureCode == code && error.sentence.contains(status.prefix(3)) && error.sentence.contains("--from"))
    #expect(server.requests.count == 1 && folder.names.isEmpty)
  }

  @Test("A download is not retried if the server is down or the host name cannot be resolved")
  func unreachable() throws {
    let refused = try downloadError { try downloads.fetch(from: try LocalServer.deserted(), pauses: 3) }
    #expect(refused.failureCode == .unavailable && refused.sentence.contains("127.0.0.1 port"))
    // A host name label cannot be this long, so no name server is queried.
    let name = String(repeating: "a", count: 70) + ".invalid"
    let unknown = try downloadError { try downloads.fetch(from: "http://\(name)/", pauses: 3) }
    #expect(unknown.failureCode == .unavailable && unknown.sentence.contains("Could not resolve host: \(name)"))
    #expect(folder.names.isEmpty)
  }

  @Test("An empty response is retried, and is an error when no retries are left")
  func emptyResponse() throws {
    let server = try LocalServer { _, _ in .init(isEmpty: true) }
    let error = try downloadError { try downloads.fetch(from: server.address(), pauses: 2) }
    #expect(error.failureCode == .unavailable && server.requests.count == 3 && folder.names.isEmpty)
  }

  // MARK: curl

  @Test("Without curl, the error gives the file's address and the folder to save it in")
  func noCurl() throws {
    let download = Download(environment: ["PATH": "/nonexistent"])
    let file = NamedDataSet.File("a.txt", from: "https://example.invalid/b.zip", byteCount: 1, sha256: "", member: "a")
    let error = try downloadError { try downloads.fetch(file, by: download) }
    #expect(error.failureCode == .unavailable && folder.names.isEmpty)
    for part in ["https://example.invalid/b.zip", "install curl", "'a.txt'", "'\(folder.path)'"] {
      #expect(error.sentence.contains(part))
    }
  }

  @Test("The address is passed as the value of the last option, whatever characters it contains")
  func address() {
    for address in ["https://example.invalid/a", "--output", "-", "", "https://é/[1-3]{a,b}"] {
      for start in [0, 1] {
        let arguments = Curl.arguments(address: address, start: start, limit: 1, patience: downloads.patience())
        #expect(arguments.suffix(2) == ["--url", address])
      }
    }
  }

  @Test("Brackets and braces in an address are sent unchanged")
  func globs() throws {
    let server = try downloads.goodServer()
    try downloads.fetch(from: server.address("/[1-3]{a,b}"))
    #expect(server.requests.map(\.path) == ["/[1-3]{a,b}"])
  }

  @Test("Proxies from environment variables are used")
  func proxy() throws {
    let server = try downloads.goodServer()
    let address = "http://example.invalid/file"
    try downloads.fetch(from: address, environment: ["http_proxy": server.address("")])
    #expect(server.requests.map(\.path) == [address])
  }

  @Test("The user's curl configuration is ignored")
  func configuration() throws {
    let home = try ScratchFolder()
    try home.put(Array("header = \"X-Mine: 1\"\nmax-filesize = 1\n".utf8), as: ".curlrc")
    let server = try downloads.goodServer()
    try downloads.fetch(from: server.address(), environment: ["HOME": home.path, "CURL_HOME": home.path])
    #expect(server.requests.count == 1)
    #expect(server.requests.allSatisfy { !$0.headers.contains { $0.hasPrefix("x-mine") } })
    #expect(server.requests.allSatisfy { $0.headers.contains("user-agent: mynah") })
  }
}
