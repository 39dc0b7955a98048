public import MynahTensors

/// A recurrent language model: embedding → recurrent layers → linear map to the vocabulary → softmax.
///
/// It predicts the next token from all tokens before it, which it remembers in a state that the caller holds.
public struct LanguageModel: Module {
  /// The states of the recurrent layers, first layer first: `LSTMState`s for LSTMs.
  public typealias State = [any RecurrentState]

  /// Shape and initialisation.
  public let configuration: LanguageModelConfiguration
  /// The tokens' vectors.
  public var embedding: Embedding
  /// The recurrent layers, first layer first: `LSTM`s, or the `Recurrence` of another cell.
  public var recurrent: [any SequenceLayer]
  /// The map to the vocabulary's logits; of a tied model its weights are the embedding's.
  public var output: Linear

  /// Creates a model with drawn weights.
  ///
  /// - Precondition: the configuration has no `defect`.
  public init(_ configuration: LanguageModelConfiguration, using random: inout RandomSource) {
    if let defect = configuration.defect { preconditionFailure(defect) }
    self.init(configuration, parameters: configuration.drawParameters(using: &random))
  }

  /// Creates a model from its parameters, in the order of `visitParameters`; their shapes are `parameterShapes`.
  package init(_ configuration: LanguageModelConfiguration, parameters: [Tensor]) {
    self.configuration = configuration
    var rest = parameters.map { Variable($0) }[...]
    embedding = Embedding(weight: rest.removeFirst())
    recurrent = configuration.recurrentInputs.map { layer, inputSize in
      let count = layer.parameterShapes(inputSize: inputSize).count
      defer { rest = rest.dropFirst(count) }
      return layer.layer(weights: Array(rest.prefix(count)))
    }
    let weight = configuration.isTied ? embedding.weight : rest.removeFirst()
    output = Linear(weight: weight, bias: rest.removeFirst())
  }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    // While a tied weight is changed nobody else holds it.
    if configuration.isTied { output.weight = Variable(0) }
    try embedding.visitParameters(prefix: prefix + "embedding.", body)
    for index in recurrent.indices {
      try recurrent[index].visitParameters(prefix: prefix + "recurrent.\(index).", body)
    }
    guard configuration.isTied else { return try output.visitParameters(prefix: prefix + "output.", body) }
    output.weight = embedding.weight
    try body(prefix + "output.bias", &output.bias)
  }
}

extension LanguageModelConfiguration {
  /// The names and shapes of the parameters, in the order of `visitParameters`.
  package var parameterShapes: [(name: String, shape: Shape)] {
    let embedding: (name: String, shape: Shape) = ("embedding.weight", [vocabularySize, embeddingSize])
    let layers = recurrentInputs.enumerated().flatMap { index, entry in
      entry.layer.parameterShapes(inputSize: entry.inputSize).map { ("recurrent.\(index).\($0.name)", $0.shape) }
    }
    let output: [(name: String, shape: Shape)] = [
      ("output.weight", [vocabularySize, outputSize]), ("output.bias", [vocabularySize]),
    ]
    return [embedding] + layers + output.dropFirst(isTied ? 1 : 0)
  }

  /// Draws the parameters, in the order of `visitParameters`.
  fileprivate func drawParameters(using random: inout RandomSource) -> [Tensor] {
    var result = [(embeddingInitializer ?? initializer).draw([vocabularySize, embeddingSize], using: &random)]
    for (layer, inputSize) in recurrentInputs {
      for (name, shape) in layer.parameterShapes(inputSize: inputSize) {
        result.append(
          layer.draw(
            name, shape, initializer, recurrent: recurrentInitializer ?? initializer, bias: recurrentBiasInitializer,
            using: &random))
      }
    }
    if !isTied { result.append((outputInitializer ?? initializer).draw([vocabularySize, outputSize], using: &random)) }
    result.append((outputInitializer == nil ? initializer : .zeros).draw([vocabularySize], using: &random))
    return result
  }
}

// MARK: Passes

extension LanguageModel {
  /// The state before a text: zeros.
  public func initialState(batchSize: Int) -> State {
    recurrent.map { $0.anyZeroState(batchSize: batchSize) }
  }

  /// What the last recurrent layer says after each token, and the state after the last one.
  ///
  /// - Parameters:
  ///   - ids: T·B tokens, time-major: all rows' first tokens, then all rows' second ones.
  ///   - state: The state before the first token; its batch size is B.
  ///   - lengths: How many of each row's tokens are real; past them outputs are zero and the row's state stays. nil: all.
  ///   - dropout: Where masks are drawn from in training; nil at evaluation: nothing is dropped.
  /// - Returns: Outputs [T·B, H] and the state after the last token.
  /// - Precondition: the number of ids is a multiple of B, and each lies in 0 ..< V.
  public func callAsFunction(
    _ ids: [Int32], state: State, lengths: [Int]? = nil, dropout: RandomSource? = nil
  ) -> (hidden: Variable, state: State) {
    let pass = pass(ids, state: state, lengths: lengths, dropout: dropout)
    return (pass.hidden, pass.state)
  }

  /// The same, and the last layer's outputs before their dropout, `raw`.
  package func pass(
    _ ids: [Int32], state: State, lengths: [Int]? = nil, dropout: RandomSource? = nil
  ) -> (hidden: Variable, raw: Variable, state: State) {
    let batchSize = state.first?.batchSize ?? 0
    precondition(
      state.count == recurrent.count && batchSize > 0 && ids.count.isMultiple(of: batchSize),
      "\(ids.count) ids do not fill rows of a batch of \(batchSize), or \(state.count) states not \(recurrent.count)")
    let stepCount = ids.count / batchSize
    var masks = dropout.map { DropoutMasks(configuration, random: $0) }
    var x = StepProfile.measure(.embedding) {
      let shape: Shape = [stepCount, batchSize, configuration.embeddingSize]
      return masks?.vectors(of: ids, embedding, shape: shape) ?? embedding(ids).reshaped(shape)
    }
    var (newState, raw) = (State(), x)
    for (layer, layerState) in zip(recurrent, state) {
      let input = masks?.input(x) ?? x
      let masked = masks?.weights(of: layer) ?? layer
      let result = StepProfile.measure(.recurrence) {
        if let lengths { masked(input, state: layerState, lengths: lengths) } else { masked(input, state: layerState) }
      }
      newState.append(result.state)
      raw = result.output.joined(residual: configuration.isResidual ? x : nil)
      x = masks?.output(raw) ?? raw
    }
    if let lengths, configuration.isResidual { x = x.masked(by: .stepMask(lengths: lengths, stepCount: stepCount)) }
    let shape: Shape = [ids.count, output.weight.value.shape[1]]
    return (x.reshaped(shape), raw.reshaped(shape), newState)
  }

  /// The logits of the token after each of the given ones, [T·B, V], and the state after the last one.
  public func logits(
    _ ids: [Int32], state: State, lengths: [Int]? = nil
  ) -> (logits: Variable, state: State) {
    let pass = self(ids, state: state, lengths: lengths)
    return (output(pass.hidden), pass.state)
  }

  /// The loss of predicting `targets` after `inputs`, both time-major [T·B], and the state after the last step.
  ///
  /// - Parameters:
  ///   - state: The state before the first step; gradients do not flow into what came before it.
  ///   - dropout: Where masks are drawn from in training; nil at evaluation.
  /// - Returns: `value`: the loss summed over time, mean over the batch, to differentiate; `loss`: what was counted.
  public func loss(
    inputs: [Int32], targets: [Int32], state: State, dropout: RandomSource? = nil
  ) -> (value: Variable, loss: Loss, state: State) {
    let pass = self(inputs, state: state, dropout: dropout)
    let batchSize = Float(state.first?.batchSize ?? 1)
    let result = StepProfile.measure(.loss) {
      output.crossEntropy(of: pass.hidden, targets: targets, scale: 1 / batchSize)
    }
    return (result.value, Loss(nats: result.nats, targetCount: targets.count), pass.state.map(\.detached))
  }
}
