public import MynahTensors

/// One step of a minimal gated recurrent unit, whose gate does not read the state.
///
///     z = σ(W_z x + b_z)        h' = (1 − z) ⊙ h + z ⊙ (W_h x + b_h)
///
/// L. Feng, F. Tung, M. Ahmed, Y. Bengio, H. Hajimirsadeghi, "Were RNNs all we needed?", 2024, section 3.1. Without
/// recurrent weights, one product covers all steps of a sequence; only the blend runs step by step.
public struct MinGRUCell: RecurrentCell {
  /// W, shape [2H, I]: the rows of z and of the candidate.
  public let inputWeight: Variable
  /// b, shape [2H].
  public let bias: Variable

  /// Creates a cell from its weights.
  public init(inputWeight: Variable, bias: Variable) { (self.inputWeight, self.bias) = (inputWeight, bias) }

  /// Returns W x + b: [N, I] → [N, 2H].
  public func projection(of x: Variable) -> Variable { x.product(with: inputWeight) + bias }

  public func step(_ projection: Variable, state: LayerState) -> (output: Variable, state: LayerState) {
    let update = projection.block(0, of: 2).sigmoid()
    let h = (1 - update) * state.hidden + update * projection.block(1, of: 2)
    return (h, LayerState(hidden: h))
  }

  public func gates(_ projection: Variable, state: LayerState) -> KeyValuePairs<String, Variable> {
    ["z": projection.block(0, of: 2).sigmoid()]
  }
}

extension CellKind {
  /// The minimal gated recurrent unit (`MinGRUCell`).
  public static let minGRU: CellKind = {
    var kind = CellKind(
      "mingru", title: "minGRU",
      parameters: { layer in
        [
          ParameterSpec("weight_ih_l0", [2 * layer.hiddenSize, layer.inputSize], .inputWeight),
          ParameterSpec("bias_ih_l0", [2 * layer.hiddenSize], .bias()),
        ]
      },
      cell: { MinGRUCell(inputWeight: $1[0], bias: $1[1]) })
    kind.scan = { _ in .minGRU }
    return kind
  }()
}

extension LayerConfiguration {
  /// A minimal gated recurrent unit.
  public static func minGRU(_ hiddenSize: Int) -> LayerConfiguration { LayerConfiguration(.minGRU, hiddenSize) }
}
