import MynahModels
import MynahTensors
import MynahText
import MynahTraining

/// A language model that learns texts, each on its own, until those that were held out are predicted no better.
struct LanguageModelStage {
  let name: String
  let learned, heldOut: [[Int32]]
  let rate: Float
  let epochs: Int
  let batchSize: Int
  let seed: UInt64

  /// The held-out loss may rise so often before the end.
  private static let patience = 2

  /// Trains a model further; it ends as it was when it predicted the held-out texts best.
  func train(_ model: inout LanguageModel, _ run: ClassifierRun) throws {
    // The rate falls from the middle of the run on.
    let schedule = LearningRateSchedule(initial: rate, factor: 0.7, constantEpochs: max(1, epochs / 2))
    let configuration = TrainingConfiguration(
      optimizer: .adam, learningRate: schedule, clipNorm: 1, epochs: epochs, patience: Self.patience,
      batches: .contiguous(size: batchSize, steps: 1), reduction: .meanPerTarget, seed: seed)
    var trainer = Trainer(configuration)
    trainer.shouldStop = run.shouldStop
    do {
      try trainer.train(
        &model, on: TextBatches.ofLanguageModel(learned, size: batchSize, seed: seed),
        validating: heldOut.isEmpty
          ? nil : TextBatches.ofLanguageModel(heldOut, size: batchSize, seed: seed, shuffles: false)
      ) { event in
        guard case .epoch(let epoch) = event else { return }
        try run.report(
          ClassifierEvent(
            member: run.member, memberCount: run.memberCount, stage: name, epoch: epoch.epoch, epochCount: epochs,
            trainingLoss: epoch.train.mean, heldOutLoss: epoch.validation?.mean, isOfTokens: true))
      }
    } catch TrainingError.interrupted {
      throw ClassificationError.interrupted
    } catch TrainingError.diverged(let epoch, _, let rate, _) {
      throw ClassificationError.diverged(epoch: epoch, learningRate: rate)
    }
  }
}

/// What the stages of a run share.
struct ClassifierRun: Sendable {
  let settings: ClassifierSettings
  /// The member of the ensemble, from 0.
  let member: Int
  var memberCount: Int { settings.readings.count }
  let shouldStop: @Sendable () -> Bool
  let report: @Sendable (ClassifierEvent) throws -> Void

  /// A seed of the member's own.
  func seed(_ stage: UInt64) -> UInt64 {
    var random = RandomSource(seed: settings.seed, stream: UInt64(member) << 32 | stage)
    return random.next()
  }
}

/// An epoch of some stage has ended.
public struct ClassifierEvent: Hashable, Sendable {
  /// The member of the ensemble, from 0, and how many there are.
  public let member, memberCount: Int
  /// What is trained: "language model".
  public let stage: String
  /// The epoch, from 1, and how many there are at most.
  public let epoch, epochCount: Int
  /// The mean losses in nats; of held-out texts nil where there are none.
  public let trainingLoss: Double, heldOutLoss: Double?
  /// Whether they are a mean over tokens, or else over texts.
  public let isOfTokens: Bool
}
