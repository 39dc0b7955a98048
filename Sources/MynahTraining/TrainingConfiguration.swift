package import MynahText

/// How gradients become updates.
public enum OptimizerKind: String, Hashable, Codable, Sendable, CaseIterable {
  /// Stochastic gradient descent: w ← w − rate · gradient.
  case sgd
}

/// How a text is cut into batches.
public struct BatchLayout: Hashable, Codable, Sendable {
  /// B, rows that are trained side by side: each a contiguous stretch of the text.
  public let size: Int
  /// T, steps that gradients flow back through.
  public let steps: Int

  /// Rows of contiguous text; the state is carried from one batch to the next.
  public static func contiguous(size: Int, steps: Int) -> BatchLayout { BatchLayout(size: size, steps: steps) }

  /// A validation text in this layout; a text too short for all rows or steps is cut into fewer.
  package func validationBatches(_ text: [Int32]) throws -> ContiguousBatches {
    let steps = max(1, min(steps, text.count - 1))
    let rows = min(size, max(1, text.count / (steps + 1)))
    return try ContiguousBatches(text, batchSize: rows, stepCount: steps)
  }
}

/// Everything that determines a training run, besides the model and the text.
public struct TrainingConfiguration: Hashable, Codable, Sendable {
  /// How gradients become updates.
  public var optimizer: OptimizerKind
  /// The learning rate of each epoch.
  public var learningRate: LearningRateSchedule
  /// Gradients whose global norm is larger are scaled to this norm; nil: never.
  public var clipNorm: Float?
  /// Passes over the text.
  public var epochs: Int
  /// How the text is cut.
  public var batches: BatchLayout
  /// Where dropout's masks begin: equal seeds give equal bits.
  public var seed: UInt64

  /// Creates a configuration.
  public init(
    optimizer: OptimizerKind = .sgd, learningRate: LearningRateSchedule, clipNorm: Float? = 5, epochs: Int,
    batches: BatchLayout, seed: UInt64 = 0
  ) {
    self.optimizer = optimizer
    self.learningRate = learningRate
    self.clipNorm = clipNorm
    self.epochs = epochs
    self.batches = batches
    self.seed = seed
  }
}
