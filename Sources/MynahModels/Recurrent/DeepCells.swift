import MynahIO
public import MynahTensors

// Depth inside a step: R. Pascanu, C. Gulcehre, K. Cho, Y. Bengio, "How to construct deep recurrent neural networks",
// 2013. Networks between input and state, from state to state, and (`DeepOutput`) between state and output.

extension CellKind {
  /// Returns this kind with a network between the inputs and the cell: a deep input-to-hidden function.
  ///
  /// - Parameter sizes: The output sizes of the network's maps, at least one; the last is the cell's input size.
  public func withDeepInput(sizes: [Int]) -> CellKind {
    require(!sizes.isEmpty, "a deep input needs at least one map")
    let kind = self
    @Sendable func inner(_ layer: LayerShape) -> LayerShape { layer.reading(sizes[sizes.count - 1]) }
    @Sendable func networkSpecs(_ layer: LayerShape) -> [ParameterSpec] {
      FeedForward.specs(sizes: [layer.inputSize] + sizes, weight: .inputWeight).map { $0.prefixed(by: "input.") }
    }
    return CellKind(
      "deep-input-" + name, title: title + " with a deep input", settings: settings,
      outputSize: { kind.outputSize(inner($0)) }, state: { kind.state(inner($0)) },
      parameters: { networkSpecs($0) + kind.parameters(inner($0)) },
      cell: { layer, parameters in
        let count = networkSpecs(layer).count
        return DeepInputCell(
          network: FeedForward(parameters: Array(parameters.prefix(count))),
          cell: kind.cell(inner(layer), Array(parameters.dropFirst(count))))
      })
  }

  /// Returns this kind with a network after the cell whose outputs are the next state: a deep transition.
  ///
  ///     h' = network(step(x, h))
  ///
  /// - Parameter sizes: The output sizes of the network's maps except the last, whose size is that of the state.
  /// - Precondition: the state is `hidden` alone.
  public func withDeepTransition(sizes: [Int]) -> CellKind {
    let kind = self
    @Sendable func networkSpecs(_ layer: LayerShape) -> [ParameterSpec] {
      let size = kind.outputSize(layer)
      return FeedForward.specs(sizes: [size] + sizes + [size], weight: .recurrentWeight)
        .map { $0.prefixed(by: "transition.") }
    }
    return CellKind(
      "deep-transition-" + name, title: title + " with a deep transition", settings: settings, outputSize: outputSize,
      state: state,
      parameters: { kind.parameters($0) + networkSpecs($0) },
      cell: { layer, parameters in
        let count = parameters.count - networkSpecs(layer).count
        return DeepTransitionCell(
          cell: kind.cell(layer, Array(parameters.prefix(count))),
          network: FeedForward(parameters: Array(parameters.dropFirst(count))))
      })
  }
}

/// A cell that reads the outputs of a network.
private struct DeepInputCell: RecurrentCell {
  let network: FeedForward
  let cell: any RecurrentCell

  func projection(of x: Variable) -> Variable { cell.projection(of: network(x)) }
  func step(_ projection: Variable, state: LayerState) -> (output: Variable, state: LayerState) {
    cell.step(projection, state: state)
  }
  func gates(_ projection: Variable, state: LayerState) -> KeyValuePairs<String, Variable> {
    cell.gates(projection, state: state)
  }
}

/// A cell whose next h passes through a network.
private struct DeepTransitionCell: RecurrentCell {
  let cell: any RecurrentCell
  let network: FeedForward

  func projection(of x: Variable) -> Variable { cell.projection(of: x) }

  func step(_ projection: Variable, state: LayerState) -> (output: Variable, state: LayerState) {
    let next = cell.step(projection, state: state).state
    require(next.names == ["hidden"], "a deep transition needs a cell whose only state is h, got \(next.names)")
    let h = network(next.hidden)
    return (h, LayerState(hidden: h))
  }

  func gates(_ projection: Variable, state: LayerState) -> KeyValuePairs<String, Variable> {
    cell.gates(projection, state: state)
  }
}

/// A layer whose outputs pass through a network: a deep output.
public struct DeepOutput: SequenceLayer {
  /// The layer.
  public var layer: any SequenceLayer
  /// The network after the layer; it has at least one map.
  public var network: FeedForward

  /// Creates a layer with a deep output.
  public init(layer: any SequenceLayer, network: FeedForward) {
    require(!network.layers.isEmpty, "a deep output needs at least one map")
    (self.layer, self.network) = (layer, network)
  }

  public var inputSize: Int { layer.inputSize }
  public var outputSize: Int { network.layers[network.layers.count - 1].weight.shape[0] }

  public func zeroState(batchSize: Int) -> LayerState { layer.zeroState(batchSize: batchSize) }

  public func callAsFunction(_ x: SequenceBatch, state: LayerState) -> (output: SequenceBatch, state: LayerState) {
    let result = layer(x, state: state)
    return (x.with(deepened(result.output.values)).masked(), result.state)
  }

  /// Runs the network step by step, so that the outputs are bit-identical however a sequence is split.
  private func deepened(_ x: Variable) -> Variable {
    let (stepCount, batchSize) = (x.shape[0], x.shape[1])
    let target: Shape = [stepCount, batchSize, outputSize]
    guard target.elementCount > 0 else { return Variable(Tensor.zeros(target)) }
    let steps = (0..<stepCount).map { network(x.slice($0..<$0 + 1).reshaped([batchSize, x.shape[2]])) }
    return .concatenating(steps).reshaped(target)
  }

  public mutating func visitParameters(
    prefix: String, _ body: (ParameterSpec, inout Variable) throws -> Void
  ) rethrows {
    try layer.visitParameters(prefix: prefix, body)
    try network.visitParameters(prefix: prefix + "output.", body)
  }
}
