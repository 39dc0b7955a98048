import MynahIO
public import MynahTensors

/// Recurrent layers one above the other: each reads the outputs of the one below.
///
/// The language model, the classifier and the benchmarks all run this pass.
public struct RecurrentStack: Module {
  /// The layers, the one next to the inputs first.
  public var layers: [any SequenceLayer]
  /// The connections besides those from each layer to the one above.
  public let connections: LayerConnections

  /// Creates a stack.
  ///
  /// - Precondition: there is at least one layer; each layer's input size equals the output size of the layer below;
  ///   with skip connections, all output sizes are equal.
  public init(_ layers: [any SequenceLayer], connections: LayerConnections = .sequential) {
    require(!layers.isEmpty, "a stack needs a layer")
    for (below, above) in zip(layers, layers.dropFirst()) {
      require(
        below.outputSize == above.inputSize,
        "a layer with inputs of size \(above.inputSize) cannot read outputs of size \(below.outputSize)")
    }
    let sizes = layers.map(\.outputSize)
    require(
      connections != .skip || Set(sizes).count == 1, "skip connections need outputs of the same size, found \(sizes)")
    (self.layers, self.connections) = (layers, connections)
  }

  /// The size of the first layer's inputs.
  public var inputSize: Int { layers[0].inputSize }
  /// The size of the last layer's outputs.
  public var outputSize: Int { layers[layers.count - 1].outputSize }

  /// Returns the stack whose output a layer reads.
  ///
  /// - Precondition: `layer` is in 1 ..< the number of layers.
  package func below(_ layer: Int) -> RecurrentStack {
    // Skip connections lead to the output layer only, residual ones to the layer above too.
    RecurrentStack(Array(layers[..<layer]), connections: connections == .skip ? .sequential : connections)
  }

  /// Returns the state before a text: zeros.
  public func zeroState(batchSize: Int) -> RecurrentState {
    RecurrentState(layers.map { $0.zeroState(batchSize: batchSize) })
  }

  /// The results of a pass.
  public struct Pass: Sendable {
    /// The last layer's outputs, or with skip connections the sum of all layers'; in training some elements are dropped.
    public let output: SequenceBatch
    /// These outputs before dropout.
    public let undropped: SequenceBatch
    /// The states after the last real step of each sequence.
    public let state: RecurrentState
    /// The dropout of an output layer that reads the outputs in training; nil: nothing is dropped there.
    let latentDropout: LatentDropout?
  }

  /// Returns the outputs of sequences and the state after each.
  ///
  /// - Parameters:
  ///   - x: The inputs, [T, B, I].
  ///   - state: The state before the first step.
  ///   - masks: The dropout masks of a training pass; nil: nothing is dropped.
  /// - Precondition: the state belongs to this stack.
  public func callAsFunction(_ x: SequenceBatch, state: RecurrentState, masks: DropoutMasks? = nil) -> Pass {
    var masks = masks
    return pass(x, state: state, masks: &masks)
  }

  /// Runs the layers; the masks continue after those that the caller drew.
  func pass(_ x: SequenceBatch, state: RecurrentState, masks: inout DropoutMasks?) -> Pass {
    require(
      state.layers.count == layers.count, "\(layers.count) layers were given a state of \(state.layers.count)")
    // Inputs are added to outputs, whose padding must stay zero.
    var (x, undropped, states) = (connections == .residual ? x.masked() : x, x, [LayerState]())
    var sum: Variable?
    for (index, layerState) in state.layers.enumerated() {
      let input = masks?.layerInput(x) ?? x
      let result = StepProfile.measure(.recurrence) { run(layers[index], input, layerState, &masks) }
      states.append(result.state)
      undropped = result.output
      let isLast = index == layers.count - 1
      switch connections {
      case .sequential: break
      case .residual:
        if undropped.shape == x.shape { undropped = undropped.with(undropped.values + x.values) }
      case .skip:
        let all = sum.map { $0 + undropped.values } ?? undropped.values
        sum = all
        if isLast { undropped = undropped.with(all) }
      }
      x = undropped.with(masks?.layerOutput(undropped.values, isLast: isLast) ?? undropped.values)
    }
    var result = RecurrentState(states)
    result.stepCount = state.stepCount + x.stepCount
    return Pass(
      output: x, undropped: undropped, state: result, latentDropout: masks?.latentDropout(batchSize: x.batchSize))
  }

  /// Runs a layer with some of its weights dropped.
  private func run(
    _ layer: some SequenceLayer, _ x: SequenceBatch, _ state: LayerState, _ masks: inout DropoutMasks?
  ) -> (output: SequenceBatch, state: LayerState) {
    let layer = masks?.weights(of: layer) ?? layer
    return layer(x, state: state)
  }

  public mutating func visitParameters(
    prefix: String, _ body: (ParameterSpec, inout Variable) throws -> Void
  ) rethrows {
    for index in layers.indices { try layers[index].visitParameters(prefix: prefix + "\(index).", body) }
  }
}
