public import MynahTensors

/// Two layers over a sequence, one from its beginning and one from its end, their outputs joined.
///
/// M. Schuster, K. Paliwal, "Bidirectional recurrent neural networks", 1997. A sequence of its own length is read backwards from
/// its own last step. What comes later decides what is put out, so such a layer predicts no next token and carries no state from
/// one piece of a text to the next.
public struct Bidirectional<Forward: SequenceLayer, Backward: SequenceLayer>: SequenceLayer {
  /// The states of both directions.
  public struct State: RecurrentState {
    /// The state of the layer that reads forwards, and of the one that reads backwards.
    public var forward: Forward.State, backward: Backward.State

    /// Creates a state.
    public init(forward: Forward.State, backward: Backward.State) {
      (self.forward, self.backward) = (forward, backward)
    }

    /// Both directions' h side by side.
    public var hidden: Variable { .concatenating([forward.hidden, backward.hidden], axis: 1) }
    /// Both directions' c side by side.
    public var cell: Variable { .concatenating([forward.cell, backward.cell], axis: 1) }
    public var parts: [Variable] { forward.parts + backward.parts }
    public var partNames: [String] {
      forward.partNames.map { "forward." + $0 } + backward.partNames.map { "backward." + $0 }
    }

    public func with(parts: [Variable]) -> State {
      check(parts)
      let count = forward.parts.count
      return State(
        forward: forward.with(parts: Array(parts.prefix(count))),
        backward: backward.with(parts: Array(parts.dropFirst(count))))
    }
  }

  /// The layer that reads from the beginning, and the one that reads from the end.
  public var forward: Forward, backward: Backward

  /// Creates a layer from two that read inputs of one size.
  public init(forward: Forward, backward: Backward) {
    precondition(
      forward.inputSize == backward.inputSize,
      "both directions read the same inputs, found sizes \(forward.inputSize) and \(backward.inputSize)")
    self.forward = forward
    self.backward = backward
  }

  public var inputSize: Int { forward.inputSize }
  public var outputSize: Int { forward.outputSize + backward.outputSize }

  public func zeroState(batchSize: Int) -> State {
    State(forward: forward.zeroState(batchSize: batchSize), backward: backward.zeroState(batchSize: batchSize))
  }

  public func callAsFunction(_ x: Variable, state: State) -> (output: Variable, state: State) {
    outputs(x, state: state, lengths: [Int](repeating: x.shape[0], count: x.shape[1]))
  }

  public func outputs(_ x: Variable, state: State, lengths: [Int]) -> (output: Variable, state: State) {
    let ahead = forward.outputs(x, state: state.forward, lengths: lengths)
    let back = backward.outputs(x.reversed(lengths: lengths), state: state.backward, lengths: lengths)
    return (
      .concatenating([ahead.output, back.output.reversed(lengths: lengths)], axis: 2),
      State(forward: ahead.state, backward: back.state)
    )
  }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try forward.visitParameters(prefix: prefix + "forward.", body)
    try backward.visitParameters(prefix: prefix + "backward.", body)
  }
}

extension Variable {
  /// Sequences [T, B, F] read backwards, each from its own last real step; the padding stays where it is.
  func reversed(lengths: [Int]) -> Variable {
    let (stepCount, batchSize) = (shape[0], shape[1])
    guard shape.elementCount > 0 else { return self }
    let rows = (0..<stepCount).flatMap { step in
      lengths.enumerated().map { row, length in (step < length ? length - 1 - step : step) * batchSize + row }
    }
    return reshaped([stepCount * batchSize, shape[2]]).gathered(rows).reshaped(shape)
  }
}
