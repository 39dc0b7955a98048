import MynahModels
import MynahTensors
import MynahText

extension LanguageModel {
  /// Returns the scalar that a training step differentiates, the counted loss, and the state after the batch.
  ///
  /// - Parameters:
  ///   - batch: The tokens to read and to predict.
  ///   - state: The state before the batch; gradients do not flow into what came before it.
  ///   - place: The place in the run, which determines the random numbers of this step.
  ///   - own: A loss that replaces the configuration's objective.
  func objective(
    _ batch: Batch, state: State, configuration: TrainingConfiguration, place: RandomPlace, own: CustomLoss? = nil
  ) -> (value: Variable, loss: Loss, state: State) {
    let pass = self(batch.inputs, state: state, lengths: batch.lengths, dropout: place.masks)
    let scale = configuration.reduction.scale(targetCount: batch.targetCount, batchSize: batch.batchSize)
    let (value, nats) = StepProfile.measure(.loss) {
      own?(self, pass.output.rows, batch)
        ?? output.loss(
          of: pass.output.rows, targets: batch.targets, weights: batch.weights, scale: scale,
          objective: configuration.objective, using: place.candidates)
    }
    let whole = configuration.penalties.added(to: value, of: self, output: pass.output, undropped: pass.undropped)
    return (whole, Loss(nats: nats, targetCount: batch.targetCount), pass.state.detached)
  }
}

/// The place in a run, which determines its random numbers, so that a resumed run draws the same ones.
struct RandomPlace: Sendable {
  let seed: UInt64
  let epoch: Int
  /// The batch of the epoch; the first one is 0.
  let batch: Int

  /// The source of dropout masks.
  var masks: RandomSource { RandomSource(seed: seed, stream: UInt64(epoch) << 32 | UInt64(batch)) }

  /// The source of a sampled softmax's candidates: streams that no mask uses.
  var candidates: RandomSource { RandomSource(seed: seed, stream: 1 << 63 | masks.stream) }
}
