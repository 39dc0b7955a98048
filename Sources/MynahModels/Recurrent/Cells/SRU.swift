public import MynahTensors

/// One step of a simple recurrent unit, whose gates read the inputs and the cells but not the output.
///
///     f = σ(W_f x + v_f ⊙ c + b_f)      c' = f ⊙ c + (1 − f) ⊙ (W x + b)
///     r = σ(W_r x + v_r ⊙ c + b_r)      h' = r ⊙ c' + (1 − r) ⊙ s
///
/// s is the highway connection: x itself if I = H, else W_s x + b_s. T. Lei, Y. Zhang, S. Wang, H. Dai, Y. Artzi,
/// "Simple recurrent units for highly parallelizable recurrence", 2018, equations 1 to 4.
public struct SRUCell: RecurrentCell {
  /// W, W_f, W_r and, unless s is x, W_s: shape [3H, I] or [4H, I].
  public let inputWeight: Variable
  /// The biases of the same blocks.
  public let bias: Variable
  /// v_f and v_r, shape [H] each.
  public let forgetVector, resetVector: Variable

  /// Creates a cell from its weights.
  public init(inputWeight: Variable, bias: Variable, forgetVector: Variable, resetVector: Variable) {
    (self.inputWeight, self.bias) = (inputWeight, bias)
    (self.forgetVector, self.resetVector) = (forgetVector, resetVector)
  }

  /// Returns W x + b of all blocks, and x if it is the highway connection: [N, I] → [N, 4H].
  public func projection(of x: Variable) -> Variable {
    let sums = x.product(with: inputWeight) + bias
    return sums.shape[1] == 4 * forgetVector.shape[0] ? sums : .concatenating([sums, x], axis: 1)
  }

  public func step(_ projection: Variable, state: LayerState) -> (output: Variable, state: LayerState) {
    let (forget, reset) = gates(projection, state.cell)
    let cell = forget * state.cell + (1 - forget) * projection.block(0, of: 4)
    let h = reset * cell + (1 - reset) * projection.block(3, of: 4)
    return (h, LayerState(["cell": cell]))
  }

  public func gates(_ projection: Variable, state: LayerState) -> KeyValuePairs<String, Variable> {
    let (forget, reset) = gates(projection, state.cell)
    return ["f": forget, "r": reset]
  }

  private func gates(_ projection: Variable, _ cell: Variable) -> (forget: Variable, reset: Variable) {
    (
      (projection.block(1, of: 4) + forgetVector * cell).sigmoid(),
      (projection.block(2, of: 4) + resetVector * cell).sigmoid()
    )
  }
}

extension CellKind {
  /// The simple recurrent unit (`SRUCell`).
  public static let sru: CellKind = {
    var kind = CellKind(
      "sru", title: "SRU", state: { ["cell": $0.hiddenSize] },
      parameters: { layer in
        let rows = (layer.inputSize == layer.hiddenSize ? 3 : 4) * layer.hiddenSize
        return [
          ParameterSpec("weight_ih_l0", [rows, layer.inputSize], .inputWeight),
          ParameterSpec("bias_ih_l0", [rows], .bias()),
          ParameterSpec("vector_f_l0", [layer.hiddenSize], .other),
          ParameterSpec("vector_r_l0", [layer.hiddenSize], .other),
        ]
      },
      cell: { SRUCell(inputWeight: $1[0], bias: $1[1], forgetVector: $1[2], resetVector: $1[3]) })
    kind.scan = { $0.inputSize == $0.hiddenSize ? .sruWithIdentity : .sru }
    return kind
  }()
}

extension LayerConfiguration {
  /// A simple recurrent unit.
  public static func sru(_ hiddenSize: Int) -> LayerConfiguration { LayerConfiguration(.sru, hiddenSize) }
}
