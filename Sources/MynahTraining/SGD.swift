public import MynahModels
public import MynahTensors

/// Stochastic gradient descent without memory: w ← w − rate · scale · gradient.
public struct SGD: Sendable {
  /// Creates the optimiser.
  public init() {}

  /// Updates a module's parameters.
  ///
  /// - Parameters:
  ///   - module: What is trained.
  ///   - gradients: One a parameter, in the order of `visitParameters`; rows that are not in a sparse one stay untouched.
  ///   - rate: The learning rate.
  ///   - scale: What gradients are multiplied with first: the clip's factor.
  public func update(_ module: inout some Module, gradients: [Gradient], rate: Float, scale: Float = 1) {
    module.updateParameters(gradients) { Kernels.descend(&$0, gradients, rate: rate * scale) }
  }
}

extension Module {
  /// Calls `body` with the parameters' values to change them: in place where nobody else holds them.
  ///
  /// - Precondition: there is a gradient of the same shape for each parameter.
  mutating func updateParameters(_ gradients: [Gradient], _ body: (inout [Tensor]) -> Void) {
    var values: [Tensor] = []
    visitParameters(prefix: "") { name, parameter in
      guard values.count < gradients.count else {
        preconditionFailure("parameter \(name) has no gradient: \(gradients.count) were given")
      }
      let (own, given) = (parameter.shape, gradients[values.count].shape)
      precondition(own == given, "parameter \(name) of shape \(own) got a gradient of shape \(given)")
      values.append(parameter.value)
      parameter = Variable(Tensor(0))  // so that `values` holds the only reference
    }
    precondition(values.count == gradients.count, "more gradients than parameters: \(gradients.count)")
    body(&values)
    var next = values.makeIterator()
    values = []
    visitParameters(prefix: "") { _, parameter in
      if let value = next.next() { parameter = Variable(value) }
    }
  }
}
