import MynahIO
public import MynahTensors

/// Recurrent layers one above the other: each reads the outputs of the one below.
///
/// The language model, the classifier and the benchmarks all run this pass.
public struct RecurrentStack: Module {
  /// The layers, the one next to the inputs first.
  public var layers: [any SequenceLayer]
  /// A Boolean value indicating whether layers have residual connections: each layer whose outputs have the size of its
  /// inputs adds its inputs to its outputs.
  ///
  /// K. He et al., "Deep residual learning for image recognition", 2015; between recurrent layers: Y. Wu et al., 2016.
  public let isResidual: Bool

  /// Creates a stack.
  ///
  /// - Precondition: there is a layer, and the sizes of each layer's inputs and of the outputs below are equal.
  public init(_ layers: [any SequenceLayer], isResidual: Bool = false) {
    require(!layers.isEmpty, "a stack needs a layer")
    for (below, above) in zip(layers, layers.dropFirst()) {
      require(
        below.outputSize == above.inputSize,
        "a layer with inputs of size \(above.inputSize) cannot read outputs of size \(below.outputSize)")
    }
    (self.layers, self.isResidual) = (layers, isResidual)
  }

  /// The size of the first layer's inputs.
  public var inputSize: Int { layers[0].inputSize }
  /// The size of the last layer's outputs.
  public var outputSize: Int { layers[layers.count - 1].outputSize }

  /// Returns the state before a text: zeros.
  public func zeroState(batchSize: Int) -> RecurrentState {
    RecurrentState(layers.map { $0.zeroState(batchSize: batchSize) })
  }

  /// The results of a pass.
  public struct Pass: Sendable {
    /// The last layer's outputs; in training some elements are dropped.
    public let output: SequenceBatch
    /// The last layer's outputs before dropout.
    public let undropped: SequenceBatch
    /// The states after the last real step of each sequence.
    public let state: RecurrentState
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
    // Inputs are added to outputs, whose padding is zero and must stay so.
    var (x, undropped, states) = (isResidual ? x.masked() : x, x, [LayerState]())
    for (index, layerState) in state.layers.enumerated() {
      let input = x.with(masks?.layerInput(x.values) ?? x.values)
      let result = StepProfile.measure(.recurrence) { run(layers[index], input, layerState, &masks) }
      states.append(result.state)
      undropped = result.output
      if isResidual, undropped.values.shape == x.values.shape {
        undropped = undropped.with(undropped.values + x.values)
      }
      let isLast = index == layers.count - 1
      x = undropped.with(masks?.layerOutput(undropped.values, isLast: isLast) ?? undropped.values)
    }
    var result = RecurrentState(states)
    result.stepCount = state.stepCount + x.stepCount
    return Pass(output: x, undropped: undropped, state: result)
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
