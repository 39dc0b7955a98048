public import MynahTensors

/// One step of a recurrent layer: a pure function of an input, a state and the cell's parameters.
///
/// A step has two halves, so that the half that does not depend on the state is computed for a whole sequence at once:
///
///     s_t = projection(x_t)        (output_t, state_t) = step(s_t, state_{t−1})
///
/// A cell is created from its parameters for each pass (see `CellKind`). Only `step` is required; without a
/// `projection` it reads the inputs themselves.
public protocol RecurrentCell: Sendable {
  /// Returns the inputs' contribution to a step, row by row: [N, I] → [N, any size]; by default the inputs themselves.
  func projection(of x: Variable) -> Variable
  /// Returns the output [B, output size] and the next state from the projection of B rows and the previous state.
  func step(_ projection: Variable, state: LayerState) -> (output: Variable, state: LayerState)
  /// Returns the gates of a step by name, [B, H] each; by default none.
  func gates(_ projection: Variable, state: LayerState) -> KeyValuePairs<String, Variable>
}

extension RecurrentCell {
  public func projection(of x: Variable) -> Variable { x }
  public func gates(_ projection: Variable, state: LayerState) -> KeyValuePairs<String, Variable> { [:] }

  /// Returns the output and the state after one step from x [B, I] and the previous state.
  public func callAsFunction(_ x: Variable, state: LayerState) -> (output: Variable, state: LayerState) {
    step(projection(of: x), state: state)
  }
}

extension Variable {
  /// Returns the columns of one of `count` equal blocks: one gate of packed sums [B, gates · H].
  public func block(_ index: Int, of count: Int) -> Variable {
    let size = shape[-1] / count
    return slice(index * size..<(index + 1) * size, axis: -1)
  }

  /// Returns x Wᵀ: each row of W gives one output.
  func product(with weight: Variable) -> Variable { matmul(weight, transposingOther: true) }
}
