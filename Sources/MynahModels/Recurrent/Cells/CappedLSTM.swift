extension CellKind {
  /// The LSTM with capped input gates, i' = min(i, 1 − f), with the setting `forgetBias`.
  ///
  /// A cell then stays in −1 … 1, as with coupled gates, but can also forget without reading. G. Melis, C. Dyer,
  /// P. Blunsom, "On the state of the art of evaluation in neural language models", 2018, section 3.
  public static let cappedLSTM: CellKind = {
    var kind = CellKind(
      "capped", title: "capped LSTM", settings: [.forgetBias],
      state: { ["hidden": $0.hiddenSize, "cell": $0.hiddenSize] },
      parameters: { $0.lstmParameters(stateSize: $0.hiddenSize) },
      cell: { LSTMCell(inputWeight: $1[0], recurrentWeight: $1[1], bias: $1[2], capsInputGate: true) })
    kind.scan = { _ in .cappedLSTM }
    return kind
  }()
}

extension LayerConfiguration {
  /// An LSTM with capped input gates, whose forget gates' biases start at `forgetBias`, all others at 0.
  public static func cappedLSTM(_ hiddenSize: Int, forgetBias: Float = 0) -> LayerConfiguration {
    LayerConfiguration(.cappedLSTM, hiddenSize, settings: forgetBias == 0 ? [:] : ["forgetBias": Double(forgetBias)])
  }
}
