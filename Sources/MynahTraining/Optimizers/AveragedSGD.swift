import MynahIO
public import MynahTensors

/// Stochastic gradient descent with weight averaging from some epoch on; the averaged weights are evaluated and kept.
///
///     w ← w − rate · (scale·g + λ w)     a ← a + (w − a) / max(1, k − 1),   k = 1, 2, … steps since averaging started
///
/// Averaging starts when a validation loss is higher than the lowest of those that are more than n epochs older: the
/// non-monotonic trigger of NT-ASGD (S. Merity, N. Keskar, R. Socher, "Regularizing and optimizing LSTM language
/// models", 2018), with the average of PyTorch's `ASGD` (λ = 0, t₀ = 0; B. Polyak, A. Juditsky 1992), which excludes
/// the first step. Updates are applied to the weights, not to their average. Without validation losses, averaging
/// starts only if n is nil.
public struct AveragedSGD: OptimizerRule {
  public static let name = "asgd"
  public static let defaultLearningRate: Float = 1  // on clipped gradients

  /// n, the number of epochs that the loss may stay higher before averaging starts; nil to start at the first step.
  public let patience: Int?
  /// λ, the weight decay (L2 regularisation, (λ / 2)·‖w‖²): 0 or more.
  public let weightDecay: Float

  /// Creates the rule with the paper's n = 5.
  public init() { self.init(patience: 5) }

  /// Creates the rule.
  ///
  /// - Precondition: The constants are not negative.
  public init(patience: Int? = 5, weightDecay: Float = 0) {
    (self.patience, self.weightDecay) = (patience, weightDecay)
    if let defect { requirementFailure(defect) }
  }

  public var slotNames: [String] { ["average"] }

  public var defect: String? {
    if let patience, patience < 0 { return "a number of epochs is 0 or more, found \(patience)" }
    return weightDecayDefect(weightDecay)
  }

  public var skipsMissingRows: Bool { weightDecay == 0 }

  private static let averagedSteps = "averagedSteps"

  public func update(
    _ weights: inout [Tensor], _ memory: inout OptimizerMemory, _ gradients: [Gradient], _ step: UpdateStep
  ) {
    descend(&weights, gradients, step, weightDecay: weightDecay)
    guard let before = memory.numbers[Self.averagedSteps] ?? (patience == nil ? 0 : nil) else { return }
    memory.numbers[Self.averagedSteps] = before + 1
    memory.withSlots(slotNames, of: &weights) { weights, slots in
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
