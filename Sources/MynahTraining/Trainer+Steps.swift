import MynahModels
import MynahTensors
import MynahText

// The parts of a run: one update, and the end of an epoch.

extension Trainer {
  /// Performs one update: computes the losses and gradients of one or more batches, clips and updates.
  func step(
    _ run: inout TrainingCheckpoint, _ batches: inout some IteratorProtocol<Batch>, stepsPerEpoch: Int
  ) throws -> StepReport {
    let (epoch, first) = (run.epoch, run.step)
    let rate = self.rate(of: run, step: first, stepsPerEpoch: stepsPerEpoch)
    let count = min(configuration.batchesPerUpdate, stepsPerEpoch - first)
    let group = try (first..<first + count).map { index in
      guard let batch = batches.next() else {
        throw TrainingError.impossible(
          reason: "the data gave \(index) of the \(stepsPerEpoch) batches of epoch \(epoch)")
      }
      return batch
    }
    if group[0].carriesState && run.state.batchSize != group[0].batchSize {
      throw TrainingError.malformedCheckpoint(
        reason: "its state has \(run.state.batchSize) rows, the next batch \(group[0].batchSize)")
    }
    // The passes: the rows of each shard of each batch; nil: all rows.
    let passes = group.enumerated().flatMap { index, batch in rows(of: batch).map { (index, $0) } }
    var (next, state, loss) = (0, run.state, Loss())
    // The states after the shards of a batch.
    var states: [RecurrentState] = []
    let factors = configuration.partRates.factors(of: run.model.architecture, epoch: epoch)
    let (norm, _) = run.optimizer.step(
      &run.model, rate: rate, factors: factors, clip: configuration.clip, passCount: passes.count, meanOf: count
    ) { model in
      let (index, rows) = passes[next]
      let place = RandomPlace(seed: configuration.seed, epoch: epoch, batch: first + index)
      let batch = group[index]
      if !batch.carriesState && states.isEmpty { state = model.initialState(batchSize: batch.batchSize) }
      let pass = model.objective(
        batch, rows: rows, state: rows.map { state.selecting(Array($0)) } ?? state, configuration: configuration,
        place: place, own: self.loss)
      states.append(pass.state)
      loss += pass.loss
      if rows?.upperBound ?? batch.batchSize == batch.batchSize { (state, states) = (.concatenating(states), []) }
      next += 1
      return (pass.value, ())
    }
    run.step = first + count
    // A batch that is all padding has no perplexity.
    guard loss.nats.isFinite && (loss.targetCount == 0 || loss.perplexity.isFinite) && norm.isFinite else {
      throw diverged(run, stepsPerEpoch: stepsPerEpoch)
    }
    run.state = state
    run.epochLoss += loss
    return StepReport(
      epoch: epoch, step: run.step, stepCount: stepsPerEpoch, learningRate: rate, epochLoss: run.epochLoss,
      stepLoss: loss,
      gradientNorm: norm)
  }

  /// The rows of each shard of a batch, none of them empty; nil: all rows.
  private func rows(of batch: Batch) -> [Range<Int>?] {
    let count = min(configuration.shards, max(batch.batchSize, 1))
    return count == 1 ? [nil] : Batch.shards(count, of: batch.batchSize)
  }

  /// Validates the model, updates the optimizer's state, and advances to the start of the next epoch.
  func endEpoch(_ run: inout TrainingCheckpoint, _ batches: EpochBatches, validation: EpochBatches?) throws
    -> EpochReport
  {
    let (model, stepsPerEpoch) = (run.evaluatedModel, batches.count)
    let figures = validation.map { model.evaluated(on: $0.batches(epoch: 1), metrics: metrics) }
    guard run.model.isFinite, figures?.loss.perplexity.isFinite ?? true else {
      throw diverged(run, stepsPerEpoch: stepsPerEpoch)
    }
    let report = EpochReport(
      epoch: run.epoch, learningRate: lastRate(of: run, stepsPerEpoch: stepsPerEpoch), train: run.epochLoss,
      validation: figures?.loss,
      metrics: figures.flatMap { $0.metrics.isEmpty ? nil : $0.metrics.filter(\.value.isFinite) })
    run.endEpoch(report, evaluated: model, batchSize: batches.batchSize)
    run.optimizer.endEpoch(validationLosses: run.history.validationLosses)
    return report
  }

  private func rate(of run: TrainingCheckpoint, step: Int, stepsPerEpoch: Int) -> Float {
    configuration.learningRate.rate(
      at: TrainingPlace(
        epoch: run.epoch, step: step, stepsPerEpoch: stepsPerEpoch, validationLosses: run.history.validationLosses))
  }

  /// Returns the learning rate of the last update before this point of an epoch.
  ///
  /// Depends on the position only, because a run may be resumed at the last step of an epoch.
  private func lastRate(of run: TrainingCheckpoint, stepsPerEpoch: Int) -> Float {
    let size = configuration.batchesPerUpdate
    return rate(of: run, step: max(run.step - 1, 0) / size * size, stepsPerEpoch: stepsPerEpoch)
  }

  /// Returns a Boolean value indicating whether a checkpoint is due among the steps that were just completed.
  func isCheckpointDue(from before: Int, to after: Int) -> Bool {
    checkpointInterval.map { before / $0 < after / $0 } ?? false
  }

  func profiled<Result>(_ step: () throws -> Result) rethrows -> Result {
    guard let profile else { return try step() }
    return try profile.wholeStep(step)
  }

  func diverged(_ run: TrainingCheckpoint, stepsPerEpoch: Int) -> TrainingError {
    .diverged(
      epoch: run.epoch, step: run.step, learningRate: lastRate(of: run, stepsPerEpoch: stepsPerEpoch),
      clipNorm: configuration.clipNorm)
  }
}
