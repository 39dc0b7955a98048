// Streams a completion from a running `mynah serve`, with nothing but Foundation:
//
//     swift run -c release CompletionClient "the horses"
//
// MYNAH_URL is the address of the server (http://127.0.0.1:8080 by default), MYNAH_TOKEN its bearer token.

import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// An event of the stream, or the body of an error response.
struct Event: Decodable {
  struct Choice: Decodable { let text: String }
  struct Failure: Decodable { let message: String }
  let choices: [Choice]?
  let error: Failure?
}

/// Passes on the body of a response as it arrives; Foundation on Linux has no `URLSession.bytes`.
final class Receiver: NSObject, URLSessionDataDelegate {
  let parts: AsyncThrowingStream<Data, any Error>.Continuation
  init(_ parts: AsyncThrowingStream<Data, any Error>.Continuation) { self.parts = parts }
  func urlSession(_: URLSession, dataTask _: URLSessionDataTask, didReceive data: Data) { parts.yield(data) }
  func urlSession(_: URLSession, task _: URLSessionTask, didCompleteWithError error: (any Error)?) {
    parts.finish(throwing: error)
  }
}

func fail(_ message: String) -> Never {
  try? FileHandle.standardError.write(contentsOf: Data("error: \(message)\n".utf8))
  exit(1)
}

/// Prints the text of a line `data: {…}`.
func show(_ line: Data) throws {
  let json = String(decoding: line, as: UTF8.self).trimmingPrefix("data: ")
  guard !json.isEmpty && json != "[DONE]" else { return }
  let event = try JSONDecoder().decode(Event.self, from: Data(json.utf8))
  if let error = event.error { fail(error.message) }
  try FileHandle.standardOutput.write(contentsOf: Data((event.choices ?? []).map(\.text).joined().utf8))
}

let environment = ProcessInfo.processInfo.environment
let address = environment["MYNAH_URL"] ?? "http://127.0.0.1:8080"
guard let url = URL(string: address + "/v1/completions") else { fail("MYNAH_URL is no address") }
var request = URLRequest(url: url)
request.httpMethod = "POST"
request.setValue("application/json", forHTTPHeaderField: "Content-Type")
if let token = environment["MYNAH_TOKEN"] { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
request.httpBody = try JSONSerialization.data(withJSONObject: [
  "prompt": CommandLine.arguments.dropFirst().joined(separator: " "), "max_tokens": 40, "echo": true, "stream": true,
])

do {
  let (parts, continuation) = AsyncThrowingStream<Data, any Error>.makeStream()
  URLSession(configuration: .default, delegate: Receiver(continuation), delegateQueue: nil)
    .dataTask(with: request).resume()
  var rest = Data()
  for try await part in parts {
    rest += part
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      try show(rest[..<end])
      rest = rest[(end + 1)...]
    }
  }
  try show(rest)
  print()
} catch {
  fail("\(url) cannot be read: \(error.localizedDescription)")
}
