/// The times of some work.
package struct Timing: Hashable, Sendable {
  /// The number of calls before the first measured repeat.
  package let warmUpCalls: Int
  /// The number of measured repeats.
  package let repeats: Int
  /// The number of calls per repeat: many for short work, so that the clock's resolution does not matter.
  package let callsPerRepeat: Int
  /// The median time of a call.
  package let medianSeconds: Double

  package init(warmUpCalls: Int, repeats: Int, callsPerRepeat: Int, medianSeconds: Double) {
    self.warmUpCalls = warmUpCalls
    self.repeats = repeats
    self.callsPerRepeat = callsPerRepeat
    self.medianSeconds = medianSeconds
  }
}

/// Times work by repeating it.
///
/// One call estimates the duration of the work. Each repeat then makes enough calls to fill a millisecond; repeats run
/// for a fifth of `seconds` to warm up, then for `seconds` to measure. `Peers/gemm_peers.c` does the same.
package struct Stopwatch: Sendable {
  /// The duration of the measured repeats.
  package let seconds: Double
  /// The minimum number of measured repeats, however long they take.
  package let minimumRepeats: Int
  /// The time since some moment in the past, in seconds.
  private let now: @Sendable () -> Double

  static let repeatSeconds = 1e-3
  static let warmUpShare = 0.2

  /// Creates a stopwatch of the monotonic clock.
  package init(seconds: Double, minimumRepeats: Int = 5) {
    let start = ContinuousClock.now
    self.init(seconds: seconds, minimumRepeats: minimumRepeats) { (ContinuousClock.now - start) / .seconds(1) }
  }

  /// Creates a stopwatch of another clock.
  package init(seconds: Double, minimumRepeats: Int, now: @escaping @Sendable () -> Double) {
    self.seconds = seconds
    self.minimumRepeats = minimumRepeats
    self.now = now
  }

  /// Times a call of `work`.
  package func time(_ work: () throws -> Void) rethrows -> Timing {
    let single = try elapsed(calls: 1, work)
    let callsPerRepeat = single > 0 ? max(1, Int((Self.repeatSeconds / single).rounded(.up))) : 1000
    var warmUpCalls = 1
    let warmUpEnd = now() + seconds * Self.warmUpShare
    while now() < warmUpEnd {
      _ = try elapsed(calls: callsPerRepeat, work)
      warmUpCalls += callsPerRepeat
    }
    var samples: [Double] = []
    let end = now() + seconds
    while samples.count < minimumRepeats || now() < end {
      samples.append(try elapsed(calls: callsPerRepeat, work) / Double(callsPerRepeat))
    }
    return Timing(
      warmUpCalls: warmUpCalls, repeats: samples.count, callsPerRepeat: callsPerRepeat, medianSeconds: samples.median)
  }

  private func elapsed(calls: Int, _ work: () throws -> Void) rethrows -> Double {
    let start = now()
    for _ in 0..<calls { try work() }
    return now() - start
  }
}
