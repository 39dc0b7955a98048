import MynahModels
import MynahTensors
import MynahText

extension LanguageModel {
  /// The scalar that a training step differentiates, what was counted, and the state after the batch.
  ///
  /// - Parameters:
  ///   - batch: Tokens to read and to predict.
  ///   - state: The state before the batch; gradients do not flow into what came before it.
  ///   - place: What random numbers of this step are a function of.
  ///   - own: A loss in place of the configuration's.
  func objective(
    _ batch: Batch, state: State, configuration: TrainingConfiguration, place: RandomPlace, own: CustomLoss? = nil
  ) -> (value: Variable, loss: Loss, state: State) {
    let (targets, weights) = (batch.targets, batch.weights)
    let pass = self.pass(batch.inputs, state: state, lengths: batch.lengths, dropout: place.masks)
    let scale = configuration.reduction.scale(targetCount: batch.targetCount, batchSize: batch.batchSize)
    let (value, nats) = StepProfile.measure(.loss) {
      if let own { return own(self, pass.hidden, batch) }
      switch configuration.loss {
      case .full: return output.crossEntropy(of: pass.hidden, targets: targets, weights: weights, scale: scale)
      case .smoothed(let share):
        return output.smoothedCrossEntropy(
          of: pass.hidden, targets: targets, smoothing: share, weights: weights, scale: scale)
      case .sampled(let count):
        var random = place.candidates
        let candidates = SampledCandidates(
          count: count, vocabularySize: self.configuration.vocabularySize, using: &random)
        return output.sampledCrossEntropy(
          of: pass.hidden, targets: targets, candidates: candidates, weights: weights, scale: scale)
      }
    }
    let whole = configuration.penalties.added(
      to: value, of: self, hidden: pass.hidden, raw: pass.raw, batchSize: batch.batchSize)
    return (whole, Loss(nats: nats, targetCount: batch.targetCount), pass.state.map(\.detached))
  }
}

/// The place in a run that random numbers are a function of, so that a resumed run draws the same ones.
struct RandomPlace: Sendable {
  let seed: UInt64
  let epoch: Int
  /// The batch of the epoch; the first one is 0.
  let batch: Int

  /// Where dropout's masks are drawn from.
  var masks: RandomSource { RandomSource(seed: seed, stream: UInt64(epoch) << 32 | UInt64(batch)) }

  /// Where a sampled softmax's candidates are drawn from: streams that no mask uses.
  var candidates: RandomSource { RandomSource(seed: seed, stream: 1 << 63 | masks.stream) }
}
