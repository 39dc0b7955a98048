#if Server
import Synchronization

/// The memory that the bodies of all requests may take while they are read.
final class BodyBudget: Sendable {
  private let limit: Int
  private let used = Mutex(0)

  init(_ limit: Int) { self.limit = limit }

  /// Takes some bytes; returns whether there are enough.
  func take(_ count: Int) -> Bool {
    used.withLock { used in
      guard count <= limit - used else { return false }
      used += count
      return true
    }
  }

  /// Gives bytes back.
  func give(_ count: Int) { used.withLock { $0 -= count } }
}
#endif
