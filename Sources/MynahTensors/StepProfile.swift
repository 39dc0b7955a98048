import Synchronization

/// A profile of the time of training steps by section; each section costs two clock reads.
///
/// Layers measure their sections if the current task has a profile.
package final class StepProfile: Sendable {
  /// The parts of a step that are measured; they do not cover the whole step.
  package enum Section: Int, CaseIterable, Sendable {
    /// Looking up the embeddings, and summing their gradients by token.
    case embedding
    /// The forward pass of the recurrent layers.
    case recurrence
    /// The output layer, softmax and cross-entropy, with their gradients.
    case loss
    /// The backward pass of the recurrent layers.
    case backward
    /// Summing the gradients of shards, their norm, clipping, the optimiser.
    case update
    /// Waiting for messages from other ranks.
    case exchange
  }

  /// The times measured.
  package struct Times: Sendable {
    /// Seconds of each section.
    package var sections = [Double](repeating: 0, count: Section.allCases.count)
    /// Seconds of whole steps.
    package var steps = 0.0
    package var stepCount = 0

    /// Returns the share of a section in the time of the steps.
    package func share(of section: Section) -> Double { steps > 0 ? sections[section.rawValue] / steps : 0 }
  }

  /// The profile of the current task.
  @TaskLocal private static var current: StepProfile?

  private let times = Mutex(Times())

  /// Creates a profile without any time in it.
  package init() {}

  /// Returns the times since the last call and resets them to zero.
  package func take() -> Times {
    times.withLock { times in
      defer { times = Times() }
      return times
    }
  }

  /// Runs a whole step, whose sections are added to this profile.
  package func wholeStep<Result>(_ step: () throws -> Result) rethrows -> Result {
    let start = ContinuousClock.now
    let result = try Self.$current.withValue(self, operation: step)
    let time = (ContinuousClock.now - start) / .seconds(1)
    times.withLock {
      $0.steps += time
      $0.stepCount += 1
    }
    return result
  }

  /// Runs a section of a step.
  package static func measure<Result>(_ section: Section, _ body: () throws -> Result) rethrows -> Result {
    guard let current else { return try body() }
    let start = ContinuousClock.now
    let result = try body()
    let time = (ContinuousClock.now - start) / .seconds(1)
    current.times.withLock { $0.sections[section.rawValue] += time }
    return result
  }
}
