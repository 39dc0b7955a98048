import ArgumentParser
import MynahModels
import MynahText
import MynahTraining

/// How a text is cut into tokens.
struct TokenizerOptions: ParsableArguments {
  /// The kinds of tokens.
  enum Level: String, ExpressibleByArgument, CaseIterable {
    case word, character
  }

  @Option(help: "What the model reads and writes: word or character. (default: word)")
  var level: Level?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Tokens that are rarer become <unk>. (default: 2 for words unless <unk> stands in the text, else 1)",
      valueName: "count"),
    transform: Bounded.integer(1...1_000_000_000))
  var minimumCount: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The largest number of tokens to know, the most frequent ones. (default: no limit)", valueName: "size"),
    transform: Bounded.integer(2...16_777_216))
  var vocabulary: Int?

  /// Makes the tokenizer of a text.
  func tokenizer(training text: String) -> AnyTokenizer {
    switch level ?? .word {
    case .word: .word(WordTokenizer(training: text, minimumCount: minimumCount, maximumSize: vocabulary))
    case .character:
      .character(CharacterTokenizer(training: text, minimumCount: minimumCount ?? 1, maximumSize: vocabulary))
    }
  }

  /// Whether a flag was given.
  var isGiven: Bool { level != nil || minimumCount != nil || vocabulary != nil }
}

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
    help: ArgumentHelp(
      "Rows of text that are learned side by side. (default: from the text's size)", valueName: "rows"),
    transform: Bounded.integer(1...1_000_000))
  var batch: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Steps that gradients flow back through. (default: from the text's size)", valueName: "steps"),
    transform: Bounded.integer(1...1_000_000))
  var steps: Int?

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
    help: ArgumentHelp(
      "The learning rate of the first epochs. (default: 1 for sgd, 0.001 for adam)", valueName: "rate"),
    transform: Bounded.positive(atMost: 1e9))
  var learningRate: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Epochs before the learning rate decays. (default: half of the epochs)", valueName: "epochs"),
    transform: Bounded.integer(0...1_000_000))
  var decayAfter: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What the rate is multiplied with at each later epoch; 1 keeps it. (default: 0.5)", valueName: "factor"),
    transform: Bounded.positive(atMost: 1))
  var decay: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Gradients of a larger norm are scaled down to this one; 0 or none: never. (default: 5)", valueName: "norm"))
  var clip: Clip?

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

  /// Writes what was given into a configuration.
  func apply(to training: inout TrainingConfiguration) {
    if let epochs { training.epochs = epochs }
    var rate = training.learningRate
    if let optimizer, optimizer != training.optimizer {
      training.optimizer = optimizer
      rate = LearningRateSchedule(
        initial: optimizer.usualLearningRate, factor: rate.factor, constantEpochs: rate.constantEpochs)
    }
    training.learningRate = LearningRateSchedule(
      initial: learningRate ?? rate.initial, factor: decay ?? rate.factor,
      constantEpochs: decayAfter ?? rate.constantEpochs)
    if let clip { training.clipNorm = clip.norm }
    training.batches = .contiguous(size: batch ?? training.batches.size, steps: steps ?? training.batches.steps)
    if let seed { training.seed = UInt64(seed) }
  }
}
