public import MynahTensors

/// One step of an LSTM whose output is projected to a smaller size, so that W_hh stays small with many cells.
///
///     i, f, o = σ(W_ih x + W_hh h + b)     g = tanh(W_ih x + W_hh h + b)
///     c' = f ⊙ c + i ⊙ g                   h' = W_hr (o ⊙ tanh c')
///
/// H. Sak, A. Senior, F. Beaufays, "Long short-term memory recurrent neural network architectures for large scale
/// acoustic modeling", 2014; PyTorch's `nn.LSTM` with `proj_size`. h has size P, c has size H.
public struct ProjectedLSTMCell: RecurrentCell {
  /// W_ih, W_hh and b; here W_hh has shape [4H, P].
  public let lstm: LSTMCell
  /// W_hr, shape [P, H].
  public let projectionWeight: Variable

  /// Creates a cell from its weights.
  public init(lstm: LSTMCell, projectionWeight: Variable) {
    (self.lstm, self.projectionWeight) = (lstm, projectionWeight)
  }

  public func projection(of x: Variable) -> Variable { lstm.projection(of: x) }

  public func step(_ projection: Variable, state: LayerState) -> (output: Variable, state: LayerState) {
    let next = lstm.step(projection, state: state)
    let h = next.output.product(with: projectionWeight)
    return (h, LayerState(hidden: h, cell: next.state.cell))
  }

  public func gates(_ projection: Variable, state: LayerState) -> KeyValuePairs<String, Variable> {
    lstm.gates(projection, state: state)
  }
}

extension CellKind {
  /// The LSTM with a projected output (`ProjectedLSTMCell`), with the settings `outputSize` and `forgetBias`.
  public static let projectedLSTM: CellKind = {
    var kind = CellKind(
      "projected", title: "projected LSTM",
      settings: [
        CellSetting("outputSize", in: 1...Double(LayerConfiguration.largestSize), isWhole: true), .forgetBias,
      ],
      outputSize: { Int($0["outputSize"]) },
      state: { ["hidden": Int($0["outputSize"]), "cell": $0.hiddenSize] },
      parameters: { layer in
        let outputSize = Int(layer["outputSize"])
        return layer.lstmParameters(stateSize: outputSize)
          + [ParameterSpec("weight_hr_l0", [outputSize, layer.hiddenSize], .projection)]
      },
      cell: {
        ProjectedLSTMCell(
          lstm: LSTMCell(inputWeight: $1[0], recurrentWeight: $1[1], bias: $1[2]), projectionWeight: $1[3])
      })
    kind.scan = { _ in .projectedLSTM }
    kind.interchange = Interchange(pyTorch: PyTorchModule("LSTM", blockCount: 4, isProjected: true))
    return kind
  }()
}

extension LayerConfiguration {
  /// An LSTM whose output is projected to a smaller size.
  public static func projectedLSTM(_ hiddenSize: Int, to outputSize: Int, forgetBias: Float = 0) -> LayerConfiguration {
    var settings = ["outputSize": Double(outputSize)]
    if forgetBias != 0 { settings["forgetBias"] = Double(forgetBias) }
    return LayerConfiguration(.projectedLSTM, hiddenSize, settings: settings)
  }
}
