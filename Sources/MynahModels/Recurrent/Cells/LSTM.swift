public import MynahTensors

/// One step of a long short-term memory.
///
///     i, f, o = σ(W_ih x + W_hh h + b)     g = tanh(W_ih x + W_hh h + b)
///     c' = f ⊙ c + i ⊙ g                   h' = o ⊙ tanh c'
///
/// S. Hochreiter, J. Schmidhuber, "Long short-term memory", 1997; forget gate: F. Gers et al., 2000. Input gates can be
/// capped, i ← min(i, 1 − f): see `CellKind.cappedLSTM`.
public struct LSTMCell: RecurrentCell {
  /// W_ih, shape [4H, I]: the rows of the gates in `GateOrder.standard`.
  public let inputWeight: Variable
  /// W_hh, shape [4H, H].
  public let recurrentWeight: Variable
  /// b, shape [4H].
  public let bias: Variable
  /// A Boolean value indicating whether input gates are at most 1 − f.
  public let capsInputGate: Bool

  /// Creates a cell from its weights.
  public init(inputWeight: Variable, recurrentWeight: Variable, bias: Variable, capsInputGate: Bool = false) {
    (self.inputWeight, self.recurrentWeight, self.bias) = (inputWeight, recurrentWeight, bias)
    self.capsInputGate = capsInputGate
  }

  /// Returns W_ih x + b: [N, I] → [N, 4H].
  public func projection(of x: Variable) -> Variable { x.product(with: inputWeight) + bias }

  public func step(_ projection: Variable, state: LayerState) -> (output: Variable, state: LayerState) {
    let next = gates(of: projection, state).step(cell: state.cell)
    return (next.hidden, next)
  }

  public func gates(_ projection: Variable, state: LayerState) -> KeyValuePairs<String, Variable> {
    gates(of: projection, state).named
  }

  private func gates(of projection: Variable, _ state: LayerState) -> LSTMGates {
    LSTMGates(sums: projection + state.hidden.product(with: recurrentWeight), capsInput: capsInputGate)
  }
}

/// The gates of an LSTM in one step, [B, H] each.
///
/// i lets the candidate g into the cells, f keeps the previous cells, and o lets the cells into the output: these are
/// in 0 … 1, g is in −1 … 1.
struct LSTMGates {
  let input, forget, candidate, output: Variable

  /// Computes the gates from their sums, packed [B, 4H] in `GateOrder.standard`.
  init(sums: Variable, capsInput: Bool = false) {
    let sum = { sums.block(GateOrder.standard.index(of: $0), of: 4) }
    let uncapped = sum(.input).sigmoid()
    forget = sum(.forget).sigmoid()
    // min(i, 1 − f) = i − max(i + f − 1, 0)
    input = capsInput ? uncapped - (uncapped + forget - 1).relu() : uncapped
    candidate = sum(.candidate).tanh()
    output = sum(.output).sigmoid()
  }

  /// Returns the next state.
  func step(cell: Variable) -> LayerState {
    let cell = forget * cell + input * candidate
    return LayerState(hidden: output * cell.tanh(), cell: cell)
  }

  /// The gates by their letters.
  var named: KeyValuePairs<String, Variable> { ["i": input, "f": forget, "g": candidate, "o": output] }
}

extension CellKind {
  /// The long short-term memory (`LSTMCell`), with the setting `forgetBias`.
  public static let lstm: CellKind = {
    var kind = CellKind(
      "lstm", title: "LSTM", settings: [.forgetBias],
      state: { ["hidden": $0.hiddenSize, "cell": $0.hiddenSize] },
      parameters: { $0.lstmParameters(stateSize: $0.hiddenSize) },
      cell: { LSTMCell(inputWeight: $1[0], recurrentWeight: $1[1], bias: $1[2]) })
    kind.scan = { _ in .lstm }
    kind.interchange = Interchange(
      pyTorch: PyTorchModule("LSTM", blockCount: 4), keras: KerasLayer(blockCount: 4),
      onnx: ONNXOperator("LSTM", blockOrder: GateOrder.onnx.standardIndices))
    return kind
  }()
}

extension CellSetting {
  /// The initial bias of the forget gates.
  ///
  /// With 1, cells keep their contents at the beginning of training: R. Jozefowicz, W. Zaremba, I. Sutskever, "An
  /// empirical exploration of recurrent network architectures", 2015.
  static let forgetBias = CellSetting(
    "forgetBias", default: 0, in: -Double(Float.greatestFiniteMagnitude)...Double(Float.greatestFiniteMagnitude))
}

extension LayerShape {
  /// Returns the parameters of an LSTM whose state h has a given size.
  func lstmParameters(stateSize: Int) -> [ParameterSpec] {
    let forgetBias = Float(self["forgetBias"])
    return gatedParameters(blockCount: 4, stateSize: stateSize, biasStart: [0, forgetBias, 0, 0])
  }

  /// Returns W_ih, W_hh and one bias of a cell with packed gates, under PyTorch's names.
  func gatedParameters(blockCount: Int, stateSize: Int, biasStart: [Float] = [0]) -> [ParameterSpec] {
    let rows = blockCount * hiddenSize
    return [
      ParameterSpec("weight_ih_l0", [rows, inputSize], .inputWeight),
      ParameterSpec("weight_hh_l0", [rows, stateSize], .recurrentWeight),
      ParameterSpec("bias_ih_l0", [rows], .bias(startsAt: biasStart), pyTorchTwin: "bias_hh_l0"),
    ]
  }
}

extension LayerConfiguration {
  /// An LSTM whose forget gates' biases start at `forgetBias`, all others at 0.
  public static func lstm(_ hiddenSize: Int, forgetBias: Float = 0) -> LayerConfiguration {
    LayerConfiguration(.lstm, hiddenSize, settings: forgetBias == 0 ? [:] : ["forgetBias": Double(forgetBias)])
  }
}
