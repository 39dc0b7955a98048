package import MynahTensors

extension RecurrentLayer {
  /// The names and shapes of the layer's parameters, in the order of its `visitParameters`.
  package func parameterShapes(inputSize: Int) -> [(name: String, shape: Shape)] {
    let rows = gateCount * hiddenSize
    let common: [(name: String, shape: Shape)] = [
      ("weight_ih_l0", [rows, inputSize]), ("weight_hh_l0", [rows, outputSize]), ("bias_ih_l0", [rows]),
    ]
    switch self {
    case .lstm, .simple, .coupledLSTM, .gru(_, .before): return common
    case .gru(_, .after): return common + [("bias_hh_l0", [rows])]
    case .projectedLSTM: return common + [("weight_hr_l0", [outputSize, hiddenSize])]
    case .peepholeLSTM: return common + ["i", "f", "o"].map { ("peephole_\($0)_l0", [hiddenSize]) }
    }
  }

  /// The layer, ready to run.
  ///
  /// - Parameter weights: The parameters, in the order and of the shapes of `parameterShapes`.
  package func layer(weights: [Variable]) -> any SequenceLayer {
    let (input, recurrent, bias) = (weights[0], weights[1], weights[2])
    let lstm = { LSTMCell(inputWeight: input, recurrentWeight: recurrent, bias: bias) }
    switch self {
    case .lstm: return LSTM(cell: lstm())
    case .simple(_, let activation):
      return Recurrence(
        SimpleRNNCell(inputWeight: input, recurrentWeight: recurrent, bias: bias, activation: activation))
    case .peepholeLSTM:
      return Recurrence(
        PeepholeLSTMCell(
          lstm: lstm(), inputPeephole: weights[3], forgetPeephole: weights[4], outputPeephole: weights[5]))
    case .coupledLSTM:
      return Recurrence(CoupledLSTMCell(inputWeight: input, recurrentWeight: recurrent, bias: bias))
    case .projectedLSTM:
      return Recurrence(ProjectedLSTMCell(lstm: lstm(), projectionWeight: weights[3]))
    case .gru(_, let reset):
      return Recurrence(
        GRUCell(
          inputWeight: input, recurrentWeight: recurrent, inputBias: bias,
          recurrentBias: reset == .after ? weights[3] : nil))
    }
  }

  /// Draws one of the parameters: biases that are not drawn begin at zero, or the forget gates' at their own number.
  func draw(
    _ name: String, _ shape: Shape, _ initializer: Initializer, recurrent: Initializer, bias: Initializer?,
    using random: inout RandomSource
  ) -> Tensor {
    if name.hasPrefix("bias") {
      if let bias { return bias.draw(shape, using: &random) }
      return forgetBias == 0 ? .zeros(shape) : LSTMCell.initialBias(hiddenSize: hiddenSize, forgetBias: forgetBias)
    }
    return (name.hasPrefix("weight_hh") ? recurrent : initializer).draw(shape, using: &random)
  }

  /// How many blocks of H rows the weights have.
  private var gateCount: Int {
    switch self {
    case .simple: 1
    case .coupledLSTM, .gru: 3
    case .lstm, .peepholeLSTM, .projectedLSTM: 4
    }
  }
}
