#if MPI
import MynahIO

/// The time that a rank has waited for another rank, in seconds.
///
/// Time in which the waiting process itself was suspended does not count: the other ranks could not reach it, and
/// terminate it after their own timeout.
struct WaitingTime {
  private let clock = ContinuousClock()
  private var last: ContinuousClock.Instant
  private var seconds = 0.0

  init() { last = clock.now }

  /// Returns the number of seconds so far; the time between two readings counts as one second at most.
  mutating func read() -> Double {
    let now = clock.now
    seconds += min((now - last).seconds, 1)
    last = now
    return seconds
  }
}
#endif
