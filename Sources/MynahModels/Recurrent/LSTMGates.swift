public import MynahTensors

/// What an LSTM's gates say in a step: [B, H] each.
///
/// i lets the candidate g into the cells, f keeps what they hold, o lets them out: 0 … 1; g lies in −1 … 1.
public struct LSTMGates: Sendable {
  /// i.
  public let input: Variable
  /// f.
  public let forget: Variable
  /// g.
  public let candidate: Variable
  /// o.
  public let output: Variable

  /// Bounds the gates' sums, packed [B, 4H] in `GateOrder.standard`.
  init(sums: Variable) {
    let sum = { sums.gate(GateOrder.standard.index(of: $0), size: sums.shape[1] / 4) }
    input = sum(.input).sigmoid()
    forget = sum(.forget).sigmoid()
    candidate = sum(.candidate).tanh()
    output = sum(.output).sigmoid()
  }
}

extension LSTMCell {
  /// What the gates say when the cell reads x [B, I] in a state.
  public func gates(_ x: Variable, state: LSTMState) -> LSTMGates {
    LSTMGates(sums: projection(of: x) + state.hidden.product(with: recurrentWeight))
  }
}
