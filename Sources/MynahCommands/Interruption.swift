import Dispatch
import Foundation
import MynahIO

/// Turns SIGINT and SIGTERM into a flag that a run checks between steps, so that it can write its state before it ends.
///
/// A second signal ends the process at once.
enum Interruption {
  /// Calls `body` with a function that returns true once a signal has arrived.
  static func watching<Result>(
    _ body: (_ isInterrupted: @escaping @Sendable () -> Bool) throws -> Result
  ) rethrows -> Result {
    let flag = Latch()
    let sources = sources { flag.set() }
    defer { for source in sources { source.cancel() } }
    return try body { flag.isSet }
  }

  /// Watches the signals; the second one has its default effect.
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
}
