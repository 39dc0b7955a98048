#if Server
import MynahIO
import Synchronization

/// A queue of the events of an order, from the engine to the request that waits for them.
package final class GenerationOutput: Sendable {
  private struct State {
    var events: [GenerationEvent] = []
    var waiting: CheckedContinuation<Void, Never>?
    var isEnded = false
    var isFull = false
  }

  /// The number of unread events above which the engine pauses the texts of a streaming client.
  private static let capacity = 512

  private let state = Mutex(State())
  private let cancellation = Latch()
  private let onCancel: @Sendable () -> Void

  /// - Parameter onCancel: The function to call when the events are no longer needed.
  init(onCancel: @escaping @Sendable () -> Void) { self.onCancel = onCancel }

  /// A Boolean value indicating whether the events are no longer needed.
  package var isCancelled: Bool { cancellation.isSet }

  /// Appends events to the queue.
  ///
  /// - Returns: A Boolean value indicating whether too many events are unread.
  func append(_ events: [GenerationEvent], isEnd: Bool = false) -> Bool {
    let (waiting, isFull) = state.withLock { state in
      state.events += events
      state.isEnded = state.isEnded || isEnd
      state.isFull = state.events.count > Self.capacity
      defer { state.waiting = nil }
      return (state.waiting, state.isFull)
    }
    waiting?.resume()
    return isFull
  }

  /// Waits for the next events.
  ///
  /// - Returns: The events, and whether the engine has paused the texts; nil at the end and after cancellation.
  package func next() async -> (events: [GenerationEvent], wasFull: Bool)? {
    while true {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          if !state.events.isEmpty || state.isEnded || isCancelled { return true }
          state.waiting = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
      let (events, wasFull, isEnded) = state.withLock { state in
        defer { (state.events, state.isFull) = ([], false) }
        return (state.events, state.isFull, state.isEnded)
      }
      if isCancelled { return nil }
      if !events.isEmpty { return (events, wasFull) }
      if isEnded { return nil }
    }
  }

  /// Cancels the order because the client has disconnected.
  package func cancel() {
    guard cancellation.set() else { return }
    onCancel()
    let waiting = state.withLock { state in
      defer { state.waiting = nil }
      return state.waiting
    }
    waiting?.resume()
  }
}
#endif
