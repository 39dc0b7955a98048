public import MynahTensors

/// One step of an LSTM with peephole connections: its gates also read the cells.
///
///     i = σ(W_ii x + W_hi h + p_i ⊙ c + b_i)     f = σ(W_if x + W_hf h + p_f ⊙ c + b_f)
///     g = tanh(W_ig x + W_hg h + b_g)            c' = f ⊙ c + i ⊙ g
///     o = σ(W_io x + W_ho h + p_o ⊙ c' + b_o)    h' = o ⊙ tanh c'
///
/// F. Gers, J. Schmidhuber, "Recurrent nets that time and count", 2000; TensorFlow's `LSTMCell` with `use_peepholes`.
/// The output gate reads the new cells, the others the previous ones.
public struct PeepholeLSTMCell: RecurrentCell {
  /// The LSTM without peepholes.
  public let lstm: LSTMCell
  /// p_i, p_f and p_o, shape [H] each.
  public let inputPeephole, forgetPeephole, outputPeephole: Variable

  /// Creates a cell from its weights.
  public init(lstm: LSTMCell, inputPeephole: Variable, forgetPeephole: Variable, outputPeephole: Variable) {
    self.lstm = lstm
    (self.inputPeephole, self.forgetPeephole, self.outputPeephole) = (inputPeephole, forgetPeephole, outputPeephole)
  }

  public func projection(of x: Variable) -> Variable { lstm.projection(of: x) }

  public func step(_ projection: Variable, state: LayerState) -> (output: Variable, state: LayerState) {
    let next = evaluate(projection, state).state
    return (next.hidden, next)
  }

  public func gates(_ projection: Variable, state: LayerState) -> KeyValuePairs<String, Variable> {
    evaluate(projection, state).gates
  }

  private func evaluate(
    _ projection: Variable, _ state: LayerState
  ) -> (gates: KeyValuePairs<String, Variable>, state: LayerState) {
    let sums = projection + state.hidden.product(with: lstm.recurrentWeight)
    let sum = { sums.block(GateOrder.standard.index(of: $0), of: 4) }
    let input = (sum(.input) + inputPeephole * state.cell).sigmoid()
    let forget = (sum(.forget) + forgetPeephole * state.cell).sigmoid()
    let candidate = sum(.candidate).tanh()
    let cell = forget * state.cell + input * candidate
    let output = (sum(.output) + outputPeephole * cell).sigmoid()
    return (
      ["i": input, "f": forget, "g": candidate, "o": output], LayerState(hidden: output * cell.tanh(), cell: cell)
    )
  }
}

extension CellKind {
  /// The LSTM with peephole connections (`PeepholeLSTMCell`), with the setting `forgetBias`.
  public static let peepholeLSTM: CellKind = {
    var kind = CellKind(
      "peephole", title: "peephole LSTM", settings: [.forgetBias],
      state: { ["hidden": $0.hiddenSize, "cell": $0.hiddenSize] },
      parameters: { layer in
        layer.lstmParameters(stateSize: layer.hiddenSize)
          + ["i", "f", "o"].map { ParameterSpec("peephole_\($0)_l0", [layer.hiddenSize], .other) }
      },
      cell: {
        PeepholeLSTMCell(
          lstm: LSTMCell(inputWeight: $1[0], recurrentWeight: $1[1], bias: $1[2]), inputPeephole: $1[3],
          forgetPeephole: $1[4], outputPeephole: $1[5])
      })
    kind.scan = { _ in .peepholeLSTM }
    kind.interchange = Interchange(
      onnx: ONNXOperator("LSTM", blockOrder: GateOrder.onnx.standardIndices, peepholeOrder: [0, 2, 1]))
    return kind
  }()
}

extension LayerConfiguration {
  /// An LSTM with peephole connections.
  public static func peepholeLSTM(_ hiddenSize: Int, forgetBias: Float = 0) -> LayerConfiguration {
    LayerConfiguration(
      .peepholeLSTM, hiddenSize, settings: forgetBias == 0 ? [:] : ["forgetBias": Double(forgetBias)])
  }
}
