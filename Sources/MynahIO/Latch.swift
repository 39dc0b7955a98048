import Synchronization

/// A flag that is set once and that any thread may read.
package final class Latch: Sendable {
  private let state = Atomic(false)

  package init() {}

  package var isSet: Bool { state.load(ordering: .relaxed) }

  /// Sets the flag.
  ///
  /// - Returns: A Boolean value indicating whether it was not set before.
  @discardableResult
  package func set() -> Bool { !state.exchange(true, ordering: .relaxed) }
}
