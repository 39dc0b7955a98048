/// The learning rate as a function of the place in the run: an initial rate times factors.
///
///     rate = initial · Π factor(place)
///
/// ```swift
/// LearningRateSchedule.halving(from: 1, after: 5)
/// LearningRateSchedule.cosine(from: 0.001, over: .epochs(10)).warmingUp(over: .steps(500))
/// ```
public struct LearningRateSchedule: Hashable, Codable, Sendable {
  /// The rate where all factors are 1: positive.
  public let initial: Float
  /// What it is multiplied with; none for a constant rate.
  public let factors: [RateFactor]

  /// Creates a schedule.
  public init(initial: Float, factors: [RateFactor]) {
    self.initial = initial
    self.factors = factors
  }

  /// The rate at a place in the run.
  public func rate(at place: TrainingPlace) -> Float { factors.reduce(initial) { $0 * $1.value(at: place) } }

  /// The rate at an epoch's first step; the first epoch is 1.
  ///
  /// For schedules that know nothing but the epoch; see `rate(at:)` for the others.
  public func rate(epoch: Int) -> Float { rate(at: TrainingPlace(epoch: epoch)) }

  /// Whether the rate may change within an epoch.
  public var changesWithinEpochs: Bool { factors.contains(where: \.changesWithinEpochs) }

  /// What is wrong with the schedule, in words; nil if it can be followed.
  public var defect: String? {
    if !(initial > 0 && initial.isFinite) { return "a learning rate must be a positive number, found \(initial)" }
    return factors.lazy.compactMap(\.defect).first
  }
}

/// Where in a run a step is made.
public struct TrainingPlace: Hashable, Sendable {
  /// The epoch; the first one is 1.
  public var epoch: Int
  /// The steps of the epoch that are done.
  public var step: Int
  /// The steps of an epoch.
  public var stepsPerEpoch: Int
  /// The mean validation losses of the epochs that ended, first to last.
  public var validationLosses: [Double]

  /// Creates a place.
  public init(epoch: Int, step: Int = 0, stepsPerEpoch: Int = 1, validationLosses: [Double] = []) {
    (self.epoch, self.step, self.stepsPerEpoch) = (epoch, step, stepsPerEpoch)
    self.validationLosses = validationLosses
  }

  /// The steps of the run that are done.
  public var stepsDone: Int { (epoch - 1) * stepsPerEpoch + step }
}

// MARK: The length of a run

extension LearningRateSchedule {
  /// A Boolean value indicating whether the rate is a function of the length of a run, as that of a cosine is.
  public var spansRun: Bool { factors.contains { $0.span != nil } }

  /// Returns the schedule with each factor that spans a run spanning another length.
  public func spanning(_ span: TrainingSpan) -> Self {
    .init(initial: initial, factors: factors.map { $0.spanning(span) })
  }

  /// Returns a Boolean value indicating whether the rate has fallen to its end, where nothing is learned, at a place.
  func hasEnded(at place: TrainingPlace) -> Bool { factors.contains { $0.hasEnded(at: place) } }
}

// MARK: The usual schedules

extension LearningRateSchedule {
  /// Constant for some epochs, then multiplied by a factor at each one.
  public init(initial: Float, factor: Float, constantEpochs: Int) {
    self.init(initial: initial, factors: [.decay(by: factor, after: constantEpochs)])
  }

  /// The same rate at every step.
  public static func constant(_ rate: Float) -> Self { .init(initial: rate, factors: []) }

  /// Halved at each epoch after the first `epochs` ones.
  public static func halving(from rate: Float, after epochs: Int) -> Self {
    .init(initial: rate, factor: 0.5, constantEpochs: epochs)
  }

  /// Multiplied by a factor after every `epochs` epochs.
  public static func step(from rate: Float, factor: Float, every epochs: Int) -> Self {
    .init(initial: rate, factors: [.step(by: factor, every: epochs)])
  }

  /// Down to a share of the rate in a straight line.
  public static func linear(from rate: Float, to share: Float = 0, over span: TrainingSpan) -> Self {
    .init(initial: rate, factors: [.linear(to: share, over: span)])
  }

  /// Down to a share of the rate along half a cosine.
  public static func cosine(from rate: Float, to share: Float = 0, over span: TrainingSpan) -> Self {
    .init(initial: rate, factors: [.cosine(to: share, over: span)])
  }

  /// From a 25th of a highest rate up to it and down to nearly nothing.
  public static func oneCycle(highest rate: Float, over span: TrainingSpan) -> Self {
    .init(initial: rate, factors: [.oneCycle(over: span)])
  }

  /// Multiplied by a factor whenever the validation loss has not fallen for more than `patience` epochs.
  public static func plateau(from rate: Float, factor: Float = 0.5, patience: Int = 1) -> Self {
    .init(initial: rate, factors: [.plateau(by: factor, patience: patience)])
  }

  /// The same schedule, its first steps at rates that rise to it in a straight line.
  public func warmingUp(over span: TrainingSpan) -> Self {
    .init(initial: initial, factors: factors + [.warmUp(over: span)])
  }
}

extension LearningRateSchedule: CustomStringConvertible {
  /// The schedule in words: "1.0, times 0.5 at each epoch after 5".
  public var description: String {
    (["\(initial)"] + factors.map(\.description).filter { !$0.isEmpty }).joined(separator: ", ")
  }
}
