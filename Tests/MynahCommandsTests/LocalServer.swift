import Foundation
import Synchronization
import TestSupport

/// A local HTTP server that sends the responses given by a test, including invalid ones.
///
/// Implements a minimal subset of HTTP/1.1: one request per connection, without a body.
final class LocalServer: Sendable {
  struct Request: Hashable {
    let path: String
    /// The first byte of the requested range.
    let rangeStart: Int?
    /// The header lines, in lower case.
    var headers: [String] = []
  }

  struct Response {
    var status = "200 OK"
    var headers: [String] = []
    var body: [UInt8] = []
    /// A Boolean value indicating whether the connection stays open until the client closes it.
    var hangs = false
    /// A Boolean value indicating whether nothing is sent at all.
    var isEmpty = false
  }

  private let listener: Socket
  private let log = Log()

  /// Listens on a port that the system chooses.
  ///
  /// - Parameter respond: Returns the response to a request; the first request has number 1.
  init(respond: @escaping @Sendable (Request, _ number: Int) -> Response) throws {
    let (listener, log) = (try Socket.listening(), log)
    self.listener = listener
    // Uses separate threads because tests that wait for the server may block all others.
    Thread.detachNewThread {
      while !log.isClosed.load(ordering: .relaxed) {
        guard listener.isReadable(within: 20), let connection = listener.accept() else { continue }
        Thread.detachNewThread { Self.converse(connection, log, respond) }
      }
    }
  }

  deinit { log.isClosed.store(true, ordering: .relaxed) }

  /// The requests so far.
  var requests: [Request] { log.requests.withLock { $0 } }

  /// Returns whether a client closes a hanging connection within ten seconds.
  func wasAbandoned() -> Bool {
    for _ in 0..<1000 where !log.isAbandoned.load(ordering: .relaxed) { usleep(10_000) }
    return log.isAbandoned.load(ordering: .relaxed)
  }

  func address(_ path: String = "/file") -> String { "http://127.0.0.1:\(listener.port)\(path)" }

  /// Returns an address at which no server listens.
  static func deserted() throws -> String { "http://127.0.0.1:\(try Socket.listening().port)/file" }

  private final class Log: Sendable {
    let requests = Mutex<[Request]>([])
    let isAbandoned = Atomic(false)
    let isClosed = Atomic(false)
  }

  private static func converse(_ connection: Socket, _ log: Log, _ respond: (Request, Int) -> Response) {
    var head: [UInt8] = []
    while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      guard let bytes = connection.receive() else { return }
      head += bytes
    }
    let request = Request(head: String(decoding: head, as: UTF8.self))
    let number = log.requests.withLock {
      $0.append(request)
      return $0.count
    }
    let response = respond(request, number)
    if !response.isEmpty {
      let lines = ["HTTP/1.1 \(response.status)", "Connection: close"] + response.headers
      connection.send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + response.body)
    }
    guard response.hangs else { return }
    while connection.receive() != nil {}
    log.isAbandoned.store(true, ordering: .relaxed)
  }
}

extension LocalServer.Request {
  fileprivate init(head: String) {
    let lines = head.split(separator: "\r\n")
    let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }
    self.init(
      path: String(lines[0].split(separator: " ")[1]),
      rangeStart: range.flatMap { Int($0.dropFirst("range: bytes=".count).dropLast()) },
      headers: lines.dropFirst().map { $0.lowercased() })
  }
}

extension LocalServer.Response {
  /// Returns a response with a complete body.
  static func whole(_ bytes: [UInt8]) -> Self { Self(headers: ["Content-Length: \(bytes.count)"], body: bytes) }

  /// Returns the requested range of a file, as a well-behaved server does.
  static func part(of bytes: [UInt8], _ request: LocalServer.Request) -> Self {
    guard let start = request.rangeStart else { return .whole(bytes) }
    guard start < bytes.count else { return .failure("416 Range Not Satisfiable") }
    return Self(
      status: "206 Partial Content",
      headers: [
        "Content-Length: \(bytes.count - start)", "Content-Range: bytes \(start)-\(bytes.count - 1)/\(bytes.count)",
      ], body: Array(bytes[start...]))
  }

  /// Returns the same response with a body that is shorter than announced.
  func cut(after count: Int) -> Self {
    var response = self
    response.body = Array(body.prefix(count))
    return response
  }

  /// Returns the same response with fewer bytes, followed by silence.
  func hanging(after count: Int) -> Self {
    var response = cut(after: count)
    response.hangs = true
    return response
  }

  /// A response that sends nothing and keeps the connection open.
  static let silence = Self(hangs: true, isEmpty: true)

  static func redirect(to location: String, status: String = "302 Found") -> Self {
    Self(status: status, headers: ["Location: \(location)", "Content-Length: 0"])
  }

  static func failure(_ status: String) -> Self { Self(status: status, headers: ["Content-Length: 0"]) }
}
