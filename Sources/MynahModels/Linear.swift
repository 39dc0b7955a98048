public import MynahTensors

/// An affine map y = x Wᵀ + b.
public struct Linear: Module {
  /// W, shape [out, in].
  public var weight: Variable
  /// b, shape [out].
  public var bias: Variable

  /// Creates a layer from its weights.
  public init(weight: Variable, bias: Variable) {
    self.weight = weight
    self.bias = bias
  }

  /// Creates a layer with drawn weights and biases.
  public init(inputSize: Int, outputSize: Int, initializer: Initializer, using random: inout RandomSource) {
    weight = Variable(initializer.draw([outputSize, inputSize], using: &random))
    bias = Variable(initializer.draw([outputSize], using: &random))
  }

  /// The map of each row: [N, in] → [N, out].
  public func callAsFunction(_ x: Variable) -> Variable {
    x.matmul(weight, transposingOther: true) + bias
  }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try body(prefix + "weight", &weight)
    try body(prefix + "bias", &bias)
  }
}
