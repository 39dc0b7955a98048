import ArgumentParser
import MynahModels
import MynahTraining

/// The flags of the training objective.
struct LossOptions: ConditionalFlags, RunOptions {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Train with a sampled softmax over this many tokens and the target, for large vocabularies. "
        + "(default: all tokens)",
      valueName: "tokens"),
    transform: Bounded.integer(1...16_777_216))
  var sampled: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Label smoothing: the share of each target that is spread over the vocabulary. (default: 0)", valueName: "share"),
    transform: Bounded.positive(atMost: 0.999999))
  var smoothing: Float?

  @Flag(
    help: "Average the loss over all targets instead of summing it over steps; needs a higher learning rate.")
  var meanLoss = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Add this times the sum of the squares of all weights to the loss. (default: 0)", valueName: "strength"),
    transform: Bounded.positive(atMost: 1e6))
  var weightPenalty: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Add this times the mean square of the last layer's outputs (AR). (default: 0)", valueName: "strength"),
    transform: Bounded.positive(atMost: 1e6))
  var activationPenalty: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Add this times the mean square of the changes of those outputs between steps (TAR). (default: 0)",
      valueName: "strength"),
    transform: Bounded.positive(atMost: 1e6))
  var temporalPenalty: Float?

  var rules: [FlagRule] {
    [FlagRule("--smoothing", smoothing != nil, excludes: "--sampled", sampled != nil)]
  }

  var settings: [RunSetting] {
    [
      RunSetting("--sampled", sampled) { run in
        if case .sampled(let count) = run.training.objective { count } else { nil }
      } write: {
        $0.training.objective = .sampled(candidates: $1)
      },
      RunSetting("--smoothing", smoothing) { run in
        if case .smoothed(let share) = run.training.objective { share } else { nil }
      } write: {
        $0.training.objective = .smoothed($1)
      },
      RunSetting("--mean-loss", meanLoss ? true : nil) {
        $0.training.reduction == .meanPerTarget
      } write: { run, _ in
        run.training.reduction = .meanPerTarget
      },
      RunSetting("--weight-penalty", weightPenalty, at: \.training.penalties.weights),
      RunSetting("--activation-penalty", activationPenalty, at: \.training.penalties.activation),
      RunSetting("--temporal-penalty", temporalPenalty, at: \.training.penalties.temporal),
    ]
  }

  /// Applies the given flags to the settings of a new run, after the flags of batching.
  ///
  /// - Throws: `ValidationError` about a flag that has no effect.
  func apply(to run: inout RunSettings) throws {
    try applySettings(to: &run)
    try FlagRule(
      "--temporal-penalty", temporalPenalty != nil, needs: "--sequence-length of 2 or more",
      run.training.batches.sequenceLength > 1
    ).check()
  }
}
