public import MynahModels

/// What a training run tells while it goes on.
public enum TrainingEvent: Sendable {
  /// A step was made.
  case step(StepReport)
  /// An epoch ended and was validated.
  case epoch(EpochReport)
  /// A moment from which the run can go on as if it had never stopped.
  case checkpoint(TrainingCheckpoint)
}

/// The figures of a step.
public struct StepReport: Hashable, Sendable {
  /// The epoch; the first one is 1.
  public let epoch: Int
  /// The batches of the epoch that are done; 1 after the first one.
  public let step: Int
  /// The number of batches of an epoch.
  public let stepCount: Int
  /// The learning rate of the step's update.
  public let learningRate: Float
  /// The loss of the epoch so far.
  public let epochLoss: Loss
  /// The loss of this step alone.
  public let stepLoss: Loss
  /// The global norm of the gradients, before clipping.
  public let gradientNorm: Double

  /// The batches of the whole run that are done.
  public var stepsDone: Int { (epoch - 1) * stepCount + step }
}

/// The figures of an epoch.
public struct EpochReport: Hashable, Codable, Sendable {
  /// The epoch; the first one is 1.
  public let epoch: Int
  /// The learning rate of the epoch; of its last step where it changes.
  public let learningRate: Float
  /// The loss of the training text, each batch before its update.
  public let train: Loss
  /// The loss of the validation text after the epoch; nil without such a text.
  public let validation: Loss?
  /// Figures of the validation text's predictions, by name; nil where none were asked for.
  public var metrics: [String: Double]?

  /// Creates a report.
  public init(
    epoch: Int, learningRate: Float, train: Loss, validation: Loss? = nil, metrics: [String: Double]? = nil
  ) {
    (self.epoch, self.learningRate, self.train) = (epoch, learningRate, train)
    (self.validation, self.metrics) = (validation, metrics)
  }
}

extension [EpochReport] {
  /// The mean validation losses, first to last.
  var validationLosses: [Double] { compactMap { $0.validation?.mean } }
}
