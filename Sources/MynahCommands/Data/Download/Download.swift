import AsyncHTTPClient
package import MynahIO
import NIOCore
import NIOPosix

/// Fetches files by HTTP into parts, going on where a connection broke off.
package struct Download {
  /// How long to wait and how often to try.
  package struct Patience: Sendable {
    /// For a connection to be made.
    package var connecting: Duration = .seconds(15)
    /// For the server's next bytes.
    package var silence: Duration = .seconds(60)
    /// Before each further attempt after a connection broke off.
    package var pauses: [Duration] = [.seconds(1), .seconds(3), .seconds(9)]

    package init() {}
  }

  /// What happened to a part.
  package enum Event: Hashable, Sendable {
    /// It begins or goes on behind so many bytes, of so many if that is known.
    case started(byteCount: Int, total: Int?)
    /// It has so many bytes.
    case received(byteCount: Int)
    /// The connection broke off and is tried again after a pause.
    case retrying(reason: String)
  }

  private let patience: Patience
  private let report: (Event) -> Void

  /// Makes a download that connects to nobody yet.
  package init(patience: Patience = Patience(), report: @escaping (Event) -> Void = { _ in }) {
    (self.patience, self.report) = (patience, report)
  }

  /// What is to be fetched.
  package struct Target: Sendable {
    let address: String
    /// The exact size, if it is known.
    let byteCount: Int?
    /// The most bytes that are taken: a server may be hostile.
    let limit: Int

    /// A file of a known size.
    package init(address: String, byteCount: Int) {
      (self.address, self.byteCount, limit) = (address, byteCount, byteCount)
    }

    /// A file of an unknown size.
    package init(address: String, limit: Int) { (self.address, byteCount, self.limit) = (address, nil, limit) }
  }

  /// Fetches what a part lacks.
  ///
  /// The part is not proven to be the right file: that is its digest's matter.
  ///
  /// - Throws: `DownloadError`; the part stays, unless it is known to be wrong.
  package func fetch(_ target: Target, into part: PartFile) async throws {
    if part.byteCount > target.limit { try part.restart() }
    guard part.byteCount != target.byteCount else { return }
    let silence = patience.silence
    do {
      try await HTTPClient.withHTTPClient(
        eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration
      ) { client in
        var pauses = patience.pauses[...]
        while true {
          do {
            let transfer = Transfer(target: target, part: part, client: client, silence: silence, report: report)
            return try await transfer.run()
          } catch DownloadError.brokenOff(_, _, let reason) where !pauses.isEmpty && !Task.isCancelled {
            report(.retrying(reason: reason))
            try await Task.sleep(for: pauses.removeFirst())
          }
        }
      }
    } catch {
      guard !Task.isCancelled else { throw DownloadError.interrupted(path: part.path) }
      throw error
    }
  }

  private var configuration: HTTPClient.Configuration {
    // Redirects are followed by `Transfer`, which knows which ones are safe.
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow,
      timeout: .init(connect: TimeAmount(patience.connecting), read: TimeAmount(patience.silence)))
    // One request at a time has no use for HTTP/2, and a server that cannot be reached is told at once.
    configuration.httpVersion = .http1Only
    configuration.connectionPool.retryConnectionEstablishment = false
    return configuration
  }
}
