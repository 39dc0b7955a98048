import MynahIO
public import MynahModels
public import MynahTensors

/// Stochastic gradient descent with optional momentum and weight decay.
///
///     d = scale·g + λ w     v ← μ v + d     w ← w − rate · v   (Nesterov: w ← w − rate · (d + μ v))
///
/// Without momentum, v = d and there is no state. Momentum: B. Polyak 1964; Y. Nesterov 1983, in the form of I.
/// Sutskever, J. Martens, G. Dahl, G. Hinton, "On the importance of initialization and momentum in deep learning",
/// 2013, as implemented in PyTorch.
public struct SGD: OptimizerRule {
  public static let name = "sgd"
  public static let defaultLearningRate: Float = 1  // on clipped gradients

  /// μ, the momentum: 0 ≤ μ < 1; 0 needs no state.
  public let momentum: Float
  /// A Boolean value indicating whether to use Nesterov momentum.
  public let isNesterov: Bool
  /// λ, the weight decay (L2 regularisation, (λ / 2)·‖w‖²): 0 or more.
  public let weightDecay: Float

  /// Creates plain gradient descent.
  public init() { self.init(momentum: 0) }

  /// Creates the rule.
  ///
  /// - Precondition: The constants are within their ranges.
  public init(momentum: Float = 0, isNesterov: Bool = false, weightDecay: Float = 0) {
    (self.momentum, self.isNesterov, self.weightDecay) = (momentum, isNesterov, weightDecay)
    if let defect { requirementFailure(defect) }
  }

  public var slotNames: [String] { momentum > 0 ? ["momentum"] : [] }

  public var defect: String? {
    if !(0..<1).contains(momentum) { return "a momentum must be in [0, 1), found \(momentum)" }
    if isNesterov && momentum == 0 { return "Nesterov's step needs a momentum above 0, found 0" }
    return weightDecayDefect(weightDecay)
  }

  public var skipsMissingRows: Bool { momentum == 0 && weightDecay == 0 }

  public func update(
    _ weights: inout [Tensor], _ memory: inout OptimizerMemory, _ gradients: [Gradient], _ step: UpdateStep
  ) {
    guard momentum > 0 else { return descend(&weights, gradients, step, weightDecay: weightDecay) }
    let (momentum, isNesterov, decay) = (momentum, isNesterov, weightDecay)
    memory.withSlots(slotNames, of: &weights) { weights, slots in
      updateEach(&weights, &slots[0], gradients, visitingZeros: true) { weight, velocity, gradient in
        let direction = step.scale * gradient + decay * weight
        velocity = momentum * velocity + direction
        weight -= step.rate * (isNesterov ? direction + momentum * velocity : velocity)
      }
    }
  }

  /// Updates a module's parameters by plain gradient descent, which needs no state: w ← w − rate · scale · gradient.
  ///
  /// - Parameters:
  ///   - module: The module to train.
  ///   - gradients: One gradient per parameter, in the order of `visitParameters`; rows missing from a sparse gradient
  ///     are not updated.
  ///   - rate: The learning rate.
  ///   - scale: The factor that gradients are multiplied by first, from clipping.
  /// - Precondition: The momentum is 0; otherwise use an `Optimizer`, which keeps the state.
  public func update(_ module: inout some Module, gradients: [Gradient], rate: Float, scale: Float = 1) {
    require(momentum == 0, "a momentum of \(momentum) needs an Optimizer, which remembers the last step")
    module.updateParameters(gradients) {
      descend(&$0, gradients, UpdateStep(rate: rate, scale: scale), weightDecay: weightDecay)
    }
  }
}

/// Performs gradient descent on tensors: w ← w − rate · (scale·g + λ w).
func descend(_ weights: inout [Tensor], _ gradients: [Gradient], _ step: UpdateStep, weightDecay: Float) {
  if weightDecay > 0 { shrink(&weights, by: 1 - step.rate * weightDecay) }
  Kernels.descend(&weights, gradients, rate: step.rate * step.scale)
}

/// Returns a description of what is wrong with a weight decay; nil if it is valid.
func weightDecayDefect(_ decay: Float) -> String? {
  decay >= 0 && decay.isFinite ? nil : "a weight decay must be at least 0, found \(decay)"
}

extension Module {
  /// Calls `body` to modify the parameters' values, in place if they are uniquely referenced.
  ///
  /// - Precondition: There is one gradient per parameter, of the same shape.
  mutating func updateParameters(_ gradients: [Gradient], _ body: (inout [Tensor]) -> Void) {
    var names: [(name: ParameterSpec, shape: Shape)] = []
    visitParameters(prefix: "") { names.append(($0, $1.shape)) }
    require(
      names.count == gradients.count, "\(names.count) parameters need as many gradients, \(gradients.count) were given")
    for ((name, own), gradient) in zip(names, gradients) {
      require(own == gradient.shape, "parameter \(name) of shape \(own) got a gradient of shape \(gradient.shape)")
    }
    withParameterValues(body)
  }

  /// Calls `body` to modify the parameters' values, in place if they are uniquely referenced.
  mutating func withParameterValues(_ body: (inout [Tensor]) throws -> Void) rethrows {
    var values: [Tensor] = []
    visitParameters(prefix: "") { _, parameter in
      values.append(parameter.value)
      parameter = Variable(Tensor(0))  // so that `values` holds the only reference
    }
    defer {
      var next = values.makeIterator()
      values = []
      visitParameters(prefix: "") { _, parameter in
        if let value = next.next() { parameter = Variable(value) }
      }
    }
    try body(&values)
  }
}
