public import MynahTensors

/// A recurrent cell: one pure step from an input and a state to the next state.
///
/// A step falls in two, so that the part which does not wait for the state can be computed for a whole sequence at once:
///
///     s_t = projection(x_t)        state_t = step(s_t, state_{t−1})
///
/// `Recurrence` scans any cell over a sequence. A cell of your own needs `step` alone, which then reads the inputs themselves.
public protocol RecurrentCell: Module {
  /// What the cell remembers.
  associatedtype State: RecurrentState

  /// I.
  var inputSize: Int { get }
  /// H, the number of the cell's units.
  var hiddenSize: Int { get }
  /// The size of the output: H unless the cell projects it.
  var outputSize: Int { get }

  /// The state before a text: zeros.
  func zeroState(batchSize: Int) -> State
  /// What the inputs contribute to a step, row by row: [N, I] → [N, any size]; the inputs themselves unless the cell says otherwise.
  func projection(of x: Variable) -> Variable
  /// One step: what `projection` gave for B rows, and the state before.
  func step(_ projection: Variable, state: State) -> State
  /// What the cell puts out, [B, output size]: the state's h unless the cell says otherwise.
  func output(of state: State) -> Variable
}

extension RecurrentCell {
  public var outputSize: Int { hiddenSize }
  public func projection(of x: Variable) -> Variable { x }
  public func output(of state: State) -> Variable { state.hidden }

  /// One step: x [B, I] and a state give the next state.
  public func callAsFunction(_ x: Variable, state: State) -> State { step(projection(of: x), state: state) }
}

extension RecurrentCell where State == HiddenState {
  public func zeroState(batchSize: Int) -> HiddenState {
    HiddenState(hidden: Variable(Tensor.zeros([batchSize, hiddenSize])))
  }
}

extension RecurrentCell where State == LSTMState {
  public func zeroState(batchSize: Int) -> LSTMState {
    LSTMState(
      hidden: Variable(Tensor.zeros([batchSize, outputSize])), cell: Variable(Tensor.zeros([batchSize, hiddenSize])))
  }
}

extension Variable {
  /// One gate's columns of packed sums [B, gates · H].
  func gate(_ index: Int, size: Int) -> Variable { slice(index * size..<(index + 1) * size, axis: 1) }

  /// x Wᵀ, where the rows of W are the outputs.
  func product(with weight: Variable) -> Variable { matmul(weight, transposingOther: true) }
}
