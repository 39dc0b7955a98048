public import MynahTensors

/// One step of a long short-term memory, in the equations' own words.
///
///     i, f, o = σ(W_ih x + W_hh h + b)     g = tanh(W_ih x + W_hh h + b)
///     c' = f ⊙ c + i ⊙ g                   h' = o ⊙ tanh c'
///
/// S. Hochreiter, J. Schmidhuber, "Long short-term memory", 1997; forget gate: F. Gers, J. Schmidhuber, F. Cummins, 2000.
/// `LSTM` computes the same over a whole sequence, faster; this is what it is tested against.
public struct LSTMCell: RecurrentCell {
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

  /// Creates a cell with drawn weights; the biases begin at zero, or the forget gates' at a number of their own.
  ///
  /// - Parameter forgetBias: 1 lets the cells remember at the beginning (R. Jozefowicz, W. Zaremba, I. Sutskever, 2015).
  public init(
    inputSize: Int, hiddenSize: Int, initializer: Initializer, forgetBias: Float = 0, using random: inout RandomSource
  ) {
    inputWeight = Variable(initializer.draw([4 * hiddenSize, inputSize], using: &random))
    recurrentWeight = Variable(initializer.draw([4 * hiddenSize, hiddenSize], using: &random))
    bias = Variable(Self.initialBias(hiddenSize: hiddenSize, forgetBias: forgetBias))
  }

  /// Biases of 0, the forget gates' of another number: shape [4H].
  static func initialBias(hiddenSize: Int, forgetBias: Float) -> Tensor {
    let gates = GateOrder.standard.gates.flatMap { gate in
      [Float](repeating: gate == .forget ? forgetBias : 0, count: hiddenSize)
    }
    return Tensor(gates)
  }

  /// I.
  public var inputSize: Int { inputWeight.value.shape[1] }
  /// H.
  public var hiddenSize: Int { recurrentWeight.value.shape[1] }

  /// W_ih x + b: [N, I] → [N, 4H].
  public func projection(of x: Variable) -> Variable { x.product(with: inputWeight) + bias }

  public func step(_ projection: Variable, state: LSTMState) -> LSTMState {
    Self.advance(projection + state.hidden.product(with: recurrentWeight), cell: state.cell)
  }

  /// The next state from the gates' sums [B, 4H] and the cells [B, H].
  static func advance(_ sums: Variable, cell: Variable) -> LSTMState {
    let gates = LSTMGates(sums: sums)
    let cell = gates.forget * cell + gates.input * gates.candidate
    return LSTMState(hidden: gates.output * cell.tanh(), cell: cell)
  }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try body(prefix + "weight_ih_l0", &inputWeight)
    try body(prefix + "weight_hh_l0", &recurrentWeight)
    try body(prefix + "bias_ih_l0", &bias)
  }
}
