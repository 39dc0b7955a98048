import MynahIO
import Synchronization

/// A timer that moves the end of a run so that the run ends at a given time; its `end` is passed to `Trainer.moveEnd`.
///
/// It measures the time of the steps and of the work between two epochs, such as validation. The end is moved only if
/// the run would otherwise end too early or too late by more than a small share of its time, so a run on a machine with
/// a steady speed keeps to its plan.
public final class RunTimer: Sendable {
  /// The times of a run, in seconds.
  public struct Times: Hashable, Sendable {
    /// The time from the start of the clock to the end of the run, including the work after its last epoch.
    public let total: Double
    /// The planned time between two epochs and after the last one, for validation.
    public let pause: Double
    /// The time of the work after the last epoch, as a multiple of `pause`.
    public let pausesAfterEnd: Double
    /// A Boolean value indicating whether steps are added to a run that would end before its time.
    public let isFilled: Bool

    /// Creates times.
    public init(total: Double, pause: Double, pausesAfterEnd: Double, isFilled: Bool = true) {
      (self.total, self.pause, self.pausesAfterEnd) = (total, pause, pausesAfterEnd)
      self.isFilled = isFilled
    }
  }

  private struct State {
    /// The completed steps and the time at the last call.
    var last: (steps: Int, time: Double)
    /// The time of a step: a moving average in which the weights of earlier steps decay.
    var secondsPerStep: Double?
    /// The time between the last two epochs.
    var pause: Double
    var nextReview: Double
  }

  private let times: Times
  private let stepsPerEpoch: Int
  private let clock: @Sendable () -> Double
  private let start: Double
  private let state: Mutex<State>

  /// Shares of the total time: the time between two reviews, the time in which a step's weight in the average falls to
  /// 1/e, and the accepted error.
  private static let (reviewShare, memoryShare, acceptedShare) = (0.01, 0.1, 0.004)

  /// Creates a timer.
  ///
  /// - Parameters:
  ///   - times: The times of the run.
  ///   - stepsPerEpoch: The number of steps per epoch.
  ///   - clock: Returns the time since the start of the clock, in seconds.
  public init(_ times: Times, stepsPerEpoch: Int, clock: @escaping @Sendable () -> Double) {
    (self.times, self.stepsPerEpoch, self.clock) = (times, stepsPerEpoch, clock)
    // The first steps also allocate memory; their time is not typical.
    let start = clock()
    state = Mutex(
      State(last: (0, start), pause: times.pause, nextReview: start + 2 * Self.reviewShare * times.total))
    self.start = start
  }

  /// Returns the number of steps after which the run ends from now on; nil to leave the end unchanged.
  ///
  /// - Parameters:
  ///   - stepsDone: The number of completed steps.
  ///   - pace: The course of the run.
  @Sendable public func end(stepsDone: Int, pace: RunPace) -> Int? {
    let now = clock()
    return state.withLock { state in
      let isPause = stepsDone == state.last.steps
      measure(&state, stepsDone, now)
      guard now >= state.nextReview, let secondsPerStep = state.secondsPerStep else { return nil }
      state.nextReview = now + Self.reviewShare * times.total
      // After the last step of an epoch, its pause is still to come.
      let pausesDone = (stepsDone - (isPause ? 0 : 1)) / stepsPerEpoch
      let rest = Rest(
        secondsPerStep: secondsPerStep, pause: state.pause, stepsPerEpoch: stepsPerEpoch, stepsDone: stepsDone,
        pausesDone: pausesDone, pausesAfterEnd: times.pausesAfterEnd)
      let left = times.total - now
      let late = rest.time(toEnd: pace.end) - left
      guard stepsDone < pace.end, (times.isFilled ? abs(late) : late) > Self.acceptedShare * times.total else {
        return nil
      }
      return rest.lastEnd(within: left)
    }
  }

  private func measure(_ state: inout State, _ stepsDone: Int, _ now: Double) {
    defer { state.last = (stepsDone, now) }
    let (count, seconds) = (stepsDone - state.last.steps, now - state.last.time)
    guard count > 0 else {
      state.pause = seconds
      return
    }
    let weight = min(seconds / max(min(now - start, Self.memoryShare * times.total), 1e-9), 1)
    let perStep = seconds / Double(count)
    state.secondsPerStep = state.secondsPerStep.map { $0 + weight * (perStep - $0) } ?? perStep
  }

  /// The rest of a run, at a steady speed.
  private struct Rest {
    let secondsPerStep, pause: Double
    let stepsPerEpoch, stepsDone, pausesDone: Int
    let pausesAfterEnd: Double

    /// Returns the time until the run and the work after it are done, if the run ends after `end` steps.
    func time(toEnd end: Int) -> Double {
      let pauses = max((end + stepsPerEpoch - 1) / stepsPerEpoch - pausesDone, 1)
      return Double(end - stepsDone) * secondsPerStep + (Double(pauses) + pausesAfterEnd) * pause
    }

    /// Returns the latest end of the run with which all work is done within some seconds; at least `stepsDone`.
    func lastEnd(within seconds: Double) -> Int {
      var (low, high) = (stepsDone, stepsDone + Int(min(max(seconds / secondsPerStep, 0), 1e15)))
      while low < high {
        let middle = (low + high + 1) / 2
        if time(toEnd: middle) <= seconds {
          low = middle
        } else {
          high = middle - 1
        }
      }
      return low
    }
  }
}
