import MynahIO
public import MynahTensors

/// One step of a mogrifier LSTM: the input and the state gate each other in turn before an LSTM reads both.
///
///     xⁱ = 2σ(Qⁱ hⁱ⁻¹) ⊙ xⁱ⁻²     for odd i in 1 … r
///     hⁱ = 2σ(Rⁱ xⁱ⁻¹) ⊙ hⁱ⁻²     for even i in 1 … r
///     h', c' = LSTM(the last x, the last h, c)
///
/// x⁻¹ is the input x, h⁰ is the state h, and r is the number of rounds; without any, this is an LSTM. G. Melis,
/// T. Kočiský, P. Blunsom, "Mogrifier LSTM", 2020, equations 1 and 2.
public struct MogrifierLSTMCell: RecurrentCell {
  /// The matrix of a round: Qⁱ, shape [I, H], or Rⁱ, shape [H, I], or its two factors of a lower rank.
  public struct Round: Sendable {
    /// The matrix, or the left factor, shape [I or H, K].
    public let left: Variable
    /// The right factor, shape [K, H or I]; nil: the matrix is not factorised.
    public let right: Variable?

    /// Creates a round from its matrix, or from its factors.
    public init(_ left: Variable, _ right: Variable? = nil) { (self.left, self.right) = (left, right) }

    /// Returns 2σ(left right v) ⊙ x.
    fileprivate func gate(_ x: Variable, by v: Variable) -> Variable {
      2 * (right.map { v.product(with: $0) } ?? v).product(with: left).sigmoid() * x
    }
  }

  /// The LSTM that reads the gated input and state.
  public let lstm: LSTMCell
  /// The rounds in order: the first, third and so on have a Q, the others an R.
  public let rounds: [Round]

  /// Creates a cell from its weights.
  public init(lstm: LSTMCell, rounds: [Round]) { (self.lstm, self.rounds) = (lstm, rounds) }

  public func step(_ projection: Variable, state: LayerState) -> (output: Variable, state: LayerState) {
    let (x, state) = gated(projection, state)
    return lstm(x, state: state)
  }

  public func gates(_ projection: Variable, state: LayerState) -> KeyValuePairs<String, Variable> {
    let (x, state) = gated(projection, state)
    return lstm.gates(lstm.projection(of: x), state: state)
  }

  private func gated(_ x: Variable, _ state: LayerState) -> (x: Variable, state: LayerState) {
    var (x, h) = (x, state.hidden)
    for (index, round) in rounds.enumerated() {
      if index.isMultiple(of: 2) { x = round.gate(x, by: h) } else { h = round.gate(h, by: x) }
    }
    return (x, LayerState(hidden: h, cell: state.cell))
  }
}

extension CellKind {
  /// The mogrifier LSTM (`MogrifierLSTMCell`), with the settings `rounds`, `rank`, `cappedInput` and `forgetBias`.
  ///
  /// With the rank 0, the matrices of the rounds are not factorised; with 1 as `cappedInput`, the input gates are capped
  /// as in `cappedLSTM`.
  public static let mogrifierLSTM = CellKind(
    "mogrifier", title: "mogrifier LSTM",
    settings: [
      CellSetting("rounds", default: 5, in: 0...16, isWhole: true),
      CellSetting("rank", default: 0, in: 0...Double(LayerConfiguration.largestSize), isWhole: true),
      CellSetting("cappedInput", default: 0, in: 0...1, isWhole: true), .forgetBias,
    ],
    state: { ["hidden": $0.hiddenSize, "cell": $0.hiddenSize] },
    parameters: { layer in
      layer.lstmParameters(stateSize: layer.hiddenSize) + (1...).prefix(Int(layer["rounds"])).flatMap(layer.mogrifier)
    },
    cell: { layer, parameters in
      let matrices = parameters.dropFirst(3)
      let rounds = stride(from: matrices.startIndex, to: matrices.endIndex, by: layer["rank"] == 0 ? 1 : 2)
      return MogrifierLSTMCell(
        lstm: LSTMCell(
          inputWeight: parameters[0], recurrentWeight: parameters[1], bias: parameters[2],
          capsInputGate: layer["cappedInput"] == 1),
        rounds: rounds.map { .init(matrices[$0], layer["rank"] == 0 ? nil : matrices[$0 + 1]) })
    })
}

extension LayerShape {
  /// Returns the matrix of a round of the mogrifier, counted from 1, or its factors.
  fileprivate func mogrifier(round: Int) -> [ParameterSpec] {
    let (rank, isOdd) = (Int(self["rank"]), !round.isMultiple(of: 2))
    let name = "weight_\(isOdd ? "q" : "r")\(round)"
    let (rows, columns) = isOdd ? (inputSize, hiddenSize) : (hiddenSize, inputSize)
    // Weight drop and the initialisers of recurrent weights apply to W_hh only.
    guard rank > 0 else { return [ParameterSpec(name + "_l0", [rows, columns], .other)] }
    return [
      ParameterSpec(name + "_left_l0", [rows, rank], .other),
      ParameterSpec(name + "_right_l0", [rank, columns], .other),
    ]
  }
}

extension LayerConfiguration {
  /// A mogrifier LSTM.
  ///
  /// - Parameters:
  ///   - rounds: The number of rounds, 0 … 16.
  ///   - rank: The rank to which the matrices of the rounds are factorised; 0: they are not factorised.
  ///   - capsInputGate: A Boolean value indicating whether input gates are at most 1 − f.
  ///   - forgetBias: The initial bias of the forget gates.
  public static func mogrifierLSTM(
    _ hiddenSize: Int, rounds: Int = 5, rank: Int = 0, capsInputGate: Bool = false, forgetBias: Float = 0
  ) -> LayerConfiguration {
    let all = [
      ("rounds", Double(rounds), 5.0), ("rank", Double(rank), 0), ("cappedInput", capsInputGate ? 1 : 0, 0),
      ("forgetBias", Double(forgetBias), 0),
    ]
    let settings = all.filter { $0.1 != $0.2 }.map { ($0.0, $0.1) }
    return LayerConfiguration(
      .mogrifierLSTM, hiddenSize, settings: Dictionary(settings) { first, _ in first })
  }
}
