public import MynahModels
package import MynahTensors
public import MynahText

/// A trainer of language models that uses truncated backpropagation through time.
///
/// The same model, text, configuration and seed give bit-identical results with any number of threads, whether or not
/// the run is interrupted and resumed.
public struct Trainer: Sendable {
  /// The configuration of the run.
  public let configuration: TrainingConfiguration
  /// The number of steps between checkpoints, in addition to the one at the end of each epoch; nil for checkpoints at
  /// the ends of epochs only.
  public var checkpointInterval: Int?
  /// A custom loss that replaces the configuration's objective.
  ///
  /// Penalties are added to it as well. The validation loss remains the cross-entropy.
  public var loss: CustomLoss?
  /// The metrics on the validation text that each epoch reports in addition to the loss.
  public var metrics: [Metric] = []
  /// The profile that accumulates the time of the steps; nil to disable profiling.
  package var profile: StepProfile?
  /// A closure that is called once in each step; if it returns true, the run ends after the step with a checkpoint and
  /// `TrainingError.interrupted`.
  public var shouldStop: @Sendable () -> Bool = { false }
  /// The epoch after which `train` returns, with a checkpoint from which the run can be resumed; nil to train to the end
  /// of the run.
  ///
  /// Schedules that span the run still span all its epochs.
  public var lastEpoch: Int?
  /// A closure that moves the end of a run whose configuration has a `stepCount`.
  ///
  /// It is called once in each step and at the end of each epoch, with the number of completed steps and the course of
  /// the run. It returns the number of steps after which the run ends from now on, or nil to leave the end unchanged.
  /// With several ranks, only the closure of rank 0 is called. The changes are part of checkpoints: a run that is
  /// resumed without this closure ends at the step that was set last.
  public var moveEnd: @Sendable (_ stepsDone: Int, _ pace: RunPace) -> Int? = { _, _ in nil }

  /// The connection to the processes that compute the run together; by default there is one process.
  ///
  /// All ranks call `train` with the same model, data and configuration, and get the same results as one process with
  /// as many shards. Checkpoints are reported on rank 0 only. If `train` throws on one rank, send the others
  /// `RankMessage.failure`.
  public var communicator: any Communicator = SingleProcess()
  /// The ranks' shares of the shards, such as their speeds; nil: equal shares.
  public var shares: [Int]?
  /// A Boolean value indicating whether gradients are rounded to bfloat16 before they are sent to other ranks; this
  /// changes results, and makes them depend on the number of ranks.
  public var roundsSentGradients = false

  /// Creates a trainer.
  public init(_ configuration: TrainingConfiguration, checkpointInterval: Int? = nil) {
    self.configuration = configuration
    self.checkpointInterval = checkpointInterval
  }

  /// The model that a run returns.
  public enum KeptModel: Sendable {
    /// The model with the lowest validation loss; the last one without validation.
    case best
    /// The model after the last step.
    case last
  }

  /// Trains a model on a text, batched according to the configuration.
  ///
  /// - Parameters:
  ///   - model: The model to train; on return, the model that `kept` selects.
  ///   - text: The training tokens, an array or a token file.
  ///   - validation: The tokens to validate on after each epoch. All but the first are predicted, as described at
  ///     `BatchLayout.validationBatches`.
  ///   - checkpoint: The checkpoint to resume from; nil to start a new run.
  ///   - kept: The model that the run returns.
  ///   - report: Called with each event, on the calling thread; an error that it throws ends the run.
  /// - Returns: The reports of all epochs.
  /// - Throws: `TextError` if a text is shorter than a batch, `TrainingError` if the run diverges or is interrupted.
  @discardableResult
  public func train(
    _ model: inout LanguageModel, on text: any TokenSource, validating validation: (any TokenSource)? = nil,
    from checkpoint: TrainingCheckpoint? = nil, keeping kept: KeptModel = .best,
    report: (TrainingEvent) throws -> Void = { _ in }
  ) throws -> [EpochReport] {
    // Invalid sizes must be reported before the text is split into batches.
    try check(model)
    let layout = configuration.batches
    return try train(
      &model, on: layout.batches(of: text, seed: configuration.seed),
      validating: validation.map { try layout.validationBatches(of: $0) }, from: checkpoint, keeping: kept,
      report: report)
  }

  /// Trains a model on custom batches; the configuration's layout is then only descriptive, except that random lengths
  /// scale the learning rate.
  ///
  /// - Parameters:
  ///   - model: The model to train; on return, the model that `kept` selects.
  ///   - batches: The training batches.
  ///   - validation: The batches to validate on after each epoch: those of epoch 1.
  ///   - checkpoint: The checkpoint to resume from; nil to start a new run.
  ///   - kept: The model that the run returns.
  ///   - report: Called with each event, on the calling thread; an error that it throws ends the run.
  /// - Returns: The reports of all epochs.
  /// - Throws: `TrainingError` if the run diverges or is interrupted, or if an epoch has fewer batches than its count.
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

  /// Checks that a model can be trained with this configuration by these ranks.
  ///
  /// - Throws: `TrainingError.impossible`.
  package func check(_ model: LanguageModel) throws {
    if let defect = configuration.defect(of: model.architecture) {
      throw TrainingError.impossible(reason: defect)
    }
    guard configuration.shards == 1 || loss == nil else {
      throw TrainingError.impossible(
        reason: "a custom loss needs whole batches, found \(configuration.shards) shards")
    }
    guard model.configuration.dropout.latent == 0 || loss == nil else {
      throw TrainingError.impossible(reason: "a custom loss has no latent dropout, found a rate above 0")
    }
    let rankCount = communicator.rankCount
    guard configuration.shards >= rankCount else {
      throw TrainingError.impossible(
        reason: "\(rankCount) ranks need at least \(rankCount) shards, found \(configuration.shards)")
    }
    guard shares.map({ $0.count == rankCount && $0.allSatisfy { $0 > 0 } }) ?? true else {
      throw TrainingError.impossible(
        reason: "\(rankCount) ranks need \(rankCount) positive shares, found \(shares ?? [])")
    }
  }

  /// Checks that the learning rate does not decay to zero before the end of the run.
  private func checkSchedule(from run: TrainingCheckpoint, stepsPerEpoch: Int) throws {
    guard run.pace == nil else { return }
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
    run.pace = run.pace ?? configuration.stepCount.map { RunPace(end: $0) }
    try checkSchedule(from: run, stepsPerEpoch: batches.count)
    let ranks = RankedRun(communicator, model: run.model, shardCount: configuration.shards, weights: shares)
    ranks.keepOwnPart(of: &run.optimizer)
    while stepsLeft(of: run, stepsPerEpoch: batches.count) > 0 && run.epoch <= lastEpoch ?? .max
      && !configuration.hasStoppedEarly(validationLosses: run.history.validationLosses)
    {
      var next = batches.batches(epoch: run.epoch, from: run.step)
      while run.step < batches.count && stepsLeft(of: run, stepsPerEpoch: batches.count) > 0 {
        let before = run.step
        let (figures, isStopping) = try profiled { try step(&run, ranks, &next, stepsPerEpoch: batches.count) }
        try report(.step(figures))
        if isStopping || run.step < batches.count && isCheckpointDue(from: before, to: run.step) {
          guard run.model.isFinite else { throw diverged(run, stepsPerEpoch: batches.count) }
          if let checkpoint = try ranks.checkpoint(of: run) { try report(.checkpoint(checkpoint)) }
        }
        if isStopping {
          // A launcher may end all ranks as soon as one has ended, but rank 0 still has a file to write.
          try ranks.waitForOthers()
          throw TrainingError.interrupted(epoch: run.epoch, step: run.step)
        }
      }
      let epoch = try endEpoch(&run, ranks, batches, validation: validation)
      if let checkpoint = try ranks.checkpoint(of: run) { try report(.checkpoint(checkpoint)) }
      try report(.epoch(epoch))
      try moveEnd(of: &run, ranks, stepsPerEpoch: batches.count)
    }
    model = try (kept == .best ? run.best?.model : nil) ?? ranks.evaluatedModel(of: run)
    return run.history
  }
}
