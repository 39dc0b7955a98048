public import MynahModels
public import MynahTensors

/// Everything that determines a training run, besides the model and the text.
public struct TrainingConfiguration: Hashable, Codable, Sendable {
  /// How gradients become updates.
  public var optimizer: OptimizerConfiguration
  /// The learning rate of each step.
  public var learningRate: LearningRateSchedule
  /// Gradients whose global norm is larger are scaled to this norm; nil: never.
  public var clipNorm: Float?
  /// Before that, numbers of gradients beyond ± this are set to it; nil: never.
  public var clipValue: Float?
  /// The batches whose gradients' mean makes one update; at an epoch's end they may be fewer.
  public var batchesPerUpdate: Int
  /// Passes over the text.
  public var epochs: Int
  /// The run ends early when the validation loss has not fallen for so many epochs; nil: never.
  public var patience: Int?
  /// How the text is cut.
  public var batches: BatchLayout
  /// The training objective.
  public var objective: TrainingObjective
  /// How the losses of a batch's targets become one number.
  public var reduction: LossReduction
  /// What is added to that number.
  public var penalties: Penalties
  /// Where dropout's masks and sampled tokens begin: equal seeds give equal bits.
  public var seed: UInt64
  /// What the factors of matrix products are rounded to; weights and sums are float32 either way.
  public var precision: Precision

  /// Creates a configuration.
  public init(
    optimizer: OptimizerConfiguration = .sgd, learningRate: LearningRateSchedule, clipNorm: Float? = 5,
    clipValue: Float? = nil, batchesPerUpdate: Int = 1, epochs: Int, patience: Int? = nil, batches: BatchLayout,
    objective: TrainingObjective = .full, reduction: LossReduction = .sumOverSteps, penalties: Penalties = .none,
    seed: UInt64 = 0, precision: Precision = .float32
  ) {
    (self.optimizer, self.learningRate) = (optimizer, learningRate)
    (self.clipNorm, self.clipValue, self.batchesPerUpdate) = (clipNorm, clipValue, batchesPerUpdate)
    (self.epochs, self.patience, self.batches) = (epochs, patience, batches)
    (self.objective, self.reduction, self.penalties) = (objective, reduction, penalties)
    (self.seed, self.precision) = (seed, precision)
  }

  /// The reason why a model cannot be trained, in words; nil if it can.
  ///
  /// Configurations come from files and command lines.
  public func defect(of model: ModelArchitecture) -> String? {
    if let defect = optimizer.rule.defect ?? learningRate.defect ?? penalties.defect ?? batches.defect { return defect }
    if let defect = model.defect(of: objective) { return defect }
    if let clip = [clipNorm, clipValue].compactMap(\.self).first(where: { !($0 > 0 && $0.isFinite) }) {
      return "a clip is a positive number, found \(clip)"
    }
    if batchesPerUpdate < 1 { return "an update is made of 1 batch or more, found \(batchesPerUpdate)" }
    if let patience, patience < 1 { return "a run waits 1 epoch or more for a lower loss, found \(patience)" }
    return nil
  }

  /// The bounds of gradients.
  var clip: GradientClip { GradientClip(value: clipValue, norm: clipNorm) }

  /// Whether the validation loss has not fallen for so long that the run ends.
  func hasStoppedEarly(validationLosses: [Double]) -> Bool {
    guard let patience, let lowest = validationLosses.indices.min(by: { validationLosses[$0] < validationLosses[$1] })
    else { return false }
    return validationLosses.count - 1 - lowest >= patience
  }
}
