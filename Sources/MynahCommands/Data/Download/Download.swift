import Foundation
package import MynahIO

/// Downloads files with the program `curl`, resuming where a connection was lost.
package struct Download {
  /// The time limits and retries.
  package struct Patience: Sendable {
    /// The time limit for connecting to the server.
    package var connecting: Duration = .seconds(15)
    /// The time limit for the server's next bytes, in whole seconds.
    package var silence: Duration = .seconds(60)
    /// The pause before each retry after a lost connection.
    package var pauses: [Duration] = [.seconds(1), .seconds(3), .seconds(9)]

    package init() {}
  }

  /// A change in a partial download.
  package enum Event: Hashable, Sendable {
    /// The first bytes arrived; the part already had `byteCount` bytes. The total is nil if it is unknown.
    case started(byteCount: Int, total: Int?)
    /// The part has `byteCount` bytes.
    case received(byteCount: Int)
    /// The connection was lost and is retried after a pause.
    case retrying(reason: String)
  }

  private let patience: Patience
  private let curl: Curl
  private let report: (Event) -> Void

  /// Creates a download without connecting to a server.
  ///
  /// - Parameters:
  ///   - environment: curl's environment variables, which name proxies and certificates.
  ///   - isInterrupted: Called several times per second; the download ends when it returns true.
  package init(
    patience: Patience = Patience(), environment: [String: String] = ProcessInfo.processInfo.environment,
    isInterrupted: @escaping () -> Bool = { false }, report: @escaping (Event) -> Void = { _ in }
  ) {
    (self.patience, self.report) = (patience, report)
    curl = Curl(environment: environment, isInterrupted: isInterrupted)
  }

  /// A file to download.
  package struct Target: Sendable {
    let address: String
    /// The exact size, if it is known.
    let byteCount: Int?
    /// The largest accepted size: a server may be hostile.
    let limit: Int

    /// Creates a target of a known size.
    package init(address: String, byteCount: Int) {
      (self.address, self.byteCount, limit) = (address, byteCount, byteCount)
    }

    /// Creates a target of an unknown size.
    package init(address: String, limit: Int) { (self.address, byteCount, self.limit) = (address, nil, limit) }
  }

  /// Downloads the missing bytes of a part.
  ///
  /// Does not verify the contents; the caller checks the SHA-256.
  ///
  /// - Throws: `DownloadError` or `FileError`; the part stays unless it is empty or known to be wrong.
  package func fetch(_ target: Target, into part: PartFile) throws {
    if part.byteCount > target.limit { try part.restart() }
    guard part.byteCount != target.byteCount else { return }
    let transfer = Transfer(target: target, part: part, curl: curl, patience: patience, report: report)
    var pauses = patience.pauses[...]
    do {
      while true {
        do {
          return try transfer.run()
        } catch DownloadError.brokenOff(_, _, let reason) where !pauses.isEmpty {
          report(.retrying(reason: reason))
          try pause(pauses.removeFirst())
        }
      }
    } catch {
      if part.byteCount == 0 { part.remove() }
      throw error is Curl.Interrupted ? DownloadError.interrupted : error
    }
  }

  private func pause(_ duration: Duration) throws {
    let end = ContinuousClock.now + duration
    while ContinuousClock.now < end {
      guard !curl.isInterrupted() else { throw Curl.Interrupted() }
      Thread.sleep(forTimeInterval: 0.05)
    }
  }
}
