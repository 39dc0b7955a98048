import Dispatch
import Foundation
import Synchronization

/// Turns SIGINT and SIGTERM into a flag, so that a run ends between two steps with its state written.
///
/// A second signal ends the process at once, as usual.
final class Interruption {
  private let flag = Flag()
  private let sources: [any DispatchSourceSignal]

  /// What the signal's handler and the run share.
  private final class Flag: Sendable {
    let isRaised = Atomic(false)
  }

  /// Begins to watch.
  init() {
    let signals = [SIGINT, SIGTERM]
    sources = signals.map { DispatchSource.makeSignalSource(signal: $0, queue: .global()) }
    for (number, source) in zip(signals, sources) {
      signal(number, SIG_IGN)
      source.setEventHandler { [flag] in
        flag.isRaised.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
      source.resume()
    }
  }

  /// Asks whether a signal has come.
  var wasAsked: @Sendable () -> Bool {
    { [flag] in flag.isRaised.load(ordering: .relaxed) }
  }

  deinit { for source in sources { source.cancel() } }
}
