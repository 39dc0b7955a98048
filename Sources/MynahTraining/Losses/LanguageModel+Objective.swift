import MynahModels
import MynahTensors
import MynahText

extension LanguageModel {
  /// Returns the scalar that a training step differentiates, the loss to report, and the state after the batch.
  ///
  /// - Parameters:
  ///   - batch: The batch of inputs and targets.
  ///   - state: The state before the batch; gradients do not flow back into earlier batches.
  ///   - place: The position in the run, which determines the random numbers of this step.
  ///   - own: A custom loss that replaces the configuration's objective.
  func objective(
    _ batch: Batch, rows: Range<Int>? = nil, state: State, configuration: TrainingConfiguration, place: RandomPlace,
    own: CustomLoss? = nil
  ) -> (value: Variable, loss: Loss, state: State) {
    let (whole, batch) = (batch, rows.map { batch.shard($0) } ?? batch)
    let pass = self(
      batch.inputs, state: state, lengths: batch.lengths, dropout: place.masks,
      rows: rows.map { BatchRows(first: $0.lowerBound, total: whole.batchSize) })
    let scale = configuration.reduction.scale(targetCount: whole.targetCount, batchSize: whole.batchSize)
    let (value, nats) = StepProfile.measure(.loss) {
      own?(self, pass.output.rows, batch)
        ?? output(after: pass).loss(
          of: pass.output.rows, targets: batch.targets, weights: batch.weights, scale: scale,
          objective: configuration.objective, using: place.candidates)
    }
    let penalized = configuration.penalties.added(
      to: value, of: self, output: pass.output, undropped: pass.undropped, in: PenaltyShares(of: rows, in: whole))
    return (penalized, Loss(nats: nats, targetCount: batch.targetCount), pass.state.detached)
  }
}

/// The position in a run, which determines its random numbers, so that a resumed run generates the same ones.
struct RandomPlace: Sendable {
  let seed: UInt64
  let epoch: Int
  /// The index of the batch in the epoch; the first one is 0.
  let batch: Int

  /// The random source of dropout masks.
  var masks: RandomSource { RandomSource(seed: seed, stream: UInt64(epoch) << 32 | UInt64(batch)) }

  /// The random source of sampled softmax candidates: a stream that no mask uses.
  var candidates: RandomSource { RandomSource(seed: seed, stream: 1 << 63 | masks.stream) }
}
