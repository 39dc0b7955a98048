import MynahModels
import MynahTensors
import MynahText

// The parts of a run: one update, and the end of an epoch.

extension Trainer {
  /// Performs one update: computes the losses and gradients of one or more batches, clips and updates.
  ///
  /// - Returns: The figures, and whether `shouldStop` returned true on one of the ranks.
  func step(
    _ run: inout TrainingCheckpoint, _ ranks: RankedRun, _ batches: inout some IteratorProtocol<Batch>,
    stepsPerEpoch: Int
  ) throws -> (report: StepReport, isStopping: Bool) {
    let (epoch, first) = (run.epoch, run.step)
    let count = min(
      configuration.batchesPerUpdate, stepsPerEpoch - first, stepsLeft(of: run, stepsPerEpoch: stepsPerEpoch))
    let group = try (first..<first + count).map { index in
      guard let batch = batches.next() else {
        throw TrainingError.impossible(
          reason: "the data contain only \(index) of the \(stepsPerEpoch) batches of epoch \(epoch)")
      }
      return batch
    }
    if group[0].carriesState && run.state.batchSize != group[0].batchSize {
      throw TrainingError.malformedCheckpoint(
        reason: "its state has \(run.state.batchSize) rows, the next batch \(group[0].batchSize)")
    }
    let rate =
      self.rate(of: run, step: first, stepsPerEpoch: stepsPerEpoch) * configuration.batches.rateFactor(of: group)
    let factors = configuration.partRates.factors(of: run.model.architecture, epoch: epoch)
    let frozen = (factors ?? []).indices.filter { factors?[$0] == 0 }
    var exchange = ranks.exchange(isRounded: roundsSentGradients, frozen: Set(frozen))
    let passes = try gradients(of: group, run, ranks, &exchange, first: first)
    let (norm, figures) = try run.optimizer.step(
      &run.model, exchange, rate: rate, factors: factors, clip: configuration.clip, share: 1 / Float(count),
      figures: [shouldStop() ? 1 : 0, wantedEnd(of: run, ranks, after: count, stepsPerEpoch: stepsPerEpoch)]
        + passes.losses.flatMap { [$0.nats, Double($0.targetCount)] })
    let isStopping = figures.contains { $0.first == 1 }
    let loss = try total(figures.map { $0.dropFirst(2) }, of: group, ranks)
    run.step = first + count
    run.moveEnd(to: figures[0].dropFirst().first ?? 0, stepsPerEpoch: stepsPerEpoch)
    // A batch that is all padding has no perplexity.
    guard loss.nats.isFinite && (loss.targetCount == 0 || loss.perplexity.isFinite) && norm.isFinite else {
      throw diverged(run, stepsPerEpoch: stepsPerEpoch)
    }
    run.state = passes.state
    run.epochLoss += loss
    let report = StepReport(
      epoch: epoch, step: run.step, stepCount: stepsPerEpoch,
      runEnd: run.pace?.end ?? configuration.epochs * stepsPerEpoch, learningRate: rate, epochLoss: run.epochLoss,
      stepLoss: loss, gradientNorm: norm)
    return (report, isStopping)
  }

  /// Computes the gradients of this rank's shards of some batches and adds them to the exchange as they are completed.
  ///
  /// - Returns: The losses of the passes, by shard and then by batch; and the state after the batches, in the rows of
  ///   these shards.
  private func gradients(
    of group: [Batch], _ run: TrainingCheckpoint, _ ranks: RankedRun, _ exchange: inout GradientExchange, first: Int
  ) throws -> (losses: [Loss], state: RecurrentState) {
    var losses: [Loss] = []
    // For each of these shards that the last batch has: its rows, and its state after the batch.
    var ends: [(rows: Range<Int>, state: RecurrentState)] = []
    for shard in ranks.ownShards {
      // The sum of the shard's gradients of all but the last batch, by parameter.
      var sums: [Gradient]?
      let cuts = group.map { ranks.cuts(of: $0.batchSize) }
      let own = group.indices.filter { shard < cuts[$0].count }
      var state: RecurrentState?
      for index in own {
        let (batch, rows) = (group[index], cuts[index][shard])
        let isWhole = rows.count == batch.batchSize
        if !batch.carriesState { state = nil }
        let before =
          state
          ?? (batch.carriesState
            ? (isWhole ? run.state : run.state.selecting(Array(rows)))
            : run.model.initialState(batchSize: rows.count))
        let tape = Tape()
        let (model, parameters) = run.model.tracked(by: tape)
        let pass = model.objective(
          batch, rows: isWhole ? nil : rows, state: before, configuration: configuration,
          place: RandomPlace(seed: configuration.seed, epoch: run.epoch, batch: first + index), own: loss)
        state = pass.state
        losses.append(pass.loss)
        if index == group.count - 1 { ends.append((rows, pass.state)) }
        sums = try backward(pass.value, tape, parameters, sums, shard, isLast: index == own.last, &exchange)
      }
      if own.isEmpty {
        for parameter in run.model.parameters.indices { try exchange.add(nil, of: shard, for: parameter) }
      }
    }
    let rowCount = group.last?.batchSize ?? 0
    let others = run.state.batchSize == rowCount ? run.state : run.model.initialState(batchSize: rowCount)
    return (losses, others.replacing(ends))
  }

  /// Computes the gradients of a pass and adds them to the sums of the shard's passes so far; after the shard's last
  /// pass, adds the sums to the exchange.
  private func backward(
    _ value: Variable, _ tape: Tape, _ parameters: [Variable], _ sums: consuming [Gradient]?, _ shard: Int,
    isLast: Bool, _ exchange: inout GradientExchange
  ) throws -> [Gradient]? {
    var sums = sums ?? []
    let isFirst = sums.isEmpty
    if isFirst && !isLast { return tape.finalGradients(of: value, for: parameters) }
    var failure: (any Error)?
    tape.finalGradients(of: value, for: parameters) { index, gradient in
      var sum = gradient
      if !isFirst {
        sum = sums[index]
        sums[index] = .zero(gradient.shape)  // so that the sum has no other reference and is added to in place
        sum.add(gradient)
      }
      guard isLast else { return sums[index] = sum }
      do { try exchange.add(sum, of: shard, for: index) } catch { failure = failure ?? error }
    }
    if let failure { throw failure }
    return isLast ? nil : sums
  }

  /// Returns the loss of some batches: the losses of all ranks' passes, added in the order of the batches and shards.
  private func total(_ figures: [ArraySlice<Double>], of group: [Batch], _ ranks: RankedRun) throws -> Loss {
    let cuts = group.map { ranks.cuts(of: $0.batchSize) }
    var losses: [[Loss]] = group.indices.map { cuts[$0].map { _ in Loss() } }
    for (rank, figures) in figures.enumerated() {
      var rest = figures
      for shard in ranks.shards(of: rank) {
        for index in group.indices where shard < cuts[index].count {
          guard let nats = rest.popFirst(), let count = rest.popFirst() else {
            throw CommunicationError.unexpected(rank: rank)
          }
          losses[index][shard] = Loss(nats: nats, targetCount: Int(count))
        }
      }
    }
    return losses.joined().reduce(into: Loss()) { $0 += $1 }
  }

  /// Validates the model, updates the optimizer's state, and advances to the start of the next epoch.
  func endEpoch(
    _ run: inout TrainingCheckpoint, _ ranks: RankedRun, _ batches: EpochBatches, validation: EpochBatches?
  ) throws -> EpochReport {
    let (model, stepsPerEpoch) = (try ranks.evaluatedModel(of: run), batches.count)
    let figures = try validation.map {
      try ranks.evaluated(model, on: $0.batches(epoch: 1), metrics: metrics)
    }
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

  // MARK: The end of the run

  /// Returns the number of steps until the end of the run; 0 or less after it.
  func stepsLeft(of run: TrainingCheckpoint, stepsPerEpoch: Int) -> Int {
    let end = run.pace?.end ?? configuration.epochs * stepsPerEpoch
    return end - run.stepsDone(stepsPerEpoch: stepsPerEpoch)
  }

  /// Moves the end of the run between two epochs.
  func moveEnd(of run: inout TrainingCheckpoint, _ ranks: RankedRun, stepsPerEpoch: Int) throws {
    guard run.pace != nil else { return }
    let wanted = wantedEnd(of: run, ranks, after: 0, stepsPerEpoch: stepsPerEpoch)
    let all = try ranks.communicator.gathered([wanted])
    run.moveEnd(to: all[0].first ?? 0, stepsPerEpoch: stepsPerEpoch)
  }

  /// Returns the number of steps after which the run should end, on rank 0; 0 on other ranks, or to leave the end
  /// unchanged.
  private func wantedEnd(
    of run: TrainingCheckpoint, _ ranks: RankedRun, after steps: Int, stepsPerEpoch: Int
  ) -> Double {
    guard let pace = run.pace, ranks.communicator.rank == 0 else { return 0 }
    return moveEnd(run.stepsDone(stepsPerEpoch: stepsPerEpoch) + steps, pace).map { Double($0) } ?? 0
  }

  private func rate(of run: TrainingCheckpoint, step: Int, stepsPerEpoch: Int) -> Float {
    configuration.learningRate.rate(
      at: TrainingPlace(
        epoch: run.epoch, step: step, stepsPerEpoch: stepsPerEpoch, validationLosses: run.history.validationLosses,
        pace: run.pace ?? RunPace(end: configuration.epochs * stepsPerEpoch)))
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
