public import MynahTensors

/// The state of an LSTM between two steps: an argument and a result, never hidden in a layer.
public struct LSTMState: Sendable {
  /// h, shape [B, H].
  public var hidden: Variable
  /// c, shape [B, H].
  public var cell: Variable

  /// Creates a state.
  public init(hidden: Variable, cell: Variable) {
    self.hidden = hidden
    self.cell = cell
  }

  /// The state before a text: zeros.
  public static func zero(batchSize: Int, hiddenSize: Int) -> LSTMState {
    let zeros = Variable(Tensor.zeros([batchSize, hiddenSize]))
    return LSTMState(hidden: zeros, cell: zeros)
  }

  /// The same values as constants: gradients stop here (truncated backpropagation through time).
  public var detached: LSTMState { LSTMState(hidden: Variable(hidden.value), cell: Variable(cell.value)) }
}

/// One step of a long short-term memory, in the equations' own words.
///
///     i, f, o = σ(W_ih x + W_hh h + b)     g = tanh(W_ih x + W_hh h + b)
///     c' = f ⊙ c + i ⊙ g                   h' = o ⊙ tanh c'
///
/// S. Hochreiter, J. Schmidhuber, "Long short-term memory", 1997; forget gate: F. Gers, J. Schmidhuber, F. Cummins, 2000.
/// `LSTM` computes the same over a whole sequence, faster; this is what it is tested against.
public struct LSTMCell: Module {
  /// W_ih, shape [4H, I]: the rows of the gates one below the other, in `GateOrder.standard`.
  public var inputWeight: Variable
  /// W_hh, shape [4H, H].
  public var recurrentWeight: Variable
  /// b, shape [4H].
  public var bias: Variable

  /// Creates a cell from its weights.
  public init(inputWeight: Variable, recurrentWeight: Variable, bias: Variable) {
    self.inputWeight = inputWeight
    self.recurrentWeight = recurrentWeight
    self.bias = bias
  }

  /// Creates a cell with drawn weights and zero biases.
  public init(inputSize: Int, hiddenSize: Int, initializer: Initializer, using random: inout RandomSource) {
    inputWeight = Variable(initializer.draw([4 * hiddenSize, inputSize], using: &random))
    recurrentWeight = Variable(initializer.draw([4 * hiddenSize, hiddenSize], using: &random))
    bias = Variable(Tensor.zeros([4 * hiddenSize]))
  }

  /// I.
  public var inputSize: Int { inputWeight.value.shape[1] }
  /// H.
  public var hiddenSize: Int { recurrentWeight.value.shape[1] }

  /// One step: x [B, I] and a state give the next state, whose `hidden` is the output.
  public func callAsFunction(_ x: Variable, state: LSTMState) -> LSTMState {
    let sums =
      x.matmul(inputWeight, transposingOther: true)
      + state.hidden.matmul(recurrentWeight, transposingOther: true) + bias
    let gate = { (name: Gate) -> Variable in
      let start = GateOrder.standard.index(of: name) * hiddenSize
      return sums.slice(start..<start + hiddenSize, axis: 1)
    }
    let cell = gate(.forget).sigmoid() * state.cell + gate(.input).sigmoid() * gate(.candidate).tanh()
    return LSTMState(hidden: gate(.output).sigmoid() * cell.tanh(), cell: cell)
  }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try body(prefix + "weight_ih_l0", &inputWeight)
    try body(prefix + "weight_hh_l0", &recurrentWeight)
    try body(prefix + "bias_ih_l0", &bias)
  }
}
