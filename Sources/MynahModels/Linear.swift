public import MynahTensors

/// An affine map y = x Wᵀ + b.
public struct Linear: Module {
  /// W, shape [out, in].
  public var weight: Variable
  /// b, shape [out].
  public var bias: Variable

  /// Creates a layer from its weights.
  public init(weight: Variable, bias: Variable) { (self.weight, self.bias) = (weight, bias) }

  /// Creates a layer with randomly initialised weights and biases.
  public init(inputSize: Int, outputSize: Int, initializer: Initializer, using random: inout RandomSource) {
    weight = Variable(initializer.draw([outputSize, inputSize], using: &random))
    bias = Variable(initializer.draw([outputSize], using: &random))
  }

  /// Returns the map of each row: [N, in] → [N, out].
  public func callAsFunction(_ x: Variable) -> Variable { x.product(with: weight) + bias }

  public mutating func visitParameters(
    prefix: String, _ body: (ParameterSpec, inout Variable) throws -> Void
  ) rethrows {
    try body(ParameterSpec(prefix + "weight", weight.shape, .inputWeight), &weight)
    try body(ParameterSpec(prefix + "bias", bias.shape, .bias()), &bias)
  }
}
