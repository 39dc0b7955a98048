public import MynahTensors

/// One step of a gated recurrent unit.
///
///     r, z = σ(W_ih x + b + W_hh h + d)
///     n = tanh(W_in x + b_n + r ⊙ (W_hn h + d_n))        reset after the product
///     n = tanh(W_in x + b_n + W_hn (r ⊙ h))              reset before the product
///     h' = (1 − z) ⊙ n + z ⊙ h
///
/// K. Cho et al., "Learning phrase representations using RNN encoder–decoder", 2014, reset before the product; so does
/// Keras with `reset_after=False`. PyTorch, cuDNN and, by default, Keras reset after it: one product computes all
/// gates, and there is a second bias d.
public struct GRUCell: RecurrentCell {
  /// The position of the reset gate.
  public enum Reset: String, Codable, CaseIterable, Sendable {
    /// After the product with the recurrent weights.
    case after
    /// Before the product, on the state.
    case before
  }

  /// W_ih, shape [3H, I]: the rows of r, z and n, as in PyTorch.
  public let inputWeight: Variable
  /// W_hh, shape [3H, H].
  public let recurrentWeight: Variable
  /// b, shape [3H].
  public let inputBias: Variable
  /// d, shape [3H]; nil if the gate resets before the product.
  public let recurrentBias: Variable?

  /// Creates a cell from its weights: with a second bias it resets after the product, else before it.
  public init(inputWeight: Variable, recurrentWeight: Variable, inputBias: Variable, recurrentBias: Variable?) {
    (self.inputWeight, self.recurrentWeight) = (inputWeight, recurrentWeight)
    (self.inputBias, self.recurrentBias) = (inputBias, recurrentBias)
  }

  /// Returns W_ih x + b: [N, I] → [N, 3H].
  public func projection(of x: Variable) -> Variable { x.product(with: inputWeight) + inputBias }

  public func step(_ projection: Variable, state: LayerState) -> (output: Variable, state: LayerState) {
    let gates = evaluate(projection, state)
    let h = (1 - gates.update) * gates.candidate + gates.update * state.hidden
    return (h, LayerState(hidden: h))
  }

  public func gates(_ projection: Variable, state: LayerState) -> KeyValuePairs<String, Variable> {
    let gates = evaluate(projection, state)
    return ["r": gates.reset, "z": gates.update, "n": gates.candidate]
  }

  private func evaluate(
    _ projection: Variable, _ state: LayerState
  ) -> (reset: Variable, update: Variable, candidate: Variable) {
    let h = state.hidden
    let input = { projection.block($0, of: 3) }
    if let recurrentBias {
      let sums = h.product(with: recurrentWeight) + recurrentBias
      let reset = (input(0) + sums.block(0, of: 3)).sigmoid()
      let update = (input(1) + sums.block(1, of: 3)).sigmoid()
      return (reset, update, (input(2) + reset * sums.block(2, of: 3)).tanh())
    }
    let size = h.shape[1]
    let sums = h.product(with: recurrentWeight.slice(0..<2 * size))
    let reset = (input(0) + sums.block(0, of: 2)).sigmoid()
    let update = (input(1) + sums.block(1, of: 2)).sigmoid()
    let kept = (reset * h).product(with: recurrentWeight.slice(2 * size..<3 * size))
    return (reset, update, (input(2) + kept).tanh())
  }
}

extension CellKind {
  /// The gated recurrent unit that resets after the product (`GRUCell`), as in PyTorch.
  public static let gru: CellKind = {
    var kind = CellKind(
      "gru", title: "GRU",
      parameters: { layer in
        var specs = layer.gatedParameters(blockCount: 3, stateSize: layer.hiddenSize)
        // The reset gate multiplies W_hh h + d, so the two biases are not added.
        specs[2].pyTorchTwin = nil
        return specs + [ParameterSpec("bias_hh_l0", specs[2].shape, .bias())]
      },
      cell: { GRUCell(inputWeight: $1[0], recurrentWeight: $1[1], inputBias: $1[2], recurrentBias: $1[3]) })
    kind.scan = { _ in .gru }
    kind.interchange = Interchange(
      pyTorch: PyTorchModule("GRU", blockCount: 3), keras: KerasLayer(blockOrder: [1, 0, 2], biasCount: 2),
      onnx: ONNXOperator("GRU", blockOrder: [1, 0, 2], isLinearBeforeReset: true))
    return kind
  }()

  /// The gated recurrent unit that resets before the product (`GRUCell`), as in the paper.
  public static let gruResetBefore: CellKind = {
    var kind = CellKind(
      "gru-reset-before", title: "GRU, reset before",
      parameters: { $0.gatedParameters(blockCount: 3, stateSize: $0.hiddenSize) },
      cell: { GRUCell(inputWeight: $1[0], recurrentWeight: $1[1], inputBias: $1[2], recurrentBias: nil) })
    kind.scan = { _ in .gruResetBefore }
    kind.interchange = Interchange(
      keras: KerasLayer(blockOrder: [1, 0, 2]),
      onnx: ONNXOperator("GRU", blockOrder: [1, 0, 2], isLinearBeforeReset: false))
    return kind
  }()
}

extension LayerConfiguration {
  /// A gated recurrent unit.
  public static func gru(_ hiddenSize: Int, reset: GRUCell.Reset = .after) -> LayerConfiguration {
    LayerConfiguration(reset == .after ? .gru : .gruResetBefore, hiddenSize)
  }
}
