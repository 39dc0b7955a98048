#if Server
import Synchronization

/// A flag that is set once, when nobody waits for an answer any more.
final class Cancellation: Sendable {
  private let flag = Atomic(false)
  var isCancelled: Bool { flag.load(ordering: .relaxed) }
  func cancel() { flag.store(true, ordering: .relaxed) }
}
#endif
