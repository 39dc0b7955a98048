/// The course of a run that ends after a number of steps, which may change on the way: the share of the run that is
/// complete after each step.
///
/// A schedule that spans the run follows this share, so the learning rate reaches its final value at the last step even
/// if the end is moved. Between two changes, each step completes the same share of the run.
public struct RunPace: Hashable, Codable, Sendable {
  /// A change: from a step on, the run ends at another step.
  public struct Turn: Hashable, Codable, Sendable {
    /// The number of completed steps at the change.
    public let step: Int
    /// The share of the run that was complete then.
    public let share: Double
    /// The number of steps after which the run ends as of this change.
    public let end: Int
  }

  /// The changes, oldest first; the first one is the start of the run.
  public private(set) var turns: [Turn]

  /// Creates the course of a run that ends after some steps, at least 1.
  public init(end: Int) { turns = [Turn(step: 0, share: 0, end: max(end, 1))] }

  /// The number of steps after which the run ends.
  public var end: Int { turns[turns.count - 1].end }

  /// Returns the share of the run that is complete after some steps: 0 at the start, 1 at the end and after it.
  public func share(after steps: Int) -> Double {
    let turn = turns.last { $0.step <= steps } ?? turns[0]
    guard turn.end > turn.step else { return 1 }
    return min(turn.share + (1 - turn.share) * Double(steps - turn.step) / Double(turn.end - turn.step), 1)
  }

  /// Moves the end of the run, to the current step at the earliest.
  ///
  /// - Parameters:
  ///   - end: The number of steps after which the run ends.
  ///   - step: The number of completed steps; not less than at an earlier change.
  public mutating func move(endTo end: Int, at step: Int) {
    let turn = Turn(step: step, share: share(after: step), end: max(end, step))
    if turns.count > 1, turns[turns.count - 1].step == step { turns.removeLast() }
    turns.append(turn)
  }

  /// The reason why this course is invalid; nil if it is valid.
  var defect: String? {
    guard let first = turns.first, first.step == 0, first.share == 0, first.end >= 1 else {
      return "a run must start at step 0 and end after at least 1 step"
    }
    for (turn, next) in zip(turns, turns.dropFirst())
    where !(next.step >= turn.step && next.end >= next.step && (turn.share...1).contains(next.share)) {
      return "the end of a run cannot be moved from step \(turn.end) to \(next.end) at step \(next.step)"
    }
    return nil
  }
}
