public import MynahTensors

/// Gradient descent whose weights are averaged from some epoch on; the average is evaluated and kept.
///
///     w ← w − rate · (scale·g + λ w)     a ← a + (w − a) / max(1, k − 1),   k = 1, 2, … steps since averaging began
///
/// Averaging begins when a validation loss is higher than the lowest of those that are more than n epochs older: the
/// non-monotone trigger of NT-ASGD (S. Merity, N. Keskar, R. Socher, "Regularizing and optimizing LSTM language models", 2018),
/// with the average of PyTorch's `ASGD` (λ = 0, t₀ = 0; B. Polyak, A. Juditsky 1992), which leaves the first step out. Steps go
/// on from the weights themselves. Without validation losses averaging begins only if n is nil.
public struct AveragedSGD: OptimizerRule {
  public static let name = "asgd"
  public static let defaultLearningRate: Float = 1  // on clipped gradients

  /// n, the epochs that a loss may be higher before averaging begins; nil: it begins with the first step.
  public let patience: Int?
  /// λ, what the gradient of (λ / 2)·‖w‖² is added with: 0 or more.
  public let weightDecay: Float

  /// Creates the rule with the paper's n = 5.
  public init() { self.init(patience: 5) }

  /// Creates the rule.
  ///
  /// - Precondition: the constants are not negative.
  public init(patience: Int? = 5, weightDecay: Float = 0) {
    (self.patience, self.weightDecay) = (patience, weightDecay)
    if let defect { preconditionFailure(defect) }
  }

  public var slotNames: [String] { ["average"] }

  public var defect: String? {
    if let patience, patience < 0 { return "a number of epochs is 0 or more, found \(patience)" }
    return weightDecayDefect(weightDecay)
  }

  private static let averagedSteps = "averagedSteps"

  public func update(
    _ weights: inout [Tensor], _ memory: inout OptimizerMemory, _ gradients: [Gradient], _ step: UpdateStep
  ) {
    descend(&weights, gradients, step, weightDecay: weightDecay)
    guard let before = memory.numbers[Self.averagedSteps] ?? (patience == nil ? 0 : nil) else { return }
    memory.numbers[Self.averagedSteps] = before + 1
    memory.withSlots(slotNames, of: weights) { slots in
      move(&slots[0], towards: weights, by: Float(1 / max(1, before)))
    }
  }

  public func endEpoch(validationLosses: [Double], _ memory: inout OptimizerMemory) {
    guard memory.numbers[Self.averagedSteps] == nil, let patience, let last = validationLosses.last else { return }
    let older = validationLosses.dropLast(1 + patience)
    if let lowest = older.min(), last > lowest { memory.numbers[Self.averagedSteps] = 0 }
  }

  public func evaluatedSlot(_ memory: OptimizerMemory) -> String? {
    memory.numbers[Self.averagedSteps] ?? 0 > 0 ? "average" : nil
  }
}
