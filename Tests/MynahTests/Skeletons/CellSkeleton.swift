import Mynah

/// One step of a recurrent network that keeps a part of its state: h' = a h + (1 − a) tanh(W x + U h + b).
struct LeakyCell: RecurrentCell {
  let inputWeight, recurrentWeight, bias: Variable
  let kept: Float

  func projection(of x: Variable) -> Variable { x.matmul(inputWeight, transposingOther: true) + bias }

  func step(_ projection: Variable, state: LayerState) -> (output: Variable, state: LayerState) {
    let candidate = (projection + state.hidden.matmul(recurrentWeight, transposingOther: true)).tanh()
    let h = kept * state.hidden + (1 - kept) * candidate
    return (h, LayerState(hidden: h))
  }
}

extension CellKind {
  static let leaky = CellKind(
    "leaky", title: "leaky RNN", settings: [CellSetting("kept", default: 0.5, in: 0...1)],
    parameters: { layer in
      let (input, hidden) = (layer.inputSize, layer.hiddenSize)
      return [
        ParameterSpec("weight_ih_l0", [hidden, input], .inputWeight),
        ParameterSpec("weight_hh_l0", [hidden, hidden], .recurrentWeight),
        ParameterSpec("bias_ih_l0", [hidden], .bias()),
      ]
    },
    cell: { LeakyCell(inputWeight: $1[0], recurrentWeight: $1[1], bias: $1[2], kept: Float($0["kept"])) })
}
