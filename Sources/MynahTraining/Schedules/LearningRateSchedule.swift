/// The learning rate as a function of the position in the run: an initial rate times factors.
///
///     rate = initial · Π factor(position)
///
/// ```swift
/// let halving = LearningRateSchedule.halving(from: 1, after: 5)
/// let cosine = LearningRateSchedule.cosine(from: 0.001, over: .epochs(10)).warmingUp(over: .steps(500))
/// ```
public struct LearningRateSchedule: Hashable, Codable, Sendable {
  /// The rate when all factors are 1: positive.
  public let initial: Float
  /// The factors that the initial rate is multiplied by; empty for a constant rate.
  public let factors: [RateFactor]

  /// Creates a schedule.
  public init(initial: Float, factors: [RateFactor]) {
    self.initial = initial
    self.factors = factors
  }

  /// Returns the rate at a position in the run.
  public func rate(at place: TrainingPlace) -> Float { factors.reduce(initial) { $0 * $1.value(at: place) } }

  /// Returns the rate at the first step of an epoch, counted from 1.
  ///
  /// Use this only for schedules that depend on the epoch alone; see `rate(at:)` for the others.
  public func rate(epoch: Int) -> Float { rate(at: TrainingPlace(epoch: epoch)) }

  /// A Boolean value indicating whether the rate may change within an epoch.
  public var changesWithinEpochs: Bool { factors.contains(where: \.changesWithinEpochs) }

  /// A description of what is wrong with the schedule; nil if it is valid.
  public var defect: String? {
    if !(initial > 0 && initial.isFinite) { return "a learning rate must be a positive number, found \(initial)" }
    return factors.lazy.compactMap(\.defect).first
  }
}

/// The position of a step in a run.
public struct TrainingPlace: Hashable, Sendable {
  /// The epoch; the first one is 1.
  public var epoch: Int
  /// The number of completed steps of the epoch.
  public var step: Int
  /// The number of steps per epoch.
  public var stepsPerEpoch: Int
  /// The mean validation losses of the completed epochs, oldest first.
  public var validationLosses: [Double]
  /// The number of steps after which the run ends.
  public var runEnd: Int
  /// The share of the run that is complete, 0 to 1.
  public var shareOfRun: Double

  /// Creates a position.
  ///
  /// - Parameter pace: The course of the run; nil: it ends with this epoch.
  public init(
    epoch: Int, step: Int = 0, stepsPerEpoch: Int = 1, validationLosses: [Double] = [], pace: RunPace? = nil
  ) {
    (self.epoch, self.step, self.stepsPerEpoch) = (epoch, step, stepsPerEpoch)
    self.validationLosses = validationLosses
    let pace = pace ?? RunPace(end: epoch * stepsPerEpoch)
    (runEnd, shareOfRun) = (pace.end, pace.share(after: (epoch - 1) * stepsPerEpoch + step))
  }

  /// The number of completed steps of the run.
  public var stepsDone: Int { (epoch - 1) * stepsPerEpoch + step }
}

// MARK: The length of a run

extension LearningRateSchedule {
  /// A Boolean value indicating whether the rate depends on the length of the run, as with a cosine schedule.
  public var spansRun: Bool { factors.contains { $0.span != nil } }

  /// Returns the schedule with every factor that depends on the length of the run set to another span.
  public func spanning(_ span: TrainingSpan) -> Self {
    .init(initial: initial, factors: factors.map { $0.spanning(span) })
  }

  /// Returns a Boolean value indicating whether the rate has decayed to (nearly) zero at a position.
  func hasEnded(at place: TrainingPlace) -> Bool { factors.contains { $0.hasEnded(at: place) } }
}

// MARK: Common schedules

extension LearningRateSchedule {
  /// Creates a schedule that is constant for some epochs and then multiplied by a factor at each epoch.
  public init(initial: Float, factor: Float, constantEpochs: Int) {
    self.init(initial: initial, factors: [.decay(by: factor, after: constantEpochs)])
  }

  /// Returns a schedule with a constant rate.
  public static func constant(_ rate: Float) -> Self { .init(initial: rate, factors: []) }

  /// Returns a schedule that halves the rate at each epoch after the first `epochs`.
  public static func halving(from rate: Float, after epochs: Int) -> Self {
    .init(initial: rate, factor: 0.5, constantEpochs: epochs)
  }

  /// Returns a schedule that multiplies the rate by a factor every `epochs` epochs.
  public static func step(from rate: Float, factor: Float, every epochs: Int) -> Self {
    .init(initial: rate, factors: [.step(by: factor, every: epochs)])
  }

  /// Returns a schedule that decays the rate linearly to a fraction of its initial value.
  public static func linear(from rate: Float, to share: Float = 0, over span: TrainingSpan) -> Self {
    .init(initial: rate, factors: [.linear(to: share, over: span)])
  }

  /// Returns a schedule that decays the rate along half a cosine to a fraction of its initial value.
  public static func cosine(from rate: Float, to share: Float = 0, over span: TrainingSpan) -> Self {
    .init(initial: rate, factors: [.cosine(to: share, over: span)])
  }

  /// Returns a schedule that rises from 1/25 of the highest rate to that rate and then decays to nearly zero.
  public static func oneCycle(highest rate: Float, over span: TrainingSpan) -> Self {
    .init(initial: rate, factors: [.oneCycle(over: span)])
  }

  /// Returns a schedule that multiplies the rate by a factor when the validation loss has not improved for more than
  /// `patience` epochs.
  public static func plateau(from rate: Float, factor: Float = 0.5, patience: Int = 1) -> Self {
    .init(initial: rate, factors: [.plateau(by: factor, patience: patience)])
  }

  /// Returns the same schedule with a linear warm-up.
  public func warmingUp(over span: TrainingSpan) -> Self {
    .init(initial: initial, factors: factors + [.warmUp(over: span)])
  }
}

extension LearningRateSchedule: CustomStringConvertible {
  /// A description of the schedule: "1.0, times 0.5 at each epoch after 5".
  public var description: String {
    (["\(initial)"] + factors.map(\.description).filter { !$0.isEmpty }).joined(separator: ", ")
  }
}
