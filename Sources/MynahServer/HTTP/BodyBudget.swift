#if Server
import Synchronization

/// The memory budget for all request bodies that are being read.
final class BodyBudget: Sendable {
  private let limit: Int
  private let used = Mutex(0)

  init(_ limit: Int) { self.limit = limit }

  /// Reserves some bytes; returns false if too few are left.
  func take(_ count: Int) -> Bool {
    used.withLock { used in
      guard count <= limit - used else { return false }
      used += count
      return true
    }
  }

  /// Releases reserved bytes.
  func give(_ count: Int) { used.withLock { $0 -= count } }
}
#endif
