public import MynahTensors

/// One step of a simple recurrent network.
///
///     h' = φ(W_ih x + W_hh h + b)        φ = tanh or max(·, 0)
///
/// J. Elman, "Finding structure in time", 1990; PyTorch's `nn.RNN`, whose two biases are only ever added.
public struct SimpleRNNCell: RecurrentCell {
  /// What bounds the units.
  public enum Activation: String, Codable, CaseIterable, Sendable {
    case tanh, relu

    func callAsFunction(_ x: Variable) -> Variable {
      switch self {
      case .tanh: x.tanh()
      case .relu: x.relu()
      }
    }
  }

  /// W_ih, shape [H, I].
  public var inputWeight: Variable
  /// W_hh, shape [H, H].
  public var recurrentWeight: Variable
  /// b, shape [H].
  public var bias: Variable
  /// φ.
  public let activation: Activation

  /// Creates a cell from its weights.
  public init(inputWeight: Variable, recurrentWeight: Variable, bias: Variable, activation: Activation = .tanh) {
    self.inputWeight = inputWeight
    self.recurrentWeight = recurrentWeight
    self.bias = bias
    self.activation = activation
  }

  public var inputSize: Int { inputWeight.shape[1] }
  public var hiddenSize: Int { recurrentWeight.shape[1] }

  /// W_ih x + b: [N, I] → [N, H].
  public func projection(of x: Variable) -> Variable { x.product(with: inputWeight) + bias }

  public func step(_ projection: Variable, state: HiddenState) -> HiddenState {
    HiddenState(hidden: activation(projection + state.hidden.product(with: recurrentWeight)))
  }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try body(prefix + "weight_ih_l0", &inputWeight)
    try body(prefix + "weight_hh_l0", &recurrentWeight)
    try body(prefix + "bias_ih_l0", &bias)
  }
}
