#if Server
import Foundation
import MynahIO
import TestSupport

/// A server that runs in a separate process, and a client for it.
final class ServeTool: Sendable {
  /// A response to a request.
  struct Answer {
    let status: Int
    let headers: [String: String]
    let body: String

    /// The body as JSON, or null if it is not JSON.
    var json: JSONValue {
      (try? JSONValue(parsing: body) { JSONError(defect: "\($0)") }) ?? .null
    }

    /// The error code.
    var code: String? { json["error"]?["code"]?.string }
    /// The request field that caused the error.
    var parameter: String? { json["error"]?["param"]?.string }

    /// The data of server-sent events.
    var events: [String] {
      body.split(separator: "\n\n").compactMap { $0.hasPrefix("data: ") ? String($0.dropFirst(6)) : nil }
    }
  }

  private struct JSONError: Error { let defect: String }

  private struct NoServer: Error { let errors: String }

  let run: CommandLineTool.Run
  let port: Int

  /// Starts a server on a free port and waits until it listens.
  init(_ tool: CommandLineTool, _ arguments: String..., environment: [String: String] = [:]) throws {
    run = try tool.start(["serve", "--port", "0"] + arguments, environment: environment)
    let run = run
    run.wait { run.errorsSoFar.contains("until Ctrl-C") }
    let address = run.errorsSoFar.split(separator: " ").first { $0.hasPrefix("http://") }
    guard let port = address?.split(separator: ":").last.flatMap({ Int($0) }) else {
      run.process.terminate()
      throw NoServer(errors: run.errorsSoFar)
    }
    self.port = port
  }

  /// Stops the server as a service manager does, and returns its exit code.
  @discardableResult
  func stop() throws -> Int32 {
    run.process.terminate()
    return try run.finish().status
  }

  /// Stops the server and ignores its exit code.
  func end() { _ = try? stop() }

  // MARK: Requests

  func get(_ path: String, method: String = "GET", headers: [String] = []) throws -> Answer {
    try send("\(method) \(path) HTTP/1.1\r\n" + headers.map { $0 + "\r\n" }.joined())
  }

  func post(_ path: String, _ body: String, headers: [String] = ["Content-Type: application/json"]) throws -> Answer {
    try send(
      "POST \(path) HTTP/1.1\r\nContent-Length: \(body.utf8.count)\r\n" + headers.map { $0 + "\r\n" }.joined(), body)
  }

  /// Sends a request on a new connection, after adding the last lines of its head.
  private func send(_ head: String, _ body: String = "") throws -> Answer {
    let host = head.contains("\r\nHost:") ? "" : "Host: localhost:\(port)\r\n"
    let socket = try Socket.connected(to: port)
    socket.send(Array((head + host + "Connection: close\r\n\r\n" + body).utf8))
    var bytes: [UInt8] = []
    while let more = socket.receive() { bytes += more }
    return Self.answer(bytes, hasBody: !head.hasPrefix("HEAD"))
  }

  /// Parses a response.
  static func answer(_ bytes: [UInt8], hasBody: Bool = true) -> Answer {
    let text = String(decoding: bytes, as: UTF8.self)
    let parts = text.components(separatedBy: "\r\n\r\n")
    let lines = parts[0].components(separatedBy: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let pair = line.split(separator: ":", maxSplits: 1)
      if pair.count == 2 { headers[pair[0].lowercased()] = pair[1].trimmingCharacters(in: .whitespaces) }
    }
    var rest = parts.dropFirst().joined(separator: "\r\n\r\n")
    if headers["transfer-encoding"] == "chunked" { rest = unchunked(rest) }
    let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return Answer(status: status, headers: headers, body: hasBody ? rest : "")
  }

  private static func unchunked(_ text: String) -> String {
    var (bytes, rest) = ([UInt8](), Array(text.utf8)[...])
    while let end = rest.firstIndex(of: UInt8(ascii: "\r")),
      let count = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), count > 0
    {
      let start = end + 2
      bytes += rest[start..<min(start + count, rest.endIndex)]
      rest = rest[min(start + count + 2, rest.endIndex)...]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
#endif
