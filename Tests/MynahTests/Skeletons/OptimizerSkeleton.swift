import Mynah

/// Sign descent with momentum: weights move by the learning rate against the sign of the running mean of their
/// gradients.
///
///     m ← μ m + (1 − μ) g     w ← w − rate · sign(m)
///
/// J. Bernstein, Y. Wang, K. Azizzadenesheli, A. Anandkumar, "signSGD: compressed optimisation for non-convex
/// problems", 2018.
struct SignDescent: OptimizerRule {
  static let name = "sign"
  static let defaultLearningRate: Float = 0.001

  var momentum: Float = 0.9

  var slotNames: [String] { ["mean"] }
  var defect: String? {
    (0..<1).contains(momentum) ? nil : "the momentum must be at least 0 and below 1, found \(momentum)"
  }

  func update(
    _ weights: inout [Tensor], _ memory: inout OptimizerMemory, _ gradients: [Gradient], _ step: UpdateStep
  ) {
    memory.withSlots(slotNames, of: &weights) { weights, slots in
      for index in weights.indices {
        slots[0][index] = momentum * slots[0][index] + (1 - momentum) * step.scale * gradients[index].dense
        let signs = slots[0][index].map { $0 == 0 ? 0 : $0 > 0 ? 1 : -1 }
        weights[index] = weights[index] - step.rate * signs
      }
    }
  }
}
