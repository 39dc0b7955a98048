import MynahIO
public import MynahTensors

/// Adagrad: the learning rate of each weight decreases with the sum of its squared gradients.
///
///     d = scale·g + λ w     s ← s + d²     w ← w − rate · d / (√s + ε)
///
/// J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
/// Without weight decay, rows without a gradient are skipped, so the cost does not grow with the vocabulary.
public struct Adagrad: OptimizerRule {
  public static let name = "adagrad"
  public static let defaultLearningRate: Float = 0.1

  /// ε, added to the root for numerical stability: positive.
  public let epsilon: Float
  /// The initial value of the sums: 0 or more (PyTorch 0, TensorFlow 0.1).
  public let initialSum: Float
  /// λ, the weight decay (L2 regularisation, (λ / 2)·‖w‖²): 0 or more.
  public let weightDecay: Float

  /// Creates the rule with PyTorch's default constants.
  public init() { self.init(epsilon: 1e-10) }

  /// Creates the rule.
  ///
  /// - Precondition: The constants are within their ranges.
  public init(epsilon: Float = 1e-10, initialSum: Float = 0, weightDecay: Float = 0) {
    (self.epsilon, self.initialSum, self.weightDecay) = (epsilon, initialSum, weightDecay)
    if let defect { requirementFailure(defect) }
  }

  public var slotNames: [String] { ["sum"] }

  public var defect: String? {
    if !(epsilon > 0 && epsilon.isFinite) { return "epsilon must be positive, found \(epsilon)" }
    if !(initialSum >= 0 && initialSum.isFinite) { return "an initial sum must be at least 0, found \(initialSum)" }
    return weightDecayDefect(weightDecay)
  }

  public var skipsMissingRows: Bool { weightDecay == 0 }

  public func update(
    _ weights: inout [Tensor], _ memory: inout OptimizerMemory, _ gradients: [Gradient], _ step: UpdateStep
  ) {
    let (epsilon, decay) = (epsilon, weightDecay)
    memory.withSlots(slotNames, of: &weights, initially: initialSum) { weights, slots in
      updateEach(&weights, &slots[0], gradients, visitingZeros: decay > 0) { weight, sum, gradient in
        let direction = step.scale * gradient + decay * weight
        sum += direction * direction
        weight -= step.rate * direction / (sum.squareRoot() + epsilon)
      }
    }
  }
}
