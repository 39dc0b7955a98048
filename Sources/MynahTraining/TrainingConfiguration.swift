public import MynahModels
public import MynahTensors

/// The configuration of a training run: everything that determines it except the model and the text.
public struct TrainingConfiguration: Hashable, Codable, Sendable {
  /// The optimizer.
  public var optimizer: OptimizerConfiguration
  /// The learning rate of each step.
  public var learningRate: LearningRateSchedule
  /// The largest global norm of the gradients: larger gradients are scaled to it; nil to disable.
  public var clipNorm: Float?
  /// The largest absolute value of a gradient element, applied before `clipNorm`: larger ones are clamped to it; nil to
  /// disable.
  public var clipValue: Float?
  /// The number of batches whose gradients are averaged for one update; the last update of an epoch may use fewer.
  public var batchesPerUpdate: Int
  /// The number of groups of rows of each batch whose gradients are computed one after another, or by several ranks, and
  /// added pairwise: neighbours first, then neighbouring pairs, and so on.
  ///
  /// More shards reduce the memory of a step, and change results only by rounding.
  public var shards: Int
  /// The number of passes over the text; without effect if `stepCount` is set.
  public var epochs: Int
  /// The number of batches after which the run ends, possibly in the middle of a pass over the text, unless
  /// `Trainer.moveEnd` moves the end; nil: the run ends after `epochs`.
  public var stepCount: Int?
  /// The number of epochs without a lower validation loss after which the run stops early; nil to disable early
  /// stopping.
  public var patience: Int?
  /// The batching of the text.
  public var batches: BatchLayout
  /// The training objective.
  public var objective: TrainingObjective
  /// The reduction of the losses of a batch's targets to one number.
  public var reduction: LossReduction
  /// The penalties that are added to the loss.
  public var penalties: Penalties
  /// The seed of dropout masks and sampled tokens: equal seeds give bit-identical results.
  public var seed: UInt64
  /// The precision of the factors of matrix products; weights and sums are always float32.
  public var precision: Precision
  /// The parts that are trained, and the shares of the learning rate that they are trained at.
  public var partRates: PartRates
  /// The model that the run started from; nil: randomly initialised weights.
  public var origin: FileOrigin?
  /// The word vectors that the embeddings started from; nil: none.
  public var vectors: FileOrigin?

  /// Creates a configuration.
  public init(
    optimizer: OptimizerConfiguration = .sgd, learningRate: LearningRateSchedule, clipNorm: Float? = 5,
    clipValue: Float? = nil, batchesPerUpdate: Int = 1, shards: Int = 1, epochs: Int, stepCount: Int? = nil,
    patience: Int? = nil, batches: BatchLayout,
    objective: TrainingObjective = .full, reduction: LossReduction = .sumOverSteps, penalties: Penalties = .none,
    seed: UInt64 = 0, precision: Precision = .float32, partRates: PartRates = .equal, origin: FileOrigin? = nil,
    vectors: FileOrigin? = nil
  ) {
    (self.optimizer, self.learningRate) = (optimizer, learningRate)
    (self.clipNorm, self.clipValue, self.batchesPerUpdate) = (clipNorm, clipValue, batchesPerUpdate)
    (self.shards, self.epochs, self.stepCount) = (shards, epochs, stepCount)
    (self.patience, self.batches) = (patience, batches)
    (self.objective, self.reduction, self.penalties) = (objective, reduction, penalties)
    (self.seed, self.precision) = (seed, precision)
    (self.partRates, self.origin, self.vectors) = (partRates, origin, vectors)
  }

  /// Returns the reason why a model cannot be trained; nil if it can.
  ///
  /// Checked at run time, because configurations come from files and user input.
  public func defect(of model: ModelArchitecture) -> String? {
    if let defect = optimizer.rule.defect ?? learningRate.defect ?? penalties.defect ?? batches.defect { return defect }
    if let defect = model.defect(of: objective) ?? partRates.defect(of: model) { return defect }
    if let clip = [clipNorm, clipValue].compactMap(\.self).first(where: { !($0 > 0 && $0.isFinite) }) {
      return "a clip must be a positive number, found \(clip)"
    }
    if batchesPerUpdate < 1 { return "an update must have at least 1 batch, found \(batchesPerUpdate)" }
    if !(1...batches.batchSize).contains(shards) {
      return "a batch of \(batches.batchSize) rows must be cut into 1 to \(batches.batchSize) shards, found \(shards)"
    }
    if let stepCount, stepCount < 1 { return "a run must end after at least 1 step, found \(stepCount)" }
    if let patience, patience < 1 { return "a run must wait at least 1 epoch for a lower loss, found \(patience)" }
    return nil
  }

  /// The bounds that gradients are clipped to.
  var clip: GradientClip { GradientClip(value: clipValue, norm: clipNorm) }

  /// Returns a Boolean value indicating whether the validation loss has not decreased for `patience` epochs.
  func hasStoppedEarly(validationLosses: [Double]) -> Bool {
    guard let patience, let lowest = validationLosses.indices.min(by: { validationLosses[$0] < validationLosses[$1] })
    else { return false }
    return validationLosses.count - 1 - lowest >= patience
  }
}
