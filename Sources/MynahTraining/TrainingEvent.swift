import MynahIO
public import MynahModels

/// An event of a training run.
public enum TrainingEvent: Sendable {
  /// A training step was completed.
  case step(StepReport)
  /// An epoch was completed and validated.
  case epoch(EpochReport)
  /// A checkpoint from which the run can be resumed exactly.
  case checkpoint(TrainingCheckpoint)
}

/// The figures of a training step.
public struct StepReport: Hashable, Sendable {
  /// The epoch; the first one is 1.
  public let epoch: Int
  /// The number of completed batches of the epoch: 1 after the first.
  public let step: Int
  /// The number of batches per epoch.
  public let stepCount: Int
  /// The number of batches after which the run ends, as it is planned now.
  public let runEnd: Int
  /// The learning rate of the step's update.
  public let learningRate: Float
  /// The loss of the epoch so far.
  public let epochLoss: Loss
  /// The loss of this step alone.
  public let stepLoss: Loss
  /// The global norm of the gradients, before clipping.
  public let gradientNorm: Double

  /// The number of completed batches of the whole run.
  public var stepsDone: Int { (epoch - 1) * stepCount + step }
}

/// The figures of an epoch.
public struct EpochReport: Hashable, Codable, Sendable {
  /// The epoch; the first one is 1.
  public let epoch: Int
  /// The learning rate of the epoch's last step.
  public let learningRate: Float
  /// The training loss; the loss of each batch is computed before its update.
  public let train: Loss
  /// The validation loss after the epoch; nil without a validation text.
  public let validation: Loss?
  /// The metrics on the validation text, by name; nil if none were configured.
  public var metrics: [String: Double]?

  /// Creates a report.
  public init(
    epoch: Int, learningRate: Float, train: Loss, validation: Loss? = nil, metrics: [String: Double]? = nil
  ) {
    (self.epoch, self.learningRate, self.train) = (epoch, learningRate, train)
    (self.validation, self.metrics) = (validation, metrics)
  }
}

extension EpochReport: CustomStringConvertible {
  /// The epoch and its perplexities: "epoch 3: perplexity 9.61 in training, 10.20 in validation".
  public var description: String {
    "epoch \(epoch): perplexity \(train.perplexity.formatted(2)) in training"
      + (validation.map { ", \($0.perplexity.formatted(2)) in validation" } ?? "")
  }
}

extension [EpochReport] {
  /// The mean validation losses, oldest first.
  var validationLosses: [Double] { compactMap { $0.validation?.mean } }
}
