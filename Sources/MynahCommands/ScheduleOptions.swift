import ArgumentParser
import MynahTraining

/// The flags of the learning rate.
struct ScheduleOptions: ConditionalFlags, RunOptions {
  /// The schedules, by name.
  enum Schedule: String, ExpressibleByArgument, CaseIterable {
    case constant, decay, step, linear, cosine
    case oneCycle = "one-cycle"
    case plateau
  }

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The initial or highest learning rate. (default: 1 for sgd, 0.001 for adam)",
      valueName: "rate"),
    transform: Bounded.positive(atMost: 1e9))
  var learningRate: Float?

  @Option(
    help: ArgumentHelp(
      "The schedule: \(Schedule.allCases.map(\.rawValue).joined(separator: ", ")); "
        + "linear, cosine and one-cycle span all epochs. (default: decay)",
      valueName: "name"))
  var schedule: Schedule?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Epochs before a decay, between steps, or without improvement on a plateau. "
        + "(default: half of the epochs, else 1)",
      valueName: "epochs"),
    transform: Bounded.integer(0...1_000_000))
  var decayAfter: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The factor of the rate at each later epoch, step or plateau; 1 keeps the rate. (default: 0.5)",
      valueName: "factor"),
    transform: Bounded.positive(atMost: 1))
  var decay: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Steps of linear warm-up. (default: 0)", valueName: "steps"),
    transform: Bounded.integer(1...1_000_000_000))
  var warmUp: Int?

  @Flag(
    help: "With --resume and --epochs: span the schedule over the new number of epochs from here on.")
  var reschedule = false

  var rules: [FlagRule] {
    let spans: [Schedule] = [.constant, .linear, .cosine, .oneCycle]
    let span = schedule.flatMap { spans.contains($0) ? $0 : nil }
    return [
      FlagRule("--decay", decay != nil, excludes: "--schedule \(span?.rawValue ?? "")", span != nil),
      FlagRule("--decay-after", decayAfter != nil, excludes: "--schedule \(span?.rawValue ?? "")", span != nil),
    ]
  }

  func validate() throws {
    try checkRules()
    if schedule == .step && decayAfter == 0 {
      throw ValidationError("--schedule step needs 1 epoch or more between steps, found --decay-after 0")
    }
  }

  var settings: [RunSetting] {
    [
      RunSetting("--learning-rate", learningRate) { $0.training.learningRate.initial },
      RunSetting("--schedule", schedule?.rawValue) { Schedule($0.training.learningRate)?.rawValue },
      RunSetting("--decay", decay) { $0.training.learningRate.decay?.factor },
      RunSetting("--decay-after", decayAfter) { $0.training.learningRate.decay?.epochs },
      RunSetting("--warm-up", warmUp) { run in
        run.training.learningRate.factors.lazy.compactMap { factor in
          if case .warmUp(.steps(let count)) = factor { count } else { nil }
        }.first
      },
    ]
  }

  /// Applies the given flags to the settings of a new run, after those of the optimizer and the epochs.
  func apply(to run: inout RunSettings) {
    let before = run.training.learningRate
    let rate = learningRate ?? before.initial
    var result = LearningRateSchedule(initial: rate, factors: before.factors)
    if schedule != nil || decay != nil || decayAfter != nil {
      result = chosen(rate: rate, before: before.decay, run.training)
    }
    if let warmUp { result = result.warmingUp(over: .steps(warmUp)) }
    run.training.learningRate = result
  }

  private func chosen(
    rate: Float, before: (factor: Float, epochs: Int)?, _ training: TrainingConfiguration
  ) -> LearningRateSchedule {
    let epochs = training.epochs
    let span = training.stepCount == nil ? TrainingSpan.epochs(epochs) : .run
    return switch schedule ?? .decay {
    case .constant: .constant(rate)
    case .decay:
      LearningRateSchedule(
        initial: rate, factor: decay ?? before?.factor ?? 0.5,
        constantEpochs: decayAfter ?? before?.epochs ?? (epochs + 1) / 2)
    case .step: .step(from: rate, factor: decay ?? 0.5, every: decayAfter ?? 1)
    case .linear: .linear(from: rate, over: span)
    case .cosine: .cosine(from: rate, over: span)
    case .oneCycle: .oneCycle(highest: rate, over: span)
    case .plateau: .plateau(from: rate, factor: decay ?? 0.5, patience: decayAfter ?? 1)
    }
  }
}

extension ScheduleOptions.Schedule {
  /// Determines the name of a schedule, regardless of its warm-up; nil if it has no name on the command line.
  init?(_ schedule: LearningRateSchedule) {
    let factors = schedule.factors.filter { if case .warmUp = $0 { false } else { true } }
    guard factors.count < 2 else { return nil }
    switch factors.first {
    case nil: self = .constant
    case .decay: self = .decay
    case .step: self = .step
    case .linear: self = .linear
    case .cosine: self = .cosine
    case .oneCycle: self = .oneCycle
    case .plateau: self = .plateau
    case .warmUp: return nil
    }
  }
}

extension LearningRateSchedule {
  /// The factor that repeatedly decays the learning rate, and the epochs of `--decay-after`; nil if there is none.
  fileprivate var decay: (factor: Float, epochs: Int)? {
    factors.lazy.compactMap { factor in
      switch factor {
      case .decay(let by, let after): (by, after)
      case .step(let by, let every): (by, every)
      case .plateau(let by, let patience): (by, patience)
      case .linear, .cosine, .warmUp, .oneCycle: nil
      }
    }.first
  }
}
