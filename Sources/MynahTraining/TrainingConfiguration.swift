public import MynahTensors
package import MynahText

/// How gradients become updates.
public enum OptimizerKind: String, Hashable, Codable, Sendable, CaseIterable {
  /// Stochastic gradient descent: w ← w − rate · gradient.
  case sgd
  /// Steps by running means of the gradients and of their squares (see `Adam`).
  case adam

  /// A rate to begin with where nothing is known: 1 for gradient descent on clipped gradients, 0.001 for Adam.
  public var usualLearningRate: Float {
    switch self {
    case .sgd: 1
    case .adam: 0.001
    }
  }
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
  package func validationBatches(_ text: any TokenSource) throws -> ContiguousBatches {
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
  /// What the factors of matrix products are rounded to; weights and sums are float32 either way.
  public var precision: Precision

  /// Creates a configuration.
  public init(
    optimizer: OptimizerKind = .sgd, learningRate: LearningRateSchedule, clipNorm: Float? = 5, epochs: Int,
    batches: BatchLayout, seed: UInt64 = 0, precision: Precision = .float32
  ) {
    self.optimizer = optimizer
    self.learningRate = learningRate
    self.clipNorm = clipNorm
    self.epochs = epochs
    self.batches = batches
    self.seed = seed
    self.precision = precision
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    optimizer = try values.decode(OptimizerKind.self, forKey: .optimizer)
    learningRate = try values.decode(LearningRateSchedule.self, forKey: .learningRate)
    clipNorm = try values.decodeIfPresent(Float.self, forKey: .clipNorm)
    epochs = try values.decode(Int.self, forKey: .epochs)
    batches = try values.decode(BatchLayout.self, forKey: .batches)
    seed = try values.decode(UInt64.self, forKey: .seed)
    // Files of before there was a choice do not name it.
    precision = try values.decodeIfPresent(Precision.self, forKey: .precision) ?? .float32
  }
}
