public import MynahTensors

/// One step of a simple (Elman) recurrent network.
///
///     h' = φ(W_ih x + W_hh h + b)        φ = tanh or max(·, 0)
///
/// J. Elman, "Finding structure in time", 1990; PyTorch's `nn.RNN`, whose two biases are one here, since they are only
/// added.
public struct RNNCell: RecurrentCell {
  /// The activation functions.
  public enum Activation: String, Codable, CaseIterable, Sendable {
    case tanh, relu
  }

  /// W_ih, shape [H, I].
  public let inputWeight: Variable
  /// W_hh, shape [H, H].
  public let recurrentWeight: Variable
  /// b, shape [H].
  public let bias: Variable
  /// φ, the activation function.
  public let activation: Activation

  /// Creates a cell from its weights.
  public init(inputWeight: Variable, recurrentWeight: Variable, bias: Variable, activation: Activation = .tanh) {
    (self.inputWeight, self.recurrentWeight, self.bias) = (inputWeight, recurrentWeight, bias)
    self.activation = activation
  }

  /// Returns W_ih x + b: [N, I] → [N, H].
  public func projection(of x: Variable) -> Variable { x.product(with: inputWeight) + bias }

  public func step(_ projection: Variable, state: LayerState) -> (output: Variable, state: LayerState) {
    let sum = projection + state.hidden.product(with: recurrentWeight)
    let h = activation == .tanh ? sum.tanh() : sum.relu()
    return (h, LayerState(hidden: h))
  }
}

extension CellKind {
  /// The simple recurrent network with tanh (`RNNCell`).
  public static let rnn = rnn("rnn", title: "RNN", .tanh)
  /// The simple recurrent network with ReLU (`RNNCell`).
  public static let reluRNN = rnn("relu", title: "RNN, relu", .relu)

  private static func rnn(_ name: String, title: String, _ activation: RNNCell.Activation) -> CellKind {
    var kind = CellKind(
      name, title: title,
      parameters: { $0.gatedParameters(blockCount: 1, stateSize: $0.hiddenSize) },
      cell: { RNNCell(inputWeight: $1[0], recurrentWeight: $1[1], bias: $1[2], activation: activation) })
    kind.scan = { _ in activation == .tanh ? .rnn : .reluRNN }
    kind.interchange = Interchange(
      pyTorch: PyTorchModule("RNN", blockCount: 1, activation: activation.rawValue),
      keras: activation == .tanh ? KerasLayer(blockOrder: [0]) : nil,
      onnx: ONNXOperator("RNN", blockOrder: [0], activation: activation == .tanh ? "Tanh" : "Relu"))
    return kind
  }
}

extension LayerConfiguration {
  /// A simple recurrent network.
  public static func rnn(_ hiddenSize: Int, activation: RNNCell.Activation = .tanh) -> LayerConfiguration {
    LayerConfiguration(activation == .tanh ? .rnn : .reluRNN, hiddenSize)
  }
}
