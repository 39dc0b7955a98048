import Foundation
public import MynahModels
public import MynahTensors

/// Adam: steps along the gradients' running mean, each number's by the root of its running square.
///
///     m ← β₁ m + (1 − β₁) g     v ← β₂ v + (1 − β₂) g²
///     w ← w − rate · m̂ / (√v̂ + ε),   m̂ = m / (1 − β₁ᵗ),   v̂ = v / (1 − β₂ᵗ)
///
/// D. Kingma, J. Ba, "Adam: a method for stochastic optimization", 2015. Rows that a sparse gradient lacks have the gradient
/// 0: their moments decay and still move them, as in PyTorch's `Adam` with a dense gradient.
public struct Adam: Sendable {
  /// β₁ and β₂, the share of the moments that a step keeps: 0 ≤ β < 1.
  public let beta1, beta2: Float
  /// ε, what the root is raised by: positive.
  public let epsilon: Float
  /// t, the number of steps that were made.
  public package(set) var stepCount = 0
  /// m and v of each parameter; none before the first step.
  package var moments = Moments()

  /// The running means of gradients and of their squares, a tensor a parameter.
  package struct Moments: Sendable {
    package var first: [Tensor] = [], second: [Tensor] = []
  }

  /// Creates the optimiser; the defaults are the paper's.
  public init(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8) {
    precondition((0..<1).contains(beta1) && (0..<1).contains(beta2), "betas lie in [0, 1), found \(beta1), \(beta2)")
    precondition(epsilon > 0, "epsilon must be positive, found \(epsilon)")
    (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
  }

  /// Updates a module's parameters; always the same module's, whose moments are remembered.
  ///
  /// - Parameters:
  ///   - module: What is trained.
  ///   - gradients: One a parameter, in the order of `visitParameters`.
  ///   - rate: The learning rate.
  ///   - scale: What gradients are multiplied with first: the clip's factor.
  public mutating func update(_ module: inout some Module, gradients: [Gradient], rate: Float, scale: Float = 1) {
    stepCount += 1
    let step = Step(self, rate: rate, scale: scale)
    module.updateParameters(gradients) { weights in
      if moments.first.isEmpty {
        moments.first = weights.map { .zeros($0.shape) }
        moments.second = weights.map { .zeros($0.shape) }
      }
      precondition(moments.first.map(\.shape) == weights.map(\.shape), "Adam remembers another module's parameters")
      Kernels.adam(&weights, &moments, gradients, step)
    }
  }

  /// The numbers of one step: step t has the rate / (1 − β₁ᵗ) and multiplies √v with 1 / √(1 − β₂ᵗ).
  struct Step {
    let beta1, beta2, epsilon, rate, rootScale, scale: Float

    init(_ adam: Adam, rate: Float, scale: Float) {
      (beta1, beta2, epsilon, self.scale) = (adam.beta1, adam.beta2, adam.epsilon, scale)
      let t = Double(adam.stepCount)
      self.rate = Float(Double(rate) / (1 - pow(Double(beta1), t)))
      rootScale = Float(1 / (1 - pow(Double(beta2), t)).squareRoot())
    }
  }
}
