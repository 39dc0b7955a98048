public import MynahTensors

/// One step of an LSTM whose gates see the cells.
///
///     i = σ(W_ii x + W_hi h + p_i ⊙ c + b_i)     f = σ(W_if x + W_hf h + p_f ⊙ c + b_f)
///     g = tanh(W_ig x + W_hg h + b_g)            c' = f ⊙ c + i ⊙ g
///     o = σ(W_io x + W_ho h + p_o ⊙ c' + b_o)    h' = o ⊙ tanh c'
///
/// F. Gers, J. Schmidhuber, "Recurrent nets that time and count", 2000; TensorFlow's `LSTMCell` with `use_peepholes`. The output gate
/// sees the new cells, the others the old ones.
public struct PeepholeLSTMCell: RecurrentCell {
  /// The LSTM without peepholes.
  public var lstm: LSTMCell
  /// p_i, p_f and p_o, shape [H] each.
  public var inputPeephole, forgetPeephole, outputPeephole: Variable

  /// Creates a cell from its weights.
  public init(lstm: LSTMCell, inputPeephole: Variable, forgetPeephole: Variable, outputPeephole: Variable) {
    self.lstm = lstm
    (self.inputPeephole, self.forgetPeephole, self.outputPeephole) = (inputPeephole, forgetPeephole, outputPeephole)
  }

  public var inputSize: Int { lstm.inputSize }
  public var hiddenSize: Int { lstm.hiddenSize }

  public func projection(of x: Variable) -> Variable { lstm.projection(of: x) }

  public func step(_ projection: Variable, state: LSTMState) -> LSTMState {
    let sums = projection + state.hidden.product(with: lstm.recurrentWeight)
    let sum = { sums.gate(GateOrder.standard.index(of: $0), size: hiddenSize) }
    let input = (sum(.input) + inputPeephole * state.cell).sigmoid()
    let forget = (sum(.forget) + forgetPeephole * state.cell).sigmoid()
    let cell = forget * state.cell + input * sum(.candidate).tanh()
    return LSTMState(hidden: (sum(.output) + outputPeephole * cell).sigmoid() * cell.tanh(), cell: cell)
  }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try lstm.visitParameters(prefix: prefix, body)
    try body(prefix + "peephole_i_l0", &inputPeephole)
    try body(prefix + "peephole_f_l0", &forgetPeephole)
    try body(prefix + "peephole_o_l0", &outputPeephole)
  }
}
