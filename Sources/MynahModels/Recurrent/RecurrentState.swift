public import MynahTensors

/// What a recurrent layer remembers between two steps: an argument and a result, never hidden in a layer.
///
/// Each kind of cell keeps parts of its own: `LSTMState` two, `HiddenState` one.
public protocol RecurrentState: Sendable {
  /// h, shape [B, output size]: what was put out last.
  var hidden: Variable { get }
  /// c, shape [B, H]: what is remembered beside the output; h where nothing else is.
  var cell: Variable { get }

  /// All that is remembered, each part of shape [B, …].
  var parts: [Variable] { get }
  /// What the parts are called in files.
  var partNames: [String] { get }
  /// A state of the same kind from other parts, as many as this one has.
  func with(parts: [Variable]) -> Self
}

extension RecurrentState {
  /// The same values as constants: gradients stop here (truncated backpropagation through time).
  public var detached: any RecurrentState { with(parts: parts.map(\.detached)) }

  /// B.
  public var batchSize: Int { hidden.shape[0] }

  /// This state in some rows and another one in the others.
  ///
  /// - Parameter mask: Shape [B, 1]: 0 where the other state is taken.
  func masked(by mask: Tensor, otherwise other: Self) -> Self {
    with(parts: zip(parts, other.parts).map { $0.masked(by: mask, otherwise: $1) })
  }

  func check(_ parts: [Variable]) {
    precondition(
      parts.count == partNames.count, "a state of \(partNames.joined(separator: ", ")) was given \(parts.count) parts")
  }
}

/// The state of a cell that remembers its output and nothing else.
public struct HiddenState: RecurrentState {
  /// h, shape [B, H].
  public var hidden: Variable

  /// Creates a state.
  public init(hidden: Variable) { self.hidden = hidden }

  /// h: there is nothing else.
  public var cell: Variable { hidden }
  /// The same values as constants.
  public var detached: HiddenState { HiddenState(hidden: hidden.detached) }

  public var parts: [Variable] { [hidden] }
  public var partNames: [String] { ["hidden"] }

  public func with(parts: [Variable]) -> HiddenState {
    check(parts)
    return HiddenState(hidden: parts[0])
  }
}

/// The state of the kinds of LSTM: the output and the cells.
public struct LSTMState: RecurrentState {
  /// h, shape [B, H], or [B, P] where the output is projected.
  public var hidden: Variable
  /// c, shape [B, H].
  public var cell: Variable

  /// Creates a state.
  public init(hidden: Variable, cell: Variable) {
    self.hidden = hidden
    self.cell = cell
  }

  /// The state before a text: zeros.
  public static func zero(batchSize: Int, hiddenSize: Int) -> LSTMState {
    let zeros = Variable(Tensor.zeros([batchSize, hiddenSize]))
    return LSTMState(hidden: zeros, cell: zeros)
  }

  /// The same values as constants.
  public var detached: LSTMState { LSTMState(hidden: hidden.detached, cell: cell.detached) }

  public var parts: [Variable] { [hidden, cell] }
  public var partNames: [String] { ["hidden", "cell"] }

  public func with(parts: [Variable]) -> LSTMState {
    check(parts)
    return LSTMState(hidden: parts[0], cell: parts[1])
  }
}
