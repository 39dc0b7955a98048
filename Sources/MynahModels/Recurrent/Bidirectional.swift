import MynahIO
public import MynahTensors

/// Two layers over a sequence, one from its beginning and one from its end, with their outputs concatenated.
///
/// M. Schuster, K. Paliwal, "Bidirectional recurrent neural networks", 1997. Each sequence is read backwards from its
/// own last step. Outputs depend on later inputs, so such a layer cannot predict the next token, and its state cannot
/// be carried from one batch of a text to the next.
public struct Bidirectional: SequenceLayer {
  /// The layer that reads from the beginning, and the one that reads from the end.
  public var forward: any SequenceLayer, backward: any SequenceLayer

  /// Creates a layer from two whose inputs have the same size.
  public init(forward: any SequenceLayer, backward: any SequenceLayer) {
    require(
      forward.inputSize == backward.inputSize,
      "both directions need inputs of the same size, found \(forward.inputSize) and \(backward.inputSize)")
    (self.forward, self.backward) = (forward, backward)
  }

  public var inputSize: Int { forward.inputSize }
  public var outputSize: Int { forward.outputSize + backward.outputSize }

  public func zeroState(batchSize: Int) -> LayerState {
    joined(forward.zeroState(batchSize: batchSize), backward.zeroState(batchSize: batchSize))
  }

  public func callAsFunction(_ x: SequenceBatch, state: LayerState) -> (output: SequenceBatch, state: LayerState) {
    let count = forward.zeroState(batchSize: 0).parts.count
    func own(_ names: some Sequence<String>, _ parts: some Sequence<Variable>, _ prefix: String) -> LayerState {
      LayerState(names: names.map { String($0.dropFirst(prefix.count)) }, parts: Array(parts))
    }
    let ahead = forward(x, state: own(state.names.prefix(count), state.parts.prefix(count), "forward."))
    let back = backward(
      x.reversed(), state: own(state.names.dropFirst(count), state.parts.dropFirst(count), "backward."))
    return (
      x.with(.concatenating([ahead.output.values, back.output.reversed().values], axis: 2)),
      joined(ahead.state, back.state)
    )
  }

  /// Returns the states of both directions as one.
  private func joined(_ ahead: LayerState, _ back: LayerState) -> LayerState {
    LayerState(
      names: ahead.names.map { "forward." + $0 } + back.names.map { "backward." + $0 }, parts: ahead.parts + back.parts)
  }

  public mutating func visitParameters(
    prefix: String, _ body: (ParameterSpec, inout Variable) throws -> Void
  ) rethrows {
    try forward.visitParameters(prefix: prefix + "forward.", body)
    try backward.visitParameters(prefix: prefix + "backward.", body)
  }
}
