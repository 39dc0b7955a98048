#if MPI
import MynahIO

/// The seconds that a rank has waited for another one.
///
/// Times in which the rank itself was stopped do not count: the others could not reach it, and have ended it if they
/// have waited long enough.
struct WaitingTime {
  private let clock = ContinuousClock()
  private var last: ContinuousClock.Instant
  private var seconds = 0.0

  init() { last = clock.now }

  /// Returns the seconds until now; between two readings, one second counts at most.
  mutating func read() -> Double {
    let now = clock.now
    seconds += min((now - last).seconds, 1)
    last = now
    return seconds
  }
}
#endif
