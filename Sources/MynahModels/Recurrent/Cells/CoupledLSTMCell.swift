public import MynahTensors

/// One step of an LSTM that forgets as much as it takes in: one gate less.
///
///     i, o = σ(W_ih x + W_hh h + b)     g = tanh(W_ih x + W_hh h + b)
///     c' = (1 − i) ⊙ c + i ⊙ g          h' = o ⊙ tanh c'
///
/// K. Greff et al., "LSTM: a search space odyssey", 2015: coupled input and forget gate, f = 1 − i.
public struct CoupledLSTMCell: RecurrentCell {
  /// W_ih, shape [3H, I]: the rows of i, g and o one below the other.
  public var inputWeight: Variable
  /// W_hh, shape [3H, H].
  public var recurrentWeight: Variable
  /// b, shape [3H].
  public var bias: Variable

  /// Creates a cell from its weights.
  public init(inputWeight: Variable, recurrentWeight: Variable, bias: Variable) {
    self.inputWeight = inputWeight
    self.recurrentWeight = recurrentWeight
    self.bias = bias
  }

  public var inputSize: Int { inputWeight.shape[1] }
  public var hiddenSize: Int { recurrentWeight.shape[1] }

  /// W_ih x + b: [N, I] → [N, 3H].
  public func projection(of x: Variable) -> Variable { x.product(with: inputWeight) + bias }

  public func step(_ projection: Variable, state: LSTMState) -> LSTMState {
    let sums = projection + state.hidden.product(with: recurrentWeight)
    let input = sums.gate(0, size: hiddenSize).sigmoid()
    let cell = (1 - input) * state.cell + input * sums.gate(1, size: hiddenSize).tanh()
    return LSTMState(hidden: sums.gate(2, size: hiddenSize).sigmoid() * cell.tanh(), cell: cell)
  }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try body(prefix + "weight_ih_l0", &inputWeight)
    try body(prefix + "weight_hh_l0", &recurrentWeight)
    try body(prefix + "bias_ih_l0", &bias)
  }
}
