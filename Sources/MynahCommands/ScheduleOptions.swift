import ArgumentParser
import MynahTraining

/// How the learning rate changes.
struct ScheduleOptions: ParsableArguments {
  /// The schedules, by name.
  enum Schedule: String, ExpressibleByArgument, CaseIterable {
    case constant, decay, step, linear, cosine
    case oneCycle = "one-cycle"
    case plateau
  }

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The learning rate of the first epochs, or the highest one. (default: 1 for sgd, 0.001 for adam)",
      valueName: "rate"),
    transform: Bounded.positive(atMost: 1e9))
  var learningRate: Float?

  @Option(
    help: ArgumentHelp(
      "How the rate falls: \(Schedule.allCases.map(\.rawValue).joined(separator: ", ")); linear, cosine and one-cycle span all epochs. (default: decay)",
      valueName: "name"))
  var schedule: Schedule?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Epochs before a decay, between steps, or with no lower loss on a plateau. (default: half of the epochs; else 1)",
      valueName: "epochs"),
    transform: Bounded.integer(0...1_000_000))
  var decayAfter: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What the rate is multiplied with at each later epoch, step or plateau; 1 keeps it. (default: 0.5)",
      valueName: "factor"),
    transform: Bounded.positive(atMost: 1))
  var decay: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Steps at the beginning over which the rate rises. (default: 0)", valueName: "steps"),
    transform: Bounded.integer(1...1_000_000_000))
  var warmUp: Int?

  func validate() throws {
    let spans: [Schedule] = [.constant, .linear, .cosine, .oneCycle]
    if let schedule, spans.contains(schedule), decay != nil || decayAfter != nil {
      throw ValidationError("--decay and --decay-after are not for --schedule \(schedule.rawValue); leave them away")
    }
    if schedule == .step && decayAfter == 0 {
      throw ValidationError("--schedule step needs 1 epoch or more between steps, found --decay-after 0")
    }
  }

  /// Writes what was given into a configuration, whose optimiser and epochs are settled.
  func apply(to training: inout TrainingConfiguration) {
    let before = training.learningRate
    let rate = learningRate ?? before.initial
    var result = LearningRateSchedule(initial: rate, factors: before.factors)
    if schedule != nil || decay != nil || decayAfter != nil {
      result = chosen(rate: rate, before: before.decayAlone, epochs: training.epochs)
    }
    if let warmUp { result = result.warmingUp(over: .steps(warmUp)) }
    training.learningRate = result
  }

  private func chosen(
    rate: Float, before: (factor: Float, epochs: Int)?, epochs: Int
  ) -> LearningRateSchedule {
    let span = TrainingSpan.epochs(epochs)
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
