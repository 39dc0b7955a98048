import ArgumentParser
import Foundation
import MynahIO
import MynahModels
import MynahTensors
import MynahText
import MynahTraining

/// The flags that determine a training run.
struct TrainingOptions {
  let model: ModelOptions
  let batches: BatchOptions
  let optimizer: OptimizerOptions
  let schedule: ScheduleOptions
  let loss: LossOptions
  let precision: PrecisionOptions
  let fineTuning: FineTuningOptions

  /// All options, in the order in which they are applied: later ones depend on earlier ones.
  var all: [any RunOptions] { [model, batches, optimizer, schedule, loss, precision, fineTuning] }

  /// Applies the given flags to the settings of a new run.
  ///
  /// - Throws: `ValidationError` if the resulting settings are invalid, or if a flag has no effect on them.
  func apply(to run: inout RunSettings) throws {
    for options in all { try options.apply(to: &run) }
    if let defect = run.training.defect(of: try run.architecture()) { throw ValidationError(defect) }
  }

  /// Applies the given flags to the settings of a new run that starts from a model or from word vectors.
  ///
  /// - Parameters:
  ///   - initial: The model that the run starts from, which keeps its shape; nil: a new one.
  ///   - vectorSize: The size of the word vectors that the embeddings start from; nil: none.
  /// - Throws: `ValidationError` if the resulting settings are invalid, or if a flag has no effect on them.
  func apply(
    to run: inout RunSettings, startingFrom initial: LanguageModelConfiguration?, vectorSize: Int?
  ) throws {
    if let vectorSize { run.model.embeddingSize = vectorSize }
    try apply(to: &run)
    if let vectorSize, run.model.embeddingSize != vectorSize {
      throw ValidationError(
        "the word vectors have \(vectorSize) elements, and --embedding is \(run.model.embeddingSize); leave out "
          + "--embedding")
    }
    if var kept = initial {
      kept.dropout = run.model.dropout
      guard run.model == kept else {
        throw ValidationError(
          "--init-from keeps the model's layers, sizes and output; of the flags under \"Model\", only the dropout "
            + "rates can be set with it")
      }
    }
  }

  /// Checks the given flags against the settings of a resumed run, and changes its number of epochs if one is given.
  ///
  /// - Throws: `CommandError.otherSetting`, or a `ValidationError` about a schedule that would end before the run.
  func apply(toResumed state: inout TrainingStateFile) throws {
    let run = RunSettings(
      model: state.checkpoint.model.configuration, training: state.configuration, tokenizer: state.tokenizer)
    for setting in all.flatMap(\.settings) { try setting.expect(in: run) }
    try fineTuning.expect(in: state)
    guard let epochs = optimizer.epochs else { return }
    try FlagRule(
      "--reschedule", schedule.reschedule, needs: "a --schedule that spans all epochs",
      state.configuration.learningRate.spansRun
    ).check()
    do {
      try state.setEpochs(epochs, rescheduling: schedule.reschedule)
    } catch TrainingError.scheduleSpansRun(let before, let wanted) {
      throw ValidationError(
        "the learning rate falls to its final value over \(TrainingSpan.epochs(before)), and --epochs \(wanted) would "
          + "train the remaining ones at that value; add --reschedule to span all \(wanted) from here on, or start a "
          + "new run with another --output")
    }
  }
}

/// A run that is ready to start or resume, with matching tokens, model, configuration and files.
struct TrainingJob {
  let text: TrainingText
  let model: ModelArchitecture
  let configuration: TrainingConfiguration
  /// The texts in batches.
  let batches, validation: EpochBatches
  let files: TrainingFiles
  /// The state to resume from; nil at the beginning.
  let checkpoint: TrainingCheckpoint?
  /// The weights that the run starts from, in the order of the parameters; nil: they are randomly initialised.
  private let initialWeights: [Tensor]?
  /// The vectors that embeddings start from.
  private let vectors: WordVectors?
  /// The plan of a new run with a time budget.
  let plan: TrainingPlan?

  /// Prepares a run; settings without a flag come from the text's size or, on resuming, from the training state.
  ///
  /// - Parameters:
  ///   - planning: The planner of a run with a time budget.
  ///   - shouldStop: Called after each step that a plan measures; true ends the measurement.
  /// - Throws: `TextError`, `CheckpointError`, `CommandError.otherSetting`, `TrainingError.otherRun`, or a
  ///   `ValidationError` on sizes that do not fit.
  init(
    inputs: [String], _ source: ValidationOptions, modelPath: String, resuming: Bool, tokens: TokenizerOptions,
    options: TrainingOptions, planning: RunPlanning?, shouldStop: () -> Bool
  ) throws {
    var state = resuming ? try TrainingStateFile(contentsOf: TrainingFiles.statePath(beside: modelPath)) : nil
    let fineTuning = options.fineTuning
    var initial = resuming ? nil : try fineTuning.initialModel()
    text = try TrainingText(
      at: inputs, source, tokens: tokens, resuming: state, initial: &initial,
      extendingVocabulary: fineTuning.extendVocabulary)
    let tokenizer = text.tokenizer
    vectors = resuming ? nil : try fineTuning.wordVectors(for: tokenizer.vocabulary)
    let initialConfiguration = initial?.model.configuration
    plan = try planning?.plan(
      text, initial: initialConfiguration, vectorSize: vectors?.dimension, options, shouldStop: shouldStop)
    if let plan {
      (model, configuration) = (try ModelArchitecture(plan.model), plan.training)
    } else {
      (model, configuration) = try Self.settings(
        of: &state, text, options, initial: initialConfiguration, vectors: vectors)
    }
    initialWeights = initial?.model.parameters.map(\.value)
    let layout = configuration.batches
    batches = try layout.batches(of: text.training, seed: configuration.seed)
    validation = try layout.validationBatches(of: text.validation, after: tokenizer.textStartID)
    try Self.checkMemory(model, configuration)
    files = TrainingFiles(
      modelPath: modelPath, configuration: configuration, tokenizer: tokenizer, textHash: text.hash,
      notes: state?.notes ?? text.notes.merging(fineTuning.notes) { $1 })
    checkpoint = state?.checkpoint
    if let state { try files.check(state, model: model.configuration) }
  }

  /// The settings of a resumed run, or of a new one.
  private static func settings(
    of state: inout TrainingStateFile?, _ text: TrainingText, _ options: TrainingOptions,
    initial: LanguageModelConfiguration?, vectors: WordVectors?
  ) throws -> (ModelArchitecture, TrainingConfiguration) {
    if var resumed = state {
      try options.apply(toResumed: &resumed)
      state = resumed
      return (resumed.checkpoint.model.architecture, resumed.configuration)
    }
    let defaults = TrainingDefaults(
      tokenCount: text.training.count, tokenizer: text.tokenizer, epochs: options.optimizer.epochs)
    var run = RunSettings(model: defaults.model, training: defaults.training, tokenizer: text.tokenizer)
    run.model.vocabularySize = text.tokenizer.vocabulary.count
    if let initial { run.model = initial }
    try options.apply(to: &run, startingFrom: initial, vectorSize: vectors?.dimension)
    return (try run.architecture(), run.training)
  }

  /// The state that the run begins with or is resumed from.
  var start: TrainingCheckpoint {
    if let checkpoint { return checkpoint }
    var random = RandomSource(seed: configuration.seed)
    var model =
      initialWeights.map { LanguageModel(self.model, parameters: $0) } ?? LanguageModel(self.model, using: &random)
    if let vectors { model = model.replacingEmbeddings(vectors.vectors) }
    return TrainingCheckpoint(
      model: model, batchSize: batches.batchSize, optimizer: Optimizer(configuration.optimizer))
  }

  /// The distribution of a run over processes.
  struct Distribution {
    var communicator: any Communicator = SingleProcess()
    /// The relative shares of the ranks in the shards; nil for equal shares.
    var shares: [Int]?
    /// A Boolean value indicating whether gradients are rounded to bfloat16 before they are sent to other ranks.
    var roundsGradients = false
  }

  /// Trains to the end of the run, or of an epoch; rank 0 writes the files.
  ///
  /// - Parameter lastEpoch: The epoch after which the run pauses; nil: it is trained to its end.
  /// - Returns: The best model and the figures of all epochs.
  /// - Throws: `TrainingError`, `FileError`, and what `report` throws.
  func run(
    checkpointInterval: Int, metrics: [Metric], profile: StepProfile?, distribution: Distribution, timer: RunTimer?,
    upTo lastEpoch: Int? = nil, shouldStop: @escaping @Sendable () -> Bool, report: (TrainingEvent) throws -> Void
  ) throws -> (model: LanguageModel, history: [EpochReport]) {
    let start = start
    var model = start.model
    var trainer = Trainer(configuration, checkpointInterval: checkpointInterval)
    trainer.shouldStop = shouldStop
    trainer.lastEpoch = lastEpoch
    if let timer { trainer.moveEnd = timer.end }
    trainer.metrics = metrics
    trainer.profile = profile
    (trainer.communicator, trainer.shares) = (distribution.communicator, distribution.shares)
    trainer.roundsSentGradients = distribution.roundsGradients
    try trainer.check(model)
    // Written before the first step, so that a run that is killed from now on can be resumed.
    if distribution.communicator.rank == 0 { try files.write(start) }
    guard !shouldStop() else { throw TrainingError.interrupted(epoch: start.epoch, step: start.step) }
    let history = try trainer.train(&model, on: batches, validating: validation, from: start) { event in
      if case .checkpoint(let checkpoint) = event { try files.write(checkpoint) }
      try report(event)
    }
    return (model, history)
  }

  /// Checks that a run fits in this machine's memory: the weights four times (with gradients, best model and a file's
  /// copy), the state of the optimizer, and the activations that a batch keeps for the backward pass.
  private static func checkMemory(_ model: ModelArchitecture, _ training: TrainingConfiguration) throws {
    let (layout, copies) = (training.batches, Double(4 + training.optimizer.rule.slotNames.count))
    let parameters = model.parameterSpecs.reduce(0.0) { sum, parameter in
      sum + parameter.shape.sizes.reduce(1) { $0 * Double($1) }
    }
    let perToken = model.layers.reduce(Double(model.configuration.embeddingSize)) {
      $0 + 8 * Double($1.shape.hiddenSize)
    }
    let needed = 4 * copies * parameters + 4 * perToken * Double(layout.batchSize) * Double(layout.longestSequence)
    let available = Double(ProcessInfo.processInfo.physicalMemory)
    guard needed > available else { return }
    func gigabytes(_ bytes: Double) -> String { "\((bytes / 1e9).formatted(1)) GB" }
    throw ValidationError(
      "a model of \(parameters.formatted(0)) parameters in batches of \(layout.batchSize) × \(layout.longestSequence) "
        + "needs about \(gigabytes(needed)) of memory and this machine has \(gigabytes(available)); "
        + "choose a smaller --hidden, --embedding, --vocabulary, --batch or --sequence-length")
  }

  /// Returns a description of the text, the model and the run.
  func description(of input: String) -> String {
    textDescription(of: input) + "\(modelSummary)\n\(configuration.inWords)\n"
  }

  /// Returns a description of the text alone, on a line.
  func textDescription(of input: String) -> String {
    let source = text.validationPath.map { ", in files of their own (\($0.visible))" } ?? ""
    return """
      \(input): \(text.training.count.grouped) \(tokenizer.countedNoun) to learn from, \
      \(text.validation.count.grouped) for validation\(source), \
      a vocabulary of \(tokenizer.vocabulary.count.grouped)\(unknownInWords)

      """
  }

  private var modelSummary: String {
    let configuration = model.configuration
    let output = configuration.output == .softmax() ? "" : ", \(model.output.kind.title.lowercased())"
    return "embedding \(configuration.embeddingSize), \(layersInWords)\(output), \(configuration.dropout): "
      + "\(weightCount.grouped) weights besides the embedding"
  }

  /// The number and share of unknown tokens in the training text; empty if there are none.
  private var unknownInWords: String {
    guard text.unknownCount > 0 else { return "" }
    let share = 100 * Double(text.unknownCount) / Double(text.training.count)
    return ", \(text.unknownCount.grouped) (\(share.brief) %) unknown"
  }

  /// A warning if the validation text has too many unknown tokens for its perplexity to be a measure of the model.
  ///
  /// - Parameter isFineTuned: A Boolean value indicating whether the tokens are those of an existing model.
  func unknownWarning(isFineTuned: Bool) -> String? {
    guard text.unknownValidationShare > 0.05 else { return nil }
    let share = (100 * text.unknownValidationShare).brief
    let remedy =
      switch tokenizer {
      case _ where isFineTuned: "--extend-vocabulary adds the text's words or characters to those of the model"
      case .character: "a lower --minimum-count keeps more characters, and --tokenizer byte reads every character"
      case .kerasWord: "a larger --vocabulary keeps more words, and --tokenizer byte-pair or character reads every word"
      case .huggingFace: "--tokenizer byte-pair or character reads every word"
      default: "a lower --minimum-count keeps more words, and --tokenizer byte-pair or character reads every word"
      }
    return "\(share) % of the validation text is unknown to the tokenizer; \(remedy)"
  }

  /// The kinds and sizes of the recurrent layers: "LSTM 256, 128".
  private var layersInWords: String {
    var (result, last) = ("", "")
    for layer in model.layers {
      let title = layer.kind.title
      result += (result.isEmpty ? "" : ", ") + (title == last ? "" : title + " ") + "\(layer.shape.hiddenSize)"
      last = title
    }
    return result
  }

  /// The number of weights without the embedding, of which each token uses one row only.
  private var weightCount: Int { model.parameterSpecs.dropFirst().reduce(0) { $0 + $1.shape.elementCount } }

  var tokenizer: AnyTokenizer { text.tokenizer }

  /// The description of the run for logs.
  var runDescription: RunDescription {
    RunDescription(
      model: model.configuration, configuration: configuration, tokenizer: tokenizer, tokenCount: text.training.count,
      stepsPerEpoch: batches.count, checkpoint: checkpoint)
  }

  var tokensPerStep: Int { configuration.batches.batchSize * configuration.batches.sequenceLength }
}
