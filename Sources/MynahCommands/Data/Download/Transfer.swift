import AsyncHTTPClient
import MynahIO
import NIOCore
import NIOHTTP1

/// One attempt to fetch what a part lacks.
struct Transfer {
  let target: Download.Target
  let part: PartFile
  let client: HTTPClient
  let silence: Duration
  let report: (Download.Event) -> Void

  /// Fetches until the server is done.
  ///
  /// - Throws: `DownloadError` or `FileError`.
  func run() async throws {
    let answer = try await answer()
    report(.started(byteCount: part.byteCount, total: target.byteCount))
    do {
      for try await var bytes in answer.body {
        guard part.byteCount + bytes.readableBytes <= target.limit else {
          part.remove()
          throw DownloadError.otherSize(address: target.address, expected: target.limit, found: nil)
        }
        try store(bytes.readBytes(length: bytes.readableBytes) ?? [])
        report(.received(byteCount: part.byteCount))
      }
    } catch let error as any CommandFailure {
      throw error
    } catch {
      throw brokenOff(TransportFailure.reason(error, silence: silence))
    }
    // A cancelled body ends like a whole one.
    try Task.checkCancellation()
    try checkEnd(of: answer)
  }

  private func store(_ bytes: [UInt8]) throws {
    do {
      try unsafe part.append(bytes.span.bytes)
    } catch .writeFailed(let path, let reason) {
      throw DownloadError.cannotStore(path: path, reason: reason)
    }
  }

  private func brokenOff(_ reason: String) -> DownloadError {
    .brokenOff(address: target.address, byteCount: part.byteCount, reason: reason)
  }

  // MARK: Answers

  /// The answer whose body goes behind what the part has; the part is emptied if the server begins at the beginning.
  private func answer() async throws -> HTTPClientResponse {
    let answer = try await ask(from: part.byteCount)
    switch answer.status {
    case .ok:
      if let total = target.byteCount, let found = answer.bodySize, found != total {
        throw DownloadError.otherSize(address: target.address, expected: total, found: found)
      }
      try part.restart()
      return answer
    case .partialContent where part.byteCount > 0 && answer.rangeStart == part.byteCount:
      return answer
    case .partialContent where part.byteCount > 0, .rangeNotSatisfiable where part.byteCount > 0:
      // What is there fits nothing that the server has.
      try part.restart()
      return try await self.answer()
    case let status:
      throw DownloadError.refused(
        address: target.address, status: Int(status.code), reason: status.reasonPhrase)
    }
  }

  /// Asks for the bytes from a place on, and follows where the server sends us.
  private func ask(from start: Int) async throws -> HTTPClientResponse {
    var address = target.address
    for _ in 0...Redirect.limit {
      var request = HTTPClientRequest(url: address)
      request.headers.add(name: "User-Agent", value: "mynah")
      // Compressed bytes would have other sizes and other ranges.
      request.headers.add(name: "Accept-Encoding", value: "identity")
      if start > 0 { request.headers.add(name: "Range", value: "bytes=\(start)-") }
      let answer: HTTPClientResponse
      do {
        answer = try await client.execute(request, deadline: .distantFuture)
      } catch {
        throw TransportFailure.isConnecting(error)
          ? DownloadError.unreachable(
            address: address, reason: TransportFailure.reason(error, silence: silence))
          : brokenOff(TransportFailure.reason(error, silence: silence))
      }
      guard Redirect.statuses.contains(answer.status) else { return answer }
      address = try Redirect.next(from: address, to: answer.headers.first(name: "Location"))
    }
    throw DownloadError.misdirected(address: target.address, reason: "it leads on more than \(Redirect.limit) times")
  }

  /// Tells a whole body from one that ended early without a trace.
  private func checkEnd(of answer: HTTPClientResponse) throws {
    guard let total = target.byteCount, part.byteCount < total else { return }
    // Without a size, the end of the connection is the end of the body; and a range may be shorter than asked for.
    let isTold = answer.bodySize != nil || answer.headers.contains(name: "Transfer-Encoding")
    guard isTold, answer.status == .ok else { throw brokenOff("the server ended too early") }
    part.remove()
    throw DownloadError.otherSize(address: target.address, expected: total, found: part.byteCount)
  }
}

extension HTTPClientResponse {
  /// The size that the server announces.
  fileprivate var bodySize: Int? { headers.first(name: "Content-Length").flatMap { Int($0) } }

  /// Where a partial body begins: `Content-Range: bytes 100-199/200`.
  fileprivate var rangeStart: Int? {
    guard let range = headers.first(name: "Content-Range"), range.hasPrefix("bytes ") else { return nil }
    return range.dropFirst("bytes ".count).split(separator: "-").first.flatMap { Int($0) }
  }
}
