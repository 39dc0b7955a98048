import ArgumentParser
import MynahModels
import MynahTraining

/// How the model learns.
struct OptimizerOptions: ParsableArguments {
  /// A norm, or none.
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
    help: ArgumentHelp("Passes over the text. (default: from the text's size)", valueName: "epochs"),
    transform: Bounded.integer(1...1_000_000))
  var epochs: Int?

  @Option(
    help: ArgumentHelp("How gradients become updates: \(optimizerNames). (default: sgd)", valueName: "name"),
    transform: Self.optimizerKind)
  var optimizer: OptimizerKind?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("What sgd keeps of the last step: below 1. (default: 0)", valueName: "share"),
    transform: Bounded.positive(atMost: 0.999999))
  var momentum: Float?

  @Flag(help: "Take Nesterov's step; needs --momentum.")
  var nesterov = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How strongly weights are drawn to 0: through the gradients, but for adam by themselves. (default: 0)",
      valueName: "strength"),
    transform: Bounded.positive(atMost: 1000))
  var weightDecay: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The shares of adam's two means that a step keeps. (default: 0.9,0.999)", valueName: "share,share"),
    transform: Bounded.shares(count: 2))
  var betas: [Float]?

  @Flag(help: "Let adam divide by the largest mean square so far.")
  var amsgrad = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Epochs that asgd lets the validation loss be higher before it averages weights; 0 or more. (default: 5)",
      valueName: "epochs"),
    transform: Bounded.integer(0...1_000_000))
  var averageAfter: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Gradients of a larger norm are scaled down to this one; 0 or none: never. (default: 5)", valueName: "norm"))
  var clip: Clip?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Numbers of gradients beyond ± this are set to it first. (default: none)", valueName: "bound"),
    transform: Bounded.positive(atMost: 1e9))
  var clipValue: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Batches whose gradients' mean makes one update. (default: 1)", valueName: "count"),
    transform: Bounded.integer(1...1_000_000))
  var batchesPerUpdate: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "End when the validation loss has not fallen for so many epochs. (default: never)", valueName: "epochs"),
    transform: Bounded.integer(1...1_000_000))
  var patience: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Where random numbers begin: equal seeds give the same model, byte for byte. (default: 1)", valueName: "number"),
    transform: Bounded.integer(0...Int.max))
  var seed: Int?

  static let optimizerNames = OptimizerKind.allCases.map(\.rawValue).joined(separator: ", ")

  static func optimizerKind(_ text: String) throws -> OptimizerKind {
    guard let kind = OptimizerKind(rawValue: text) else { throw ValidationError("expected one of \(optimizerNames)") }
    return kind
  }

  func validate() throws {
    if nesterov && momentum == nil { throw ValidationError("--nesterov needs --momentum, the share of the last step") }
  }

  /// Writes what was given into a configuration.
  ///
  /// - Throws: `ValidationError` if a flag is not the optimiser's.
  func apply(to training: inout TrainingConfiguration) throws {
    if let epochs { training.epochs = epochs }
    let chosen = try optimizer(besides: training.optimizer)
    if chosen.kind != training.optimizer.kind {
      training.learningRate = LearningRateSchedule(
        initial: chosen.usualLearningRate, factors: training.learningRate.factors)
    }
    training.optimizer = chosen
    if let clip { training.clipNorm = clip.norm }
    if let clipValue { training.clipValue = clipValue }
    if let batchesPerUpdate { training.batchesPerUpdate = batchesPerUpdate }
    if let patience { training.patience = patience }
    if let seed { training.seed = UInt64(seed) }
  }

  /// The optimiser that the flags name, or the one before where they name none.
  private func optimizer(besides before: OptimizerConfiguration) throws -> OptimizerConfiguration {
    let kind = optimizer ?? before.kind
    let flags: [(name: String, isGiven: Bool, kinds: [OptimizerKind])] = [
      ("momentum", momentum != nil, [.sgd]), ("nesterov", nesterov, [.sgd]),
      ("betas", betas != nil, [.adam]), ("amsgrad", amsgrad, [.adam]),
      ("average-after", averageAfter != nil, [.asgd]), ("weight-decay", weightDecay != nil, OptimizerKind.allCases),
    ]
    let given = flags.filter(\.isGiven)
    if let other = given.first(where: { !$0.kinds.contains(kind) }) {
      throw ValidationError(
        "--\(other.name) is for --optimizer \(other.kinds[0].rawValue), found \(kind.rawValue); leave one of them away")
    }
    guard kind != before.kind || !given.isEmpty else { return before }
    let decay = weightDecay ?? 0
    return switch kind {
    case .sgd:
      OptimizerConfiguration(SGD(momentum: momentum ?? 0, isNesterov: nesterov, weightDecay: decay))
    case .adagrad: OptimizerConfiguration(Adagrad(weightDecay: decay))
    case .rmsprop: OptimizerConfiguration(RMSProp(weightDecay: decay))
    case .adam:
      OptimizerConfiguration(
        Adam(
          beta1: betas?[0] ?? Adam().beta1, beta2: betas?[1] ?? Adam().beta2, weightDecay: decay, isAMSGrad: amsgrad))
    case .asgd:
      OptimizerConfiguration(AveragedSGD(patience: averageAfter ?? AveragedSGD().patience, weightDecay: decay))
    }
  }
}
