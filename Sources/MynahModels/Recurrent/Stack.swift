public import MynahTensors

/// Layers one above the other: each reads what the one below puts out.
public struct Stack: SequenceLayer {
  /// The states of all layers.
  public struct State: RecurrentState {
    /// First layer first.
    public var layers: [any RecurrentState]

    /// Creates a state.
    public init(layers: [any RecurrentState]) { self.layers = layers }

    /// h of the last layer.
    public var hidden: Variable { layers[layers.count - 1].hidden }
    /// c of the last layer.
    public var cell: Variable { layers[layers.count - 1].cell }
    public var parts: [Variable] { layers.flatMap(\.parts) }
    public var partNames: [String] {
      layers.enumerated().flatMap { index, layer in layer.partNames.map { "\(index)." + $0 } }
    }

    public func with(parts: [Variable]) -> State {
      check(parts)
      var rest = parts[...]
      return State(
        layers: layers.map { layer in
          let count = layer.parts.count
          defer { rest = rest.dropFirst(count) }
          return layer.with(parts: Array(rest.prefix(count)))
        })
    }
  }

  /// The layers, first one first.
  public var layers: [any SequenceLayer]
  /// Whether a layer whose outputs have the size of its inputs adds these to them.
  public let isResidual: Bool

  /// Creates a stack.
  ///
  /// - Precondition: there is a layer, and each reads as many numbers as the one below puts out.
  public init(_ layers: [any SequenceLayer], isResidual: Bool = false) {
    precondition(!layers.isEmpty, "a stack needs a layer")
    for (below, above) in zip(layers, layers.dropFirst()) {
      precondition(
        below.outputSize == above.inputSize,
        "a layer that reads \(above.inputSize) numbers stands on one that puts out \(below.outputSize)")
    }
    self.layers = layers
    self.isResidual = isResidual
  }

  public var inputSize: Int { layers[0].inputSize }
  public var outputSize: Int { layers[layers.count - 1].outputSize }

  public func zeroState(batchSize: Int) -> State {
    State(layers: layers.map { $0.anyZeroState(batchSize: batchSize) })
  }

  public func callAsFunction(_ x: Variable, state: State) -> (output: Variable, state: State) {
    scan(x, state) { layer, x, state in layer(x, state: state) }
  }

  public func outputs(_ x: Variable, state: State, lengths: [Int]) -> (output: Variable, state: State) {
    let mask = Tensor.stepMask(lengths: lengths, stepCount: x.shape[0])
    // Sums with the inputs are cleared where these are padding.
    let result = scan(x, state) { layer, x, state in layer(x.masked(by: mask), state: state, lengths: lengths) }
    return (result.output.masked(by: mask), result.state)
  }

  private func scan(
    _ x: Variable, _ state: State,
    _ pass: (any SequenceLayer, Variable, any RecurrentState) -> (output: Variable, state: any RecurrentState)
  ) -> (output: Variable, state: State) {
    precondition(
      state.layers.count == layers.count, "\(layers.count) layers were given states of \(state.layers.count)")
    var (x, states) = (x, [any RecurrentState]())
    for (layer, layerState) in zip(layers, state.layers) {
      let result = pass(layer, x, layerState)
      x = result.output.joined(residual: isResidual ? x : nil)
      states.append(result.state)
    }
    return (x, State(layers: states))
  }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    for index in layers.indices { try layers[index].visitParameters(prefix: prefix + "\(index).", body) }
  }
}

extension Variable {
  /// A layer's outputs with its inputs added, if there are any and the sizes agree.
  ///
  /// K. He et al., "Deep residual learning for image recognition", 2015; between recurrent layers: Y. Wu et al., 2016.
  func joined(residual inputs: Variable?) -> Variable {
    guard let inputs, inputs.shape == shape else { return self }
    return self + inputs
  }
}
