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
    var next = gradients.makeIterator()
    module.visitParameters(prefix: "") { name, parameter in
      guard let gradient = next.next() else {
        preconditionFailure("parameter \(name) has no gradient: \(gradients.count) were given")
      }
      var value = parameter.value
      parameter = Variable(Tensor(0))  // so that `value` is the only reference and is updated in place
      value.add(gradient, times: -rate * scale)
      parameter = Variable(value)
    }
    precondition(next.next() == nil, "more gradients than parameters: \(gradients.count)")
  }
}
