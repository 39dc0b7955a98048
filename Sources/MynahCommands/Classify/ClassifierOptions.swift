import ArgumentParser
import MynahClassification
import MynahModels
import MynahText

/// The flags of a classifier's method and training.
struct ClassifierOptions: ConditionalFlags {
  @Option(
    help: ArgumentHelp(
      "The method: per-class (a language model for each label), fine-tune (a recurrent classifier, pretrained as a "
        + "language model) or naive-bayes (word counts, for comparison). (default: per-class)",
      valueName: "name"),
    transform: Self.method)
  var method = ClassificationMethod.perClass

  @Option(
    help: ArgumentHelp(
      "Start from this model file, and use its tokenizer. (default: train a language model on the texts)",
      valueName: "model"), completion: .file(), transform: Bounded.path)
  var from: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The number of members of the ensemble. (default: 2 for per-class, 5 for fine-tune)",
      valueName: "count"),
    transform: Bounded.integer(1...64))
  var members: Int?

  @Option(
    help: ArgumentHelp(
      "The tokenizer: word (lowercase, punctuation split off, digits folded) or character; several, separated "
        + "by commas, are assigned to the members in turn. (default: word)",
      valueName: "names"),
    transform: Self.readings)
  var tokenizer: [ClassifierSettings.Reading]?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The embedding size. (default: 64 for words, 32 for characters)", valueName: "size"),
    transform: Bounded.integer(1...65_536))
  var embedding: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The sizes of the recurrent layers, separated by commas. (default: 128 for words, 192 for characters)",
      valueName: "sizes"),
    transform: Bounded.integers(1...65_536, atMost: 16))
  var hidden: [Int]?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The largest number of epochs of the language models. (default: 10 for words, 12 for characters)",
      valueName: "count"),
    transform: Bounded.integer(1...10_000))
  var languageModelEpochs: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The largest number of epochs of each label's model, or of the recurrent classifier. (default: 25, or 8)",
      valueName: "count"),
    transform: Bounded.integer(1...10_000))
  var epochs: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The learning rate of those epochs. (default: 0.002, or 0.001)", valueName: "rate"),
    transform: Bounded.positive(atMost: 10))
  var learningRate: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The learning rate of the language models. (default: 0.003)", valueName: "rate"),
    transform: Bounded.positive(atMost: 10))
  var languageModelRate: Float?

  @Option(
    help: ArgumentHelp(
      "The pooling of a recurrent classifier's outputs: last, mean, max, separated by commas. (default: all)",
      valueName: "names"),
    transform: Self.pooling)
  var pooling: [Pooling]?

  @Flag(help: "Make the recurrent classifiers unidirectional: they read texts only forwards.")
  var oneDirection = false

  @Flag(help: "Do not combine the recurrent classifiers with a linear model of n-grams.")
  var withoutNgrams = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The dropout rate of the outputs. (default: 0.5)", valueName: "rate"),
    transform: Bounded.rate)
  var dropout: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The share of each label's texts for validation. (default: 0.1)", valueName: "share"),
    transform: Bounded.validationShare)
  var validationShare: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The random seed: equal seeds give equal classifiers.", valueName: "number"))
  var seed: UInt64 = 1

  var rules: [FlagRule] {
    let (isBayes, isFineTuned, hasStart) = (method == .naiveBayes, method == .fineTune, from != nil)
    // Naive Bayes counts words and trains no network.
    let ofModels = [
      ("--from", hasStart), ("--members", members != nil), ("--tokenizer", tokenizer != nil),
      ("--embedding", embedding != nil), ("--hidden", hidden != nil),
      ("--language-model-epochs", languageModelEpochs != nil), ("--epochs", epochs != nil),
      ("--learning-rate", learningRate != nil), ("--language-model-rate", languageModelRate != nil),
      ("--dropout", dropout != nil),
    ]
    // An existing model determines the sizes and the tokens.
    let ofNewModels = [
      ("--tokenizer", tokenizer != nil), ("--embedding", embedding != nil), ("--hidden", hidden != nil),
    ]
    let ofClassifiers = [
      ("--pooling", pooling != nil), ("--one-direction", oneDirection), ("--without-ngrams", withoutNgrams),
    ]
    return ofModels.map { FlagRule($0.0, $0.1, excludes: "--method naive-bayes", isBayes) }
      + ofNewModels.map { FlagRule($0.0, $0.1, excludes: "--from", hasStart) }
      + ofClassifiers.map { FlagRule($0.0, $0.1, needs: "--method fine-tune", isFineTuned) }
      // The language models of each label keep the dropout of the model that they start from.
      + [FlagRule("--dropout", dropout != nil, excludes: "--from and --method per-class", hasStart && !isFineTuned)]
  }

  /// Returns the settings.
  func settings() throws -> ClassifierSettings {
    var settings = ClassifierSettings(method)
    // Members that start from one model differ only in their validation texts.
    if from != nil { settings.readings = [settings.readings[0]] }
    if let tokenizer { settings.readings = tokenizer }
    if let members {
      let readings = settings.readings
      settings.readings = (0..<members).map { readings[$0 % readings.count] }
    }
    for index in settings.readings.indices {
      if let embedding { settings.readings[index].embeddingSize = embedding }
      if let hidden { settings.readings[index].hiddenSizes = hidden }
      if let languageModelEpochs { settings.readings[index].languageModelEpochs = languageModelEpochs }
    }
    if let epochs { settings.epochs = epochs }
    if let learningRate { settings.learningRate = learningRate }
    if let languageModelRate { settings.languageModelRate = languageModelRate }
    if let pooling { settings.pooling = pooling }
    if withoutNgrams { settings.ngramBucketCount = 0 }
    if oneDirection { settings.isBidirectional = false }
    if let dropout { settings.dropout = dropout }
    if let validationShare { settings.validationShare = validationShare }
    settings.seed = seed
    return settings
  }

  /// Reads the model to start from, if one was named.
  ///
  /// - Throws: `CheckpointError`, or `CommandError.roundedModel`.
  func languageModel() throws -> ModelFile? {
    guard let from else { return nil }
    let file = try ModelFile(contentsOf: from)
    guard file.precision == .float32 else { throw CommandError.roundedModel(path: from, precision: file.precision) }
    return file
  }

  // MARK: Names

  @Sendable private static func method(_ name: String) throws -> ClassificationMethod {
    guard let method = ClassificationMethod(rawValue: name) else {
      throw ValidationError(
        "expected one of \(ClassificationMethod.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return method
  }

  @Sendable private static func pooling(_ names: String) throws -> [Pooling] {
    let kinds = names.split(separator: ",", omittingEmptySubsequences: false).map { Pooling(rawValue: String($0)) }
    let known = kinds.compactMap(\.self)
    guard known.count == kinds.count, Set(known).count == known.count else {
      throw ValidationError("expected one or more of last, mean, max, each once, separated by commas")
    }
    return known
  }

  @Sendable private static func readings(_ names: String) throws -> [ClassifierSettings.Reading] {
    try names.split(separator: ",", omittingEmptySubsequences: false).map { name in
      switch name {
      case "word": .words
      case "character": .characters
      default: throw ValidationError("expected word, character, or both separated by commas")
      }
    }
  }
}
