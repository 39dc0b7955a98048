public import MynahTensors

/// One step of a quasi-recurrent network with fo-pooling, whose gates read the last one or two inputs but not the state.
///
///     z = tanh(W_z w + b_z)      f = σ(W_f w + b_f)      o = σ(W_o w + b_o)
///     c' = f ⊙ c + (1 − f) ⊙ z                           h' = o ⊙ c'
///
/// w is the window: x_t, or the concatenation of x_t and x_{t−1}. J. Bradbury, S. Merity, C. Xiong, R. Socher,
/// "Quasi-recurrent neural networks", 2017, sections 2 and 2.1. With a window of 2, the state contains the input of the
/// previous step, which is zero at the beginning of a text.
public struct QRNNCell: RecurrentCell {
  /// W, shape [3H, window · I]: the rows of z, f and o; with a window of 2, the columns of x_t come first.
  public let inputWeight: Variable
  /// b, shape [3H].
  public let bias: Variable
  /// The number of inputs that a step reads: 1 or 2.
  public let window: Int

  /// Creates a cell from its weights.
  public init(inputWeight: Variable, bias: Variable, window: Int) {
    (self.inputWeight, self.bias, self.window) = (inputWeight, bias, window)
  }

  /// Returns W x + b: [N, I] → [N, 3H]; with a window of 2, the inputs themselves.
  public func projection(of x: Variable) -> Variable { window == 1 ? sums(x) : x }

  public func step(_ projection: Variable, state: LayerState) -> (output: Variable, state: LayerState) {
    let sums = sums(projection, state)
    let forget = sums.block(1, of: 3).sigmoid()
    let cell = forget * state.cell + (1 - forget) * sums.block(0, of: 3).tanh()
    return (sums.block(2, of: 3).sigmoid() * cell, state.with([cell] + (window == 1 ? [] : [projection])))
  }

  public func gates(_ projection: Variable, state: LayerState) -> KeyValuePairs<String, Variable> {
    let sums = sums(projection, state)
    return ["f": sums.block(1, of: 3).sigmoid(), "o": sums.block(2, of: 3).sigmoid()]
  }

  private func sums(_ window: Variable) -> Variable { window.product(with: inputWeight) + bias }

  private func sums(_ projection: Variable, _ state: LayerState) -> Variable {
    window == 1 ? projection : sums(.concatenating([projection, state["input"]], axis: 1))
  }
}

extension CellKind {
  /// The quasi-recurrent network (`QRNNCell`), with the setting `window`.
  public static let qrnn: CellKind = {
    var kind = CellKind(
      "qrnn", title: "QRNN", settings: [CellSetting("window", default: 1, in: 1...2, isWhole: true)],
      state: { $0["window"] == 1 ? ["cell": $0.hiddenSize] : ["cell": $0.hiddenSize, "input": $0.inputSize] },
      parameters: { layer in
        let columns = Int(layer["window"]) * layer.inputSize
        return [
          ParameterSpec("weight_ih_l0", [3 * layer.hiddenSize, columns], .inputWeight),
          ParameterSpec("bias_ih_l0", [3 * layer.hiddenSize], .bias()),
        ]
      },
      cell: { QRNNCell(inputWeight: $1[0], bias: $1[1], window: Int($0["window"])) })
    kind.scan = { _ in .qrnn }
    return kind
  }()
}

extension LayerConfiguration {
  /// A quasi-recurrent network.
  ///
  /// - Parameter window: The number of inputs that a step reads: 1 or 2.
  public static func qrnn(_ hiddenSize: Int, window: Int = 1) -> LayerConfiguration {
    LayerConfiguration(.qrnn, hiddenSize, settings: window == 1 ? [:] : ["window": Double(window)])
  }
}
