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

  /// Trains a model on a text.
  ///
  /// - Parameters:
  ///   - model: The model to train; at the end the one that `kept` names.
  ///   - text: The tokens to learn, an array or a token file.
  ///   - validation: Tokens to validate with after each epoch, in batches of the same layout (fewer rows if it is short).
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
    try StoragePool.recycling {
      try Precision.$current.withValue(configuration.precision) {
        try run(&model, on: text, validating: validation, from: checkpoint, keeping: kept, report: report)
      }
    }
  }

  private func run(
    _ model: inout LanguageModel, on text: any TokenSource, validating validation: (any TokenSource)?,
    from checkpoint: TrainingCheckpoint?, keeping kept: KeptModel, report: (TrainingEvent) throws -> Void
  ) throws -> [EpochReport] {
    let layout = configuration.batches
    let batches = try ContiguousBatches(text, batchSize: layout.size, stepCount: layout.steps)
    let validationBatches = try validation.map { try layout.validationBatches($0) }
    var run =
      checkpoint
      ?? TrainingCheckpoint(model: model, batchSize: layout.size, optimizer: Optimizer(configuration.optimizer))
    guard run.optimizer.kind == configuration.optimizer else {
      throw TrainingError.otherRun(
        what: "the optimizer", expected: configuration.optimizer.rawValue, found: run.optimizer.kind.rawValue)
    }
    while run.epoch <= configuration.epochs {
      let rate = configuration.learningRate.rate(epoch: run.epoch)
      while run.step < batches.count {
        let norm = try profiled { try step(&run, batches, rate: rate) }
        try report(.step(run.stepReport(stepCount: batches.count, gradientNorm: norm)))
        let stopping = shouldStop()
        if stopping || (run.step < batches.count && checkpointInterval.map(run.step.isMultiple) ?? false) {
          guard run.model.isFinite else { throw diverged(run, rate: rate) }
          try report(.checkpoint(run))
        }
        if stopping { throw TrainingError.interrupted(epoch: run.epoch, step: run.step) }
      }
      let validationLoss = validationBatches.map(run.model.loss)
      guard run.model.isFinite, validationLoss?.perplexity.isFinite ?? true else { throw diverged(run, rate: rate) }
      let epoch = run.endEpoch(rate: rate, validation: validationLoss)
      try report(.checkpoint(run))
      try report(.epoch(epoch))
    }
    model = kept == .best ? run.best?.model ?? run.model : run.model
    return run.history
  }

  /// Makes one step: loss, gradients, clip, update.
  ///
  /// A batch is cut when it is needed: that is two copies of T·B numbers, a ten-thousandth of a step or less.
  ///
  /// - Returns: The gradients' norm before clipping.
  private func step(_ run: inout TrainingCheckpoint, _ batches: ContiguousBatches, rate: Float) throws -> Double {
    let (batch, state) = (batches[run.step], run.state)
    let masks = RandomSource(seed: configuration.seed, stream: UInt64(run.epoch) << 32 | UInt64(run.step))
    let (norm, pass) = run.optimizer.step(&run.model, rate: rate, clipNorm: configuration.clipNorm) { model in
      let pass = model.loss(inputs: batch.inputs, targets: batch.targets, state: state, dropout: masks)
      return (pass.value, (loss: pass.loss, state: pass.state))
    }
    run.step += 1
    guard pass.loss.perplexity.isFinite && norm.isFinite else { throw diverged(run, rate: rate) }
    run.state = pass.state
    run.epochLoss += pass.loss
    run.stepLoss = pass.loss
    return norm
  }

  private func profiled<Result>(_ step: () throws -> Result) rethrows -> Result {
    guard let profile else { return try step() }
    return try profile.wholeStep(step)
  }

  private func diverged(_ run: TrainingCheckpoint, rate: Float) -> TrainingError {
    .diverged(epoch: run.epoch, step: run.step, learningRate: rate, clipNorm: configuration.clipNorm)
  }
}

extension LanguageModel {
  /// The loss of a text in batches from the zero state, the state carried from batch to batch; no dropout.
  public func loss(of batches: ContiguousBatches) -> Loss {
    var state = initialState(batchSize: batches.batchSize)
    var total = Loss()
    for batch in batches {
      let pass = loss(inputs: batch.inputs, targets: batch.targets, state: state)
      total += pass.loss
      state = pass.state
    }
    return total
  }
}
