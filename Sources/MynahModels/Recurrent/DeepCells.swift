public import MynahTensors

// Depth inside of a step. R. Pascanu, C. Gulcehre, K. Cho, Y. Bengio, "How to construct deep recurrent neural networks", 2013:
// between input and state, from state to state, and (`DeepOutput`) between state and output.

/// A cell that reads what a network makes of the inputs: a deep input-to-hidden function.
public struct DeepInputCell<Cell: RecurrentCell>: RecurrentCell {
  public typealias State = Cell.State

  /// From the inputs to what the cell reads.
  public var network: FeedForward
  /// The cell.
  public var cell: Cell

  /// Creates a cell that reads through a network, which has at least one map.
  public init(network: FeedForward, cell: Cell) {
    precondition(!network.layers.isEmpty, "a deep input needs at least one map")
    self.network = network
    self.cell = cell
  }

  public var inputSize: Int { network.layers[0].weight.shape[1] }
  public var hiddenSize: Int { cell.hiddenSize }
  public var outputSize: Int { cell.outputSize }

  public func zeroState(batchSize: Int) -> State { cell.zeroState(batchSize: batchSize) }
  public func projection(of x: Variable) -> Variable { cell.projection(of: network(x)) }
  public func step(_ projection: Variable, state: State) -> State { cell.step(projection, state: state) }
  public func output(of state: State) -> Variable { cell.output(of: state) }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try network.visitParameters(prefix: prefix + "input.", body)
    try cell.visitParameters(prefix: prefix, body)
  }
}

/// A cell whose next h goes through a network before it is the next state: a deep transition.
///
///     h' = network(step(x, h))
public struct DeepTransitionCell<Cell: RecurrentCell>: RecurrentCell where Cell.State == HiddenState {
  /// The first part of the transition.
  public var cell: Cell
  /// The others: from H numbers to H numbers.
  public var network: FeedForward

  /// Creates a cell of a deep transition.
  public init(cell: Cell, network: FeedForward) {
    self.cell = cell
    self.network = network
  }

  public var inputSize: Int { cell.inputSize }
  public var hiddenSize: Int { cell.hiddenSize }

  public func projection(of x: Variable) -> Variable { cell.projection(of: x) }

  public func step(_ projection: Variable, state: HiddenState) -> HiddenState {
    HiddenState(hidden: network(cell.step(projection, state: state).hidden))
  }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try cell.visitParameters(prefix: prefix, body)
    try network.visitParameters(prefix: prefix + "transition.", body)
  }
}

/// A layer whose outputs go through a network: a deep output.
public struct DeepOutput<Layer: SequenceLayer>: SequenceLayer {
  public typealias State = Layer.State

  /// The layer.
  public var layer: Layer
  /// From the layer's outputs to these; it has at least one map.
  public var network: FeedForward

  /// Creates a layer with a deep output.
  public init(layer: Layer, network: FeedForward) {
    precondition(!network.layers.isEmpty, "a deep output needs at least one map")
    self.layer = layer
    self.network = network
  }

  public var inputSize: Int { layer.inputSize }
  public var outputSize: Int { network.layers[network.layers.count - 1].weight.shape[0] }

  public func zeroState(batchSize: Int) -> State { layer.zeroState(batchSize: batchSize) }

  public func callAsFunction(_ x: Variable, state: State) -> (output: Variable, state: State) {
    let result: (output: Variable, state: State) = layer(x, state: state)
    return (deepened(result.output), result.state)
  }

  public func outputs(_ x: Variable, state: State, lengths: [Int]) -> (output: Variable, state: State) {
    let result = layer.outputs(x, state: state, lengths: lengths)
    return (deepened(result.output).masked(by: Tensor.stepMask(lengths: lengths, stepCount: x.shape[0])), result.state)
  }

  /// Step by step, so that a sequence has the same bits however it is cut.
  private func deepened(_ x: Variable) -> Variable {
    let (stepCount, batchSize) = (x.shape[0], x.shape[1])
    let target: Shape = [stepCount, batchSize, outputSize]
    guard target.elementCount > 0 else { return Variable(Tensor.zeros(target)) }
    let steps = (0..<stepCount).map { network(x.slice($0..<$0 + 1).reshaped([batchSize, x.shape[2]])) }
    return .concatenating(steps).reshaped(target)
  }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try layer.visitParameters(prefix: prefix, body)
    try network.visitParameters(prefix: prefix + "output.", body)
  }
}

extension Tensor {
  /// 1 at the real steps of sequences and 0 past their ends: shape [T, B, 1].
  package static func stepMask(lengths: [Int], stepCount: Int) -> Tensor {
    Tensor(
      shape: [stepCount, lengths.count, 1], (0..<stepCount).flatMap { step in lengths.map { step < $0 ? 1 : 0 } })
  }
}
