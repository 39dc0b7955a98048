import ArgumentParser
import MynahModels
import MynahTraining

/// The flags of the optimizer and of the run.
struct OptimizerOptions: ParsableArguments, RunOptions {
  /// The maximum norm for gradient clipping, or none.
  enum Clip: ExpressibleByArgument {
    case norm(Float), none

    init?(argument: String) {
      guard argument != "none", argument != "0" else {
        self = .none
        return
      }
      guard let norm = Float(argument), norm >= .leastNormalMagnitude, norm.isFinite else { return nil }
      self = .norm(norm)
    }

    var norm: Float? { if case .norm(let norm) = self { norm } else { nil } }
  }

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Passes over the text; 0 writes the untrained model. (default: from the text's size)", valueName: "epochs"),
    transform: Bounded.integer(0...1_000_000))
  var epochs: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Train the best model for this text in this time, including the evaluation on the test text, if any: measure "
        + "this machine's speed and plan the sizes, the dropout, the learning rate and the steps that no flag sets. "
        + "Replaces --epochs.",
      valueName: "minutes"),
    transform: Bounded.positive(atMost: 1e6))
  var minutes: Float?

  @Option(
    help: ArgumentHelp("The optimizer: \(optimizerNames). (default: sgd)", valueName: "name"),
    completion: .list(OptimizerRules.standard.names), transform: Self.optimizer)
  var optimizer: OptimizerConfiguration?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The momentum of sgd, below 1. (default: 0)", valueName: "share"),
    transform: Bounded.positive(atMost: 0.999999))
  var momentum: Float?

  @Flag(help: "Use Nesterov momentum; needs --momentum.")
  var nesterov = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Weight decay: L2 regularisation, decoupled for adam (AdamW). (default: 0)",
      valueName: "strength"),
    transform: Bounded.positive(atMost: 1000))
  var weightDecay: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The decay rates of adam's moments, β₁ and β₂. (default: 0.9,0.999)", valueName: "share,share"),
    transform: Bounded.shares(count: 2))
  var betas: [Float]?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The number ε added to the denominator of adam, rmsprop and adagrad; Keras uses 1e-7. (default: 1e-8, for "
        + "adagrad 1e-10)",
      valueName: "number"),
    transform: Bounded.positive(atMost: 1))
  var epsilon: Float?

  @Flag(help: "Use the AMSGrad variant of adam.")
  var amsgrad = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Average the weights once the validation loss is above the best one of more than this many epochs ago; start: "
        + "from the first step on. (default: asgd 5, rmsprop and adam never)",
      valueName: "epochs"),
    transform: Self.averaging)
  var averageAfter: WeightAveraging?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Clip gradients to this global norm; 0 or none: do not clip. (default: 5)", valueName: "norm"))
  var clip: Clip?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Clip each element of the gradients to ± this bound first. (default: none)", valueName: "bound"),
    transform: Bounded.positive(atMost: 1e9))
  var clipValue: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Accumulate the gradients of this many batches per update. (default: 1)", valueName: "count"),
    transform: Bounded.integer(1...1_000_000))
  var batchesPerUpdate: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Compute the gradients of a batch in this many groups of its rows, one after another, which takes less memory. "
        + "(default: 1)",
      valueName: "count"),
    transform: Bounded.integer(1...65_536))
  var shards: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Stop early when the validation loss has not improved for this many epochs. (default: never)",
      valueName: "epochs"),
    transform: Bounded.integer(1...1_000_000))
  var patience: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The random seed: equal seeds give the same model, byte for byte. (default: 1)", valueName: "number"),
    transform: Bounded.integer(0...Int.max))
  var seed: Int?

  static let optimizerNames = OptimizerRules.standard.names.joined(separator: ", ")

  static func optimizer(_ name: String) throws -> OptimizerConfiguration {
    guard let optimizer = OptimizerRules.standard[name] else {
      throw ValidationError("expected one of \(optimizerNames)")
    }
    return optimizer
  }

  private static func averaging(_ start: String) throws -> WeightAveraging {
    if start == "\(WeightAveraging.fromStart)" { return .fromStart }
    guard let epochs = Int(start), (0...1_000_000).contains(epochs) else {
      throw ValidationError("expected a number of epochs, or start")
    }
    return .afterPatience(epochs)
  }

  var settings: [RunSetting] {
    [RunSetting("--optimizer", optimizer?.name) { $0.training.optimizer.name }]
      + constants.map { constant in
        RunSetting(constant.flag, constant.given) { constant.text(in: $0.training.optimizer) }
      }
      + [
        RunSetting("--betas", betas) { run in
          let betas = ["beta1", "beta2"].compactMap { run.training.optimizer.constant($0).flatMap { Float($0) } }
          return betas.count == 2 ? betas : nil
        },
        RunSetting("--clip", clip.map { Self.name($0.norm) }) {
          Self.name($0.training.clipNorm)
        } write: { run, _ in
          run.training.clipNorm = clip?.norm
        },
        RunSetting("--clip-value", clipValue, atOptional: \.training.clipValue),
        RunSetting("--batches-per-update", batchesPerUpdate, at: \.training.batchesPerUpdate),
        RunSetting("--shards", shards, at: \.training.shards),
        RunSetting("--patience", patience, atOptional: \.training.patience),
        RunSetting("--seed", seed.map { UInt64($0) }, at: \.training.seed),
      ]
  }

  private static func name(_ norm: Float?) -> String { norm.map { "\($0)" } ?? "none" }

  /// A flag that sets a constant of the optimizer, for every optimizer that has one of that name.
  private struct Constant {
    let flag, name: String
    /// The given value as in JSON; nil without the flag.
    let value: (any Sendable)?

    var given: String? { value.map { "\($0)" } }

    /// Returns the value of the constant in an optimizer; nil if it has no such constant.
    func text(in optimizer: OptimizerConfiguration) -> String? { optimizer.constant(name) }
  }

  private var constants: [Constant] {
    [
      Constant(flag: "--momentum", name: "momentum", value: momentum),
      Constant(flag: "--nesterov", name: "isNesterov", value: nesterov ? true : nil),
      Constant(flag: "--epsilon", name: "epsilon", value: epsilon),
      Constant(flag: "--amsgrad", name: "isAMSGrad", value: amsgrad ? true : nil),
      Constant(flag: "--average-after", name: "averaging", value: averageAfter?.json),
      Constant(flag: "--weight-decay", name: "weightDecay", value: weightDecay),
    ]
  }

  /// Applies the given flags to the settings of a new run.
  ///
  /// - Throws: `ValidationError` if a flag does not belong to the optimizer.
  func apply(to run: inout RunSettings) throws {
    if let epochs { run.training.epochs = epochs }
    if let optimizer, optimizer.name != run.training.optimizer.name {
      run.training.optimizer = optimizer
      run.training.learningRate = LearningRateSchedule(
        initial: optimizer.defaultLearningRate, factors: run.training.learningRate.factors)
    }
    try FlagRule("--nesterov", nesterov, needs: "--momentum", momentum != nil).check()
    let betas = ["beta1", "beta2"].enumerated().map { index, name in
      Constant(flag: "--betas", name: name, value: self.betas?[index])
    }
    for constant in constants + betas where constant.value != nil {
      let optimizer = run.training.optimizer
      let owners = OptimizerRules.standard.names.filter {
        OptimizerRules.standard[$0]?.constant(constant.name) != nil
      }
      try FlagRule(
        constant.flag, true, needs: "--optimizer \(owners.joined(separator: " or ")), found \(optimizer.name)",
        optimizer.constant(constant.name) != nil
      ).check()
      run.training.optimizer = try optimizer.setting(constant.name, to: constant.value)
    }
    try applySettings(to: &run)
  }
}

extension WeightAveraging {
  /// The value in JSON.
  fileprivate var json: any Sendable {
    switch self {
    case .fromStart: "\(self)"
    case .afterPatience(let epochs): epochs
    }
  }
}
