public import MynahTensors

/// A recurrent language model: embedding → recurrent layers → linear map to the vocabulary → softmax.
///
/// It predicts the next token from all tokens before it, which it remembers in a state that the caller holds.
public struct LanguageModel: Module {
  /// The states of the recurrent layers, first layer first.
  public typealias State = [LSTMState]

  /// Shape and initialisation.
  public let configuration: LanguageModelConfiguration
  /// The tokens' vectors.
  public var embedding: Embedding
  /// The recurrent layers, first layer first.
  public var recurrent: [LSTM]
  /// The map to the vocabulary's logits.
  public var output: Linear

  /// Creates a model with drawn weights.
  ///
  /// - Precondition: the configuration has no `defect`.
  public init(_ configuration: LanguageModelConfiguration, using random: inout RandomSource) {
    if let defect = configuration.defect { preconditionFailure(defect) }
    self.configuration = configuration
    let initializer = configuration.initializer
    embedding = Embedding(
      vocabularySize: configuration.vocabularySize, size: configuration.embeddingSize, initializer: initializer,
      using: &random)
    var inputSize = configuration.embeddingSize
    recurrent = []
    for layer in configuration.recurrent {
      recurrent.append(
        LSTM(inputSize: inputSize, hiddenSize: layer.hiddenSize, initializer: initializer, using: &random))
      inputSize = layer.hiddenSize
    }
    output = Linear(
      inputSize: inputSize, outputSize: configuration.vocabularySize, initializer: initializer, using: &random)
  }

  /// Creates a model from its parameters, in the order of `visitParameters`; their shapes are `parameterShapes`.
  init(_ configuration: LanguageModelConfiguration, parameters: [Tensor]) {
    self.configuration = configuration
    embedding = Embedding(weight: Variable(parameters[0]))
    recurrent = configuration.recurrent.indices.map { index in
      let weights = parameters[(1 + 3 * index)...].prefix(3).map { Variable($0) }
      return LSTM(cell: LSTMCell(inputWeight: weights[0], recurrentWeight: weights[1], bias: weights[2]))
    }
    let last = parameters.suffix(2).map { Variable($0) }
    output = Linear(weight: last[0], bias: last[1])
  }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try embedding.visitParameters(prefix: prefix + "embedding.", body)
    for index in recurrent.indices {
      try recurrent[index].visitParameters(prefix: prefix + "recurrent.\(index).", body)
    }
    try output.visitParameters(prefix: prefix + "output.", body)
  }
}

// MARK: Passes

extension LanguageModel {
  /// The state before a text: zeros.
  public func initialState(batchSize: Int) -> State {
    recurrent.map { .zero(batchSize: batchSize, hiddenSize: $0.cell.hiddenSize) }
  }

  /// What the last recurrent layer says after each token, and the state after the last one.
  ///
  /// - Parameters:
  ///   - ids: T·B tokens, time-major: all rows' first tokens, then all rows' second ones.
  ///   - state: The state before the first token; its batch size is B.
  ///   - dropout: Where masks are drawn from in training; nil at evaluation: nothing is dropped.
  /// - Returns: Outputs [T·B, H] and the state after the last token.
  /// - Precondition: the number of ids is a multiple of B, and each lies in 0 ..< V.
  public func callAsFunction(
    _ ids: [Int32], state: State, dropout: RandomSource? = nil
  ) -> (hidden: Variable, state: State) {
    let batchSize = state.first?.hidden.value.shape[0] ?? 0
    precondition(
      state.count == recurrent.count && batchSize > 0 && ids.count.isMultiple(of: batchSize),
      "\(ids.count) ids do not fill rows of a batch of \(batchSize), or \(state.count) states not \(recurrent.count)")
    let stepCount = ids.count / batchSize
    let inputDropout = Dropout(keepProbability: configuration.inputKeepProbability)
    let outputDropout = Dropout(keepProbability: configuration.outputKeepProbability)
    var dropout = dropout
    var x = StepProfile.measure(.embedding) {
      embedding(ids).reshaped([stepCount, batchSize, configuration.embeddingSize])
    }
    var newState: State = []
    for (layer, layerState) in zip(recurrent, state) {
      if let mask = dropout?.split() { x = inputDropout(x, using: mask) }
      let result = StepProfile.measure(.recurrence) { layer(x, state: layerState) }
      newState.append(result.state)
      x = result.output
      if let mask = dropout?.split() { x = outputDropout(x, using: mask) }
    }
    return (x.reshaped([ids.count, output.weight.value.shape[1]]), newState)
  }

  /// The logits of the token after each of the given ones, [T·B, V], and the state after the last one.
  public func logits(_ ids: [Int32], state: State) -> (logits: Variable, state: State) {
    let pass = self(ids, state: state)
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
    let batchSize = Float(state.first?.hidden.value.shape[0] ?? 1)
    let result = StepProfile.measure(.loss) {
      output.crossEntropy(of: pass.hidden, targets: targets, scale: 1 / batchSize)
    }
    return (result.value, Loss(nats: result.nats, targetCount: targets.count), pass.state.map(\.detached))
  }
}
