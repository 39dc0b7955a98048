public import MynahModels
package import MynahTensors
public import MynahText

/// Trains a language model by truncated backpropagation through time.
///
/// The same model, text, configuration and seed give the same bits, at any number of threads, stopped and resumed or not.
public struct Trainer: Sendable {
  /// What determines the run.
  public let configuration: TrainingConfiguration
  /// A checkpoint is made after so many steps, besides the one at the end of each epoch; nil: only there.
  public var checkpointInterval: Int?
  /// A loss of your own in place of the configuration's.
  ///
  /// Penalties are added to it too. The validation loss remains the cross-entropy.
  public var loss: CustomLoss?
  /// Figures of the validation text's predictions that epochs report besides the loss.
  public var metrics: [Metric] = []
  /// Where the time of the steps is added up; nil: nowhere.
  package var profile: StepProfile?
  /// Asked after each step; true ends the run with a checkpoint and `TrainingError.interrupted`.
  public var shouldStop: @Sendable () -> Bool = { false }

  /// Creates a trainer.
  public init(_ configuration: TrainingConfiguration, checkpointInterval: Int? = nil) {
    self.configuration = configuration
    self.checkpointInterval = checkpointInterval
  }

  /// Which model a run ends with.
  public enum KeptModel: Sendable {
    /// The one with the lowest validation loss; the last without validation.
    case best
    /// The one after the last step.
    case last
  }

  /// Trains a model on a text, cut as the configuration says.
  ///
  /// - Parameters:
  ///   - model: The model to train; at the end the one that `kept` names.
  ///   - text: The tokens to learn, an array or a token file.
  ///   - validation: Tokens to validate with after each epoch, all but the first predicted as
  ///     `BatchLayout.validationBatches` has it.
  ///   - checkpoint: Where to go on; nil: at the beginning.
  ///   - kept: Which model the run ends with.
  ///   - report: Called with each event, on the calling thread; what it throws ends the run.
  /// - Returns: The figures of all epochs.
  /// - Throws: `TextError` if a text is shorter than a batch, `TrainingError` if the run diverges or is interrupted.
  @discardableResult
  public func train(
    _ model: inout LanguageModel, on text: any TokenSource, validating validation: (any TokenSource)? = nil,
    from checkpoint: TrainingCheckpoint? = nil, keeping kept: KeptModel = .best,
    report: (TrainingEvent) throws -> Void = { _ in }
  ) throws -> [EpochReport] {
    // Sizes that are impossible cannot cut a text.
    try check(model)
    let layout = configuration.batches
    return try train(
      &model, on: layout.batches(of: text, seed: configuration.seed),
      validating: validation.map { try layout.validationBatches(of: $0) }, from: checkpoint, keeping: kept,
      report: report)
  }

  /// Trains a model on batches of your own; the configuration's layout then only names them.
  ///
  /// - Parameters:
  ///   - model: The model to train; at the end the one that `kept` names.
  ///   - batches: What to learn.
  ///   - validation: What to validate with after each epoch: the batches of epoch 1.
  ///   - checkpoint: Where to go on; nil: at the beginning.
  ///   - kept: Which model the run ends with.
  ///   - report: Called with each event, on the calling thread; what it throws ends the run.
  /// - Returns: The figures of all epochs.
  /// - Throws: `TrainingError` if the run diverges or is interrupted, or if an epoch has fewer batches than were
  ///   promised.
  @discardableResult
  public func train(
    _ model: inout LanguageModel, on batches: EpochBatches, validating validation: EpochBatches? = nil,
    from checkpoint: TrainingCheckpoint? = nil, keeping kept: KeptModel = .best,
    report: (TrainingEvent) throws -> Void = { _ in }
  ) throws -> [EpochReport] {
    try check(model)
    return try StoragePool.recycling {
      try Precision.$current.withValue(configuration.precision) {
        try run(&model, on: batches, validating: validation, from: checkpoint, keeping: kept, report: report)
      }
    }
  }

  private func check(_ model: LanguageModel) throws {
    if let defect = configuration.defect(of: model.architecture) {
      throw TrainingError.impossible(reason: defect)
    }
  }

  /// Checks that the learning rate does not end before the run does.
  private func checkSchedule(from run: TrainingCheckpoint, stepsPerEpoch: Int) throws {
    let last = TrainingPlace(epoch: configuration.epochs, stepsPerEpoch: stepsPerEpoch)
    guard run.epoch <= configuration.epochs, configuration.learningRate.hasEnded(at: last) else { return }
    throw TrainingError.impossible(
      reason:
        "the learning rate (\(configuration.learningRate)) ends before epoch \(configuration.epochs), the last one; "
        + "span it over all epochs")
  }

  private func run(
    _ model: inout LanguageModel, on batches: EpochBatches, validating validation: EpochBatches?,
    from checkpoint: TrainingCheckpoint?, keeping kept: KeptModel, report: (TrainingEvent) throws -> Void
  ) throws -> [EpochReport] {
    var run =
      checkpoint
      ?? TrainingCheckpoint(model: model, batchSize: batches.batchSize, optimizer: Optimizer(configuration.optimizer))
    guard run.optimizer.configuration == configuration.optimizer else {
      throw TrainingError.otherRun(
        what: "the optimizer", expected: "\(configuration.optimizer)", found: "\(run.optimizer.configuration)")
    }
    try checkSchedule(from: run, stepsPerEpoch: batches.count)
    while run.epoch <= configuration.epochs
      && !configuration.hasStoppedEarly(validationLosses: run.history.validationLosses)
    {
      var next = batches.batches(epoch: run.epoch, from: run.step)
      while run.step < batches.count {
        let before = run.step
        try report(.step(try profiled { try step(&run, &next, stepsPerEpoch: batches.count) }))
        let stopping = shouldStop()
        if stopping || run.step < batches.count && isCheckpointDue(from: before, to: run.step) {
          guard run.model.isFinite else { throw diverged(run, stepsPerEpoch: batches.count) }
          try report(.checkpoint(run))
        }
        if stopping { throw TrainingError.interrupted(epoch: run.epoch, step: run.step) }
      }
      let epoch = try endEpoch(&run, batches, validation: validation)
      try report(.checkpoint(run))
      try report(.epoch(epoch))
    }
    model = (kept == .best ? run.best?.model : nil) ?? run.evaluatedModel
    return run.history
  }
}
