import Dispatch
import Foundation
import Synchronization

/// Turns SIGINT and SIGTERM into a question that a run asks between two steps, so that it ends with its state written.
///
/// A second signal ends the process at once, as usual.
enum Interruption {
  /// Calls `body` with the question whether a signal has come since.
  static func watching<Result>(_ body: (_ wasAsked: @escaping @Sendable () -> Bool) throws -> Result) rethrows -> Result
  {
    let flag = Flag()
    let sources = sources { flag.isRaised.store(true, ordering: .relaxed) }
    defer { for source in sources { source.cancel() } }
    return try body { flag.isRaised.load(ordering: .relaxed) }
  }

  /// Watches the signals; the second one has its usual effect.
  private static func sources(_ raise: @escaping @Sendable () -> Void) -> [any DispatchSourceSignal] {
    [SIGINT, SIGTERM].map { number in
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      signal(number, SIG_IGN)
      source.setEventHandler {
        raise()
        signal(number, SIG_DFL)
      }
      source.resume()
      return source
    }
  }

  /// What the signals' handlers and the run share.
  private final class Flag: Sendable {
    let isRaised = Atomic(false)
  }
}
