import MynahIO
public import MynahTensors

/// RMSProp: the learning rate of each weight decreases with the running mean of its squared gradients.
///
///     d = scale·g + λ w     s ← α s + (1 − α) d²     w ← w − rate · d / (√s + ε)
///
/// T. Tieleman, G. Hinton, "Lecture 6.5: rmsprop", 2012, as implemented in PyTorch.
public struct RMSProp: OptimizerRule {
  public static let name = "rmsprop"
  public static let defaultLearningRate: Float = 0.002

  /// α, the decay rate of the running mean: 0 ≤ α < 1.
  public let decay: Float
  /// ε, added to the root for numerical stability: positive.
  public let epsilon: Float
  /// λ, the weight decay (L2 regularisation, (λ / 2)·‖w‖²): 0 or more.
  public let weightDecay: Float
  /// The start of weight averaging; nil: never.
  public let averaging: WeightAveraging?

  /// Creates the rule with PyTorch's default constants.
  public init() { self.init(decay: 0.99) }

  /// Creates the rule.
  ///
  /// - Precondition: The constants are within their ranges.
  public init(
    decay: Float = 0.99, epsilon: Float = 1e-8, weightDecay: Float = 0, averaging: WeightAveraging? = nil
  ) {
    (self.decay, self.epsilon) = (decay, epsilon)
    (self.weightDecay, self.averaging) = (weightDecay, averaging)
    if let defect { requirementFailure(defect) }
  }

  public var slotNames: [String] { ownSlots + (averaging == nil ? [] : [WeightAveraging.slot]) }

  private var ownSlots: [String] { ["square"] }

  public var defect: String? {
    if !(0..<1).contains(decay) { return "a decay must be in [0, 1), found \(decay)" }
    if !(epsilon > 0 && epsilon.isFinite) { return "epsilon must be positive, found \(epsilon)" }
    return averaging?.defect ?? weightDecayDefect(weightDecay)
  }

  public func endEpoch(validationLosses: [Double], _ memory: inout OptimizerMemory) {
    averaging?.endEpoch(validationLosses: validationLosses, &memory)
  }

  public func evaluatedSlot(_ memory: OptimizerMemory) -> String? { averaging?.evaluatedSlot(memory) }

  public func update(
    _ weights: inout [Tensor], _ memory: inout OptimizerMemory, _ gradients: [Gradient], _ step: UpdateStep
  ) {
    let (kept, epsilon, decay) = (decay, epsilon, weightDecay)
    memory.withSlots(ownSlots, of: &weights) { weights, slots in
      updateEach(&weights, &slots[0], gradients, visitingZeros: true) { weight, square, gradient in
        let direction = step.scale * gradient + decay * weight
        square = kept * square + (1 - kept) * direction * direction
        weight -= step.rate * direction / (square.squareRoot() + epsilon)
      }
    }
    averaging?.update(&weights, &memory)
  }
}
