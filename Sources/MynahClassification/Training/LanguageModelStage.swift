import MynahModels
import MynahTensors
import MynahText
import MynahTraining

/// The training of a language model on independent texts until the validation loss stops improving.
struct LanguageModelStage {
  let name: String
  let learned, validation: [[Int32]]
  let rate: Float
  let epochs: Int
  let batchSize: Int
  let seed: UInt64

  /// The number of epochs without a lower validation loss after which training stops.
  private static let patience = 2

  /// Continues the training of a model, keeping the weights with the lowest validation loss.
  func train(_ model: inout LanguageModel, _ run: ClassifierRun) throws {
    // The learning rate decays from the middle of the run.
    let schedule = LearningRateSchedule(initial: rate, factor: 0.7, constantEpochs: max(1, epochs / 2))
    let configuration = TrainingConfiguration(
      optimizer: .adam, learningRate: schedule, clipNorm: 1, epochs: epochs, patience: Self.patience,
      batches: .contiguous(batchSize: batchSize, sequenceLength: 1), reduction: .meanPerTarget, seed: seed)
    var trainer = Trainer(configuration)
    trainer.shouldStop = run.shouldStop
    do {
      try trainer.train(
        &model, on: TextBatches.ofLanguageModel(learned, size: batchSize, seed: seed),
        validating: validation.isEmpty
          ? nil : TextBatches.ofLanguageModel(validation, size: batchSize, seed: seed, shuffles: false)
      ) { event in
        guard case .epoch(let epoch) = event else { return }
        try run.report(
          ClassifierEvent(
            member: run.member, memberCount: run.memberCount, stage: name, epoch: epoch.epoch, epochCount: epochs,
            trainingLoss: epoch.train.mean, validationLoss: epoch.validation?.mean, isOfTokens: true))
      }
    } catch TrainingError.interrupted {
      throw ClassificationError.interrupted
    } catch TrainingError.diverged(let epoch, _, let rate, _) {
      throw ClassificationError.diverged(epoch: epoch, learningRate: rate)
    }
  }
}

/// The settings and callbacks that the stages of a member's training share.
struct ClassifierRun: Sendable {
  let settings: ClassifierSettings
  /// The index of the member in the ensemble, from 0.
  let member: Int
  var memberCount: Int { settings.readings.count }
  let shouldStop: @Sendable () -> Bool
  let report: @Sendable (ClassifierEvent) throws -> Void

  /// Returns a seed specific to the member and the stage.
  func seed(_ stage: UInt64) -> UInt64 {
    var random = RandomSource(seed: settings.seed, stream: UInt64(member) << 32 | stage)
    return random.next()
  }
}

/// The report of a completed epoch of a training stage.
public struct ClassifierEvent: Hashable, Sendable {
  /// The index of the member in the ensemble, from 0, and the number of members.
  public let member, memberCount: Int
  /// The name of the stage, such as "language model".
  public let stage: String
  /// The epoch, from 1, and the maximum number of epochs.
  public let epoch, epochCount: Int
  /// The mean training and validation losses in nats; the validation loss is nil without validation texts.
  public let trainingLoss: Double, validationLoss: Double?
  /// A Boolean value indicating whether the losses are means over tokens rather than over texts.
  public let isOfTokens: Bool
}
