import Dispatch
import Foundation
import Synchronization

/// Turns SIGINT and SIGTERM into a flag, so that a run ends between two steps with its state written.
///
/// A second signal ends the process at once, as usual.
final class Interruption: Sendable {
  private let asked = Atomic(false)
  private let sources: [any DispatchSourceSignal]

  /// Begins to watch.
  init() {
    let signals = [SIGINT, SIGTERM]
    sources = signals.map { DispatchSource.makeSignalSource(signal: $0, queue: .global()) }
    for (number, source) in zip(signals, sources) {
      signal(number, SIG_IGN)
      source.setEventHandler { [weak self] in
        self?.asked.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
      source.resume()
    }
  }

  /// Whether a signal has come.
  var isAsked: Bool { asked.load(ordering: .relaxed) }

  deinit { for source in sources { source.cancel() } }
}
