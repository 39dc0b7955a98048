import ArgumentParser
import MynahModels
import MynahTraining

/// The training objective.
struct LossOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Train with a softmax over the target and so many sampled tokens; for large vocabularies. (default: all tokens)",
      valueName: "tokens"),
    transform: Bounded.integer(1...16_777_216))
  var sampled: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The share of each target that is spread over the vocabulary. (default: 0)", valueName: "share"),
    transform: Bounded.positive(atMost: 0.999999))
  var smoothing: Float?

  @Flag(help: "Learn the mean over all targets, not the sum over the steps: rates need to be higher.")
  var meanLoss = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Add this times the sum of all weights' squares. (default: 0)", valueName: "strength"),
    transform: Bounded.positive(atMost: 1e6))
  var weightPenalty: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Add this times the mean square of the last layer's outputs. (default: 0)", valueName: "strength"),
    transform: Bounded.positive(atMost: 1e6))
  var activationPenalty: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Add this times the mean square of their changes from step to step. (default: 0)", valueName: "strength"),
    transform: Bounded.positive(atMost: 1e6))
  var temporalPenalty: Float?

  func validate() throws {
    if sampled != nil && smoothing != nil {
      throw ValidationError("--sampled and --smoothing cannot be combined; give one of them")
    }
  }

  /// Writes what was given into a configuration.
  func apply(to training: inout TrainingConfiguration) {
    if let sampled { training.objective = .sampled(candidates: sampled) }
    if let smoothing { training.objective = .smoothed(smoothing) }
    if meanLoss { training.reduction = .meanPerTarget }
    if let weightPenalty { training.penalties.weights = weightPenalty }
    if let activationPenalty { training.penalties.activation = activationPenalty }
    if let temporalPenalty { training.penalties.temporal = temporalPenalty }
  }
}
