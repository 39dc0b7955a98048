public import MynahTensors

/// Adagrad: each number's rate falls with the sum of its squared gradients.
///
///     d = scale·g + λ w     s ← s + d²     w ← w − rate · d / (√s + ε)
///
/// J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011. Without
/// weight decay rows that have no gradient are not visited, so that a large vocabulary costs nothing.
public struct Adagrad: OptimizerRule {
  public static let name = "adagrad"
  public static let defaultLearningRate: Float = 0.1

  /// ε, what the root is raised by: positive.
  public let epsilon: Float
  /// What the sums begin with: 0 or more (PyTorch 0, TensorFlow 0.1).
  public let initialSum: Float
  /// λ, what the gradient of (λ / 2)·‖w‖² is added with: 0 or more.
  public let weightDecay: Float

  /// Creates the rule with PyTorch's constants.
  public init() { self.init(epsilon: 1e-10) }

  /// Creates the rule.
  ///
  /// - Precondition: the constants lie in their ranges.
  public init(epsilon: Float = 1e-10, initialSum: Float = 0, weightDecay: Float = 0) {
    (self.epsilon, self.initialSum, self.weightDecay) = (epsilon, initialSum, weightDecay)
    if let defect { preconditionFailure(defect) }
  }

  public var slotNames: [String] { ["sum"] }

  public var defect: String? {
    if !(epsilon > 0 && epsilon.isFinite) { return "epsilon must be positive, found \(epsilon)" }
    if !(initialSum >= 0 && initialSum.isFinite) { return "an initial sum is 0 or more, found \(initialSum)" }
    return weightDecayDefect(weightDecay)
  }

  public func update(
    _ weights: inout [Tensor], _ memory: inout OptimizerMemory, _ gradients: [Gradient], _ step: UpdateStep
  ) {
    let (epsilon, decay) = (epsilon, weightDecay)
    memory.withSlots(slotNames, of: weights, initially: initialSum) { slots in
      updateEach(&weights, &slots[0], gradients, visitingZeros: decay > 0) { weight, sum, gradient in
        let direction = step.scale * gradient + decay * weight
        sum += direction * direction
        weight -= step.rate * direction / (sum.squareRoot() + epsilon)
      }
    }
  }
}
