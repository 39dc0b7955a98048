import MynahIO
public import MynahTensors

/// A recurrent language model: embedding → recurrent layers → output layer.
///
/// It predicts the next token from all tokens before it, which the caller's state represents.
public struct LanguageModel: Module {
  /// The kinds and shapes of the model's parts.
  public let architecture: ModelArchitecture
  /// The embeddings of the tokens.
  public var embedding: Embedding
  /// The recurrent layers.
  public var stack: RecurrentStack
  /// The output layer's parameters, without a tied weight.
  private var outputParameters: [Variable]

  /// Creates a model with randomly initialised weights.
  public init(_ architecture: ModelArchitecture, using random: inout RandomSource) {
    self.init(architecture, parameters: architecture.initialParameters(using: &random))
  }

  /// Creates a model with randomly initialised weights.
  ///
  /// - Precondition: the configuration has no `defect`.
  public init(
    _ configuration: LanguageModelConfiguration, kinds: ModelKinds = .standard, using random: inout RandomSource
  ) {
    do throws(ModelError) {
      self.init(try ModelArchitecture(configuration, kinds: kinds), using: &random)
    } catch {
      requirementFailure(error.description)
    }
  }

  /// Creates a model from its parameters, in the order of `architecture.parameterSpecs`.
  package init(_ architecture: ModelArchitecture, parameters: [Tensor]) {
    let layerCount = architecture.layerSpecs.reduce(0) { $0 + $1.count }
    self.architecture = architecture
    embedding = Embedding(weight: Variable(parameters[0]))
    stack = architecture.stack(parameters[1..<1 + layerCount])
    outputParameters = parameters.dropFirst(1 + layerCount).map { Variable($0) }
  }

  /// The model's configuration.
  public var configuration: LanguageModelConfiguration { architecture.configuration }

  /// The output layer; a tied one shares the embedding's table.
  public var output: any OutputLayer {
    architecture.output.kind.layer(architecture.output.shape, outputParameters, embedding.weight)
  }

  /// Returns the output layer that reads the outputs of a pass: in training, it drops elements of its latent vectors.
  package func output(after pass: RecurrentStack.Pass) -> any OutputLayer {
    pass.latentDropout.map { output.dropping($0) } ?? output
  }

  /// The cell of a recurrent layer.
  package func cell(ofLayer index: Int) -> any RecurrentCell {
    let (kind, shape) = architecture.layers[index]
    return kind.cell(shape, stack.layers[index].parameters.map { Variable($0.value) })
  }

  public mutating func visitParameters(
    prefix: String, _ body: (ParameterSpec, inout Variable) throws -> Void
  ) rethrows {
    try embedding.visitParameters(prefix: prefix + "embedding.", body)
    try stack.visitParameters(prefix: prefix + "recurrent.", body)
    let specs = architecture.outputSpecs
    for index in specs.indices { try body(specs[index].prefixed(by: prefix), &outputParameters[index]) }
  }
}

// MARK: Passes

extension LanguageModel {
  /// The state of a model's recurrent layers.
  public typealias State = RecurrentState

  /// Returns the state before a text: zeros.
  public func initialState(batchSize: Int) -> RecurrentState { stack.zeroState(batchSize: batchSize) }

  /// Returns the last recurrent layer's outputs after each token, and the state after the last one.
  ///
  /// - Parameters:
  ///   - ids: T·B tokens, time-major: the first tokens of all rows, then the second ones.
  ///   - state: The state before the first token; its batch size is B.
  ///   - lengths: The number of real tokens of each row; past them, outputs are zero and the row's state does not
  ///     change; nil: all.
  ///   - dropout: The source of dropout masks in training; nil at evaluation: nothing is dropped.
  /// - Precondition: the number of ids is a multiple of B, and each is in 0 ..< V.
  public func callAsFunction(
    _ ids: [Int32], state: RecurrentState, lengths: [Int]? = nil, dropout: RandomSource? = nil
  ) -> RecurrentStack.Pass { self(ids, state: state, lengths: lengths, dropout: dropout, rows: nil) }

  /// Returns the results of a pass over some rows of a batch; nil: all.
  package func callAsFunction(
    _ ids: [Int32], state: RecurrentState, lengths: [Int]?, dropout: RandomSource?, rows: BatchRows?
  ) -> RecurrentStack.Pass {
    let masks = dropout.map { DropoutMasks(configuration.dropout, random: $0, rows: rows) }
    return stack.pass(embedding, ids, state: state, lengths: lengths, masks: masks).pass
  }

  /// Returns the logits of the token after each of the given ones, [T·B, V], and the state after the last one.
  public func logits(
    _ ids: [Int32], state: RecurrentState, lengths: [Int]? = nil
  ) -> (logits: Variable, state: RecurrentState) {
    let pass = self(ids, state: state, lengths: lengths)
    return (output.logits(of: pass.output.rows), pass.state)
  }

  /// Returns the loss of predicting `targets` after `inputs`, both time-major [T·B], and the state after the last step.
  ///
  /// - Parameters:
  ///   - state: The state before the first step; gradients do not flow into what came before it.
  ///   - dropout: The source of dropout masks in training; nil at evaluation.
  /// - Returns: `value`: the loss summed over time, mean over the batch, to differentiate; `loss`: its nats and
  ///   targets; `state`: the state after the last step, detached.
  public func loss(
    inputs: [Int32], targets: [Int32], state: RecurrentState, dropout: RandomSource? = nil
  ) -> (value: Variable, loss: Loss, state: RecurrentState) {
    let pass = self(inputs, state: state, dropout: dropout)
    let result = StepProfile.measure(.loss) {
      output(after: pass).crossEntropy(
        of: pass.output.rows, targets: targets, scale: 1 / Float(max(state.batchSize, 1)))
    }
    return (result.value, Loss(nats: result.nats, targetCount: targets.count), pass.state.detached)
  }
}

extension RecurrentStack {
  /// Runs the layers over the embeddings of tokens.
  ///
  /// - Returns: The embeddings after their dropout, and the layers' results.
  package func pass(
    _ embedding: Embedding, _ ids: [Int32], state: RecurrentState, lengths: [Int]? = nil, masks: DropoutMasks? = nil
  ) -> (embeddings: SequenceBatch, pass: Pass) {
    let batchSize = state.batchSize
    require(
      batchSize > 0 && ids.count.isMultiple(of: batchSize), "\(ids.count) ids do not fill a batch of \(batchSize) rows")
    var masks = masks
    let embeddings = StepProfile.measure(.embedding) {
      masks?.embeddings(of: ids, embedding, batchSize: batchSize, lengths: lengths)
        ?? SequenceBatch(ids: ids, batchSize: batchSize, lengths: lengths, shares: true) { embedding($0) }
    }
    return (embeddings, pass(embeddings, state: state, masks: &masks))
  }
}
