public import MynahTensors

/// One step of an LSTM with coupled input and forget gates, f = 1 − i, and so one gate fewer.
///
///     i, o = σ(W_ih x + W_hh h + b)     g = tanh(W_ih x + W_hh h + b)
///     c' = (1 − i) ⊙ c + i ⊙ g          h' = o ⊙ tanh c'
///
/// K. Greff et al., "LSTM: a search space odyssey", 2015.
public struct CoupledLSTMCell: RecurrentCell {
  /// W_ih, shape [3H, I]: the rows of i, g and o.
  public let inputWeight: Variable
  /// W_hh, shape [3H, H].
  public let recurrentWeight: Variable
  /// b, shape [3H].
  public let bias: Variable

  /// Creates a cell from its weights.
  public init(inputWeight: Variable, recurrentWeight: Variable, bias: Variable) {
    (self.inputWeight, self.recurrentWeight, self.bias) = (inputWeight, recurrentWeight, bias)
  }

  /// Returns W_ih x + b: [N, I] → [N, 3H].
  public func projection(of x: Variable) -> Variable { x.product(with: inputWeight) + bias }

  public func step(_ projection: Variable, state: LayerState) -> (output: Variable, state: LayerState) {
    let gates = evaluate(projection, state)
    let cell = (1 - gates.input) * state.cell + gates.input * gates.candidate
    let h = gates.output * cell.tanh()
    return (h, LayerState(hidden: h, cell: cell))
  }

  public func gates(_ projection: Variable, state: LayerState) -> KeyValuePairs<String, Variable> {
    let gates = evaluate(projection, state)
    return ["i": gates.input, "g": gates.candidate, "o": gates.output]
  }

  private func evaluate(
    _ projection: Variable, _ state: LayerState
  ) -> (input: Variable, candidate: Variable, output: Variable) {
    let sums = projection + state.hidden.product(with: recurrentWeight)
    return (sums.block(0, of: 3).sigmoid(), sums.block(1, of: 3).tanh(), sums.block(2, of: 3).sigmoid())
  }
}

extension CellKind {
  /// The LSTM with coupled input and forget gates (`CoupledLSTMCell`).
  public static let coupledLSTM: CellKind = {
    var kind = CellKind(
      "coupled", title: "coupled LSTM",
      state: { ["hidden": $0.hiddenSize, "cell": $0.hiddenSize] },
      parameters: { $0.gatedParameters(blockCount: 3, stateSize: $0.hiddenSize) },
      cell: { CoupledLSTMCell(inputWeight: $1[0], recurrentWeight: $1[1], bias: $1[2]) })
    kind.scan = { _ in .coupledLSTM }
    return kind
  }()
}

extension LayerConfiguration {
  /// An LSTM with coupled input and forget gates.
  public static func coupledLSTM(_ hiddenSize: Int) -> LayerConfiguration {
    LayerConfiguration(.coupledLSTM, hiddenSize)
  }
}
