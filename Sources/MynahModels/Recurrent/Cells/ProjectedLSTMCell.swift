public import MynahTensors

/// One step of an LSTM whose output is projected to fewer numbers: many cells at the price of few.
///
///     i, f, o = σ(W_ih x + W_hh h + b)     g = tanh(W_ih x + W_hh h + b)
///     c' = f ⊙ c + i ⊙ g                   h' = W_hr (o ⊙ tanh c')
///
/// H. Sak, A. Senior, F. Beaufays, "Long short-term memory recurrent neural network architectures for large scale acoustic
/// modeling", 2014; PyTorch's `nn.LSTM` with `proj_size`. h has P numbers, c has H.
public struct ProjectedLSTMCell: RecurrentCell {
  /// W_ih, W_hh and b; here W_hh has shape [4H, P].
  public var lstm: LSTMCell
  /// W_hr, shape [P, H].
  public var projectionWeight: Variable

  /// Creates a cell from its weights.
  public init(lstm: LSTMCell, projectionWeight: Variable) {
    self.lstm = lstm
    self.projectionWeight = projectionWeight
  }

  public var inputSize: Int { lstm.inputSize }
  public var hiddenSize: Int { projectionWeight.shape[1] }
  /// P.
  public var outputSize: Int { projectionWeight.shape[0] }

  public func projection(of x: Variable) -> Variable { lstm.projection(of: x) }

  public func step(_ projection: Variable, state: LSTMState) -> LSTMState {
    let sums = projection + state.hidden.product(with: lstm.recurrentWeight)
    let next = LSTMCell.advance(sums, cell: state.cell)
    return LSTMState(hidden: next.hidden.product(with: projectionWeight), cell: next.cell)
  }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try lstm.visitParameters(prefix: prefix, body)
    try body(prefix + "weight_hr_l0", &projectionWeight)
  }
}
