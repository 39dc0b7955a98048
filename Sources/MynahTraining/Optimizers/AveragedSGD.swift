import MynahIO
public import MynahTensors

/// Stochastic gradient descent with weight averaging from some epoch on; the averaged weights are evaluated and kept.
///
///     w ← w − rate · (scale·g + λ w)
///
/// With the default trigger this is NT-ASGD: S. Merity, N. Keskar, R. Socher, "Regularizing and optimizing LSTM language
/// models", 2018. `WeightAveraging` has the formula of the average.
public struct AveragedSGD: OptimizerRule {
  public static let name = "asgd"
  public static let defaultLearningRate: Float = 1  // on clipped gradients

  /// The start of weight averaging.
  public let averaging: WeightAveraging
  /// λ, the weight decay (L2 regularisation, (λ / 2)·‖w‖²): 0 or more.
  public let weightDecay: Float

  /// Creates the rule with the paper's patience of 5 epochs.
  public init() { self.init(averaging: .afterPatience(5)) }

  /// Creates the rule.
  ///
  /// - Precondition: The constants are not negative.
  public init(averaging: WeightAveraging = .afterPatience(5), weightDecay: Float = 0) {
    (self.averaging, self.weightDecay) = (averaging, weightDecay)
    if let defect { requirementFailure(defect) }
  }

  public var slotNames: [String] { [WeightAveraging.slot] }
  public var defect: String? { averaging.defect ?? weightDecayDefect(weightDecay) }
  public var skipsMissingRows: Bool { weightDecay == 0 }

  public func update(
    _ weights: inout [Tensor], _ memory: inout OptimizerMemory, _ gradients: [Gradient], _ step: UpdateStep
  ) {
    descend(&weights, gradients, step, weightDecay: weightDecay)
    averaging.update(&weights, &memory)
  }

  public func endEpoch(validationLosses: [Double], _ memory: inout OptimizerMemory) {
    averaging.endEpoch(validationLosses: validationLosses, &memory)
  }

  public func evaluatedSlot(_ memory: OptimizerMemory) -> String? { averaging.evaluatedSlot(memory) }
}
