public import MynahModels
public import MynahTensors

/// A language model to be asked, not trained: its weights are packed once, and no tape is kept.
///
/// ```swift
/// let model = InferenceModel(file.model, precision: .int8)
/// var state = model.initialState()
/// let logits = model.advance([7, 2, 5], state: &state)  // of the token after 5
/// ```
///
/// Results have the same bits on any number of threads, and a stream's do not depend on the streams beside it.
public struct InferenceModel: Sendable {
  /// The model's shape.
  public let configuration: LanguageModelConfiguration
  /// What the weights are held in.
  public let precision: WeightPrecision

  /// One recurrent layer.
  struct Layer: Sendable {
    let hiddenSize: Int
    let input, recurrent: PackedMatrix
    let bias: Tensor
  }

  let embedding: Tensor
  let layers: [Layer]
  let output: PackedMatrix
  let outputBias: Tensor
  /// What each token's vector contributes to the first layer's gates, where the vocabulary is so small that this takes no more
  /// memory than the layer's own weights.
  let table: TensorStorage?

  /// Packs a model's weights.
  public init(_ model: LanguageModel, precision: WeightPrecision = .float32) {
    configuration = model.configuration
    self.precision = precision
    embedding = model.embedding.weight.value
    layers = model.recurrent.map { layer in
      let cell = layer.cell
      return Layer(
        hiddenSize: cell.hiddenSize,
        input: PackedMatrix(cell.inputWeight.value, precision: precision, isGates: true),
        recurrent: PackedMatrix(cell.recurrentWeight.value, precision: precision, isGates: true), bias: cell.bias.value)
    }
    output = PackedMatrix(model.output.weight.value, precision: precision, isGates: false)
    outputBias = model.output.bias.value
    let first = layers[0]
    table =
      configuration.vocabularySize <= first.input.columnCount + first.hiddenSize
      ? Kernels.tabulate(first.input, inputs: embedding, bias: first.bias) : nil
  }

  /// The state before B texts.
  ///
  /// - Precondition: `batchSize` is positive.
  public func initialState(batchSize: Int = 1) -> InferenceState {
    precondition(batchSize > 0, "a state has one stream at least, found \(batchSize)")
    return InferenceState(batchSize: batchSize, hiddenSizes: layers.map(\.hiddenSize))
  }
}

// MARK: Reading and scoring

extension InferenceModel {
  /// Moves the state past some tokens and tells the logits of the ones that follow.
  ///
  /// - Parameter ids: T·B tokens, time-major; T ≥ 1.
  /// - Returns: The logits of all tokens after the last step, [B, V].
  /// - Precondition: the ids fill the state's streams, and each lies in 0 ..< V; the state is of a model of this shape.
  public func advance(_ ids: [Int32], state: inout InferenceState) -> Tensor {
    check(ids, state)
    precondition(!ids.isEmpty, "a model needs a token to tell the next one")
    var rest = ids[...]
    var workspace = PackedMemory(byteCount: 0)
    while rest.count > Self.stretch(state) {
      _ = pass(Array(rest.prefix(Self.stretch(state))), &state, for: .state, in: &workspace)
      rest = rest.dropFirst(Self.stretch(state))
    }
    let logits = TensorStorage(uninitialized: state.batchSize * configuration.vocabularySize)
    _ = pass(Array(rest), &state, for: .logits(logits), in: &workspace)
    return Tensor(shape: [state.batchSize, configuration.vocabularySize], storage: logits)
  }

  /// The negative log-probability of each target, in nats, and the state after the last input.
  ///
  /// The inputs of a stretch go through a layer at once, and only its recurrence goes step by step; memory does not grow with
  /// the text.
  ///
  /// - Parameters:
  ///   - targets: T·B tokens, time-major: what followed each input.
  ///   - inputs: T·B tokens.
  /// - Precondition: the ids fill the state's streams, and each lies in 0 ..< V; the state is of a model of this shape.
  public func negativeLogProbabilities(
    of targets: [Int32], after inputs: [Int32], state: inout InferenceState
  ) -> [Double] {
    precondition(targets.count == inputs.count, "\(inputs.count) inputs do not fit \(targets.count) targets")
    check(inputs, state)
    check(targets, state)
    var result: [Double] = []
    result.reserveCapacity(targets.count)
    var workspace = PackedMemory(byteCount: 0)
    for first in stride(from: 0, to: inputs.count, by: Self.stretch(state)) {
      let range = first..<min(first + Self.stretch(state), inputs.count)
      result += pass(Array(inputs[range]), &state, for: .losses(Array(targets[range])), in: &workspace)
    }
    return result
  }

  /// The loss of predicting each token but the first from all before it, from the zero state on.
  public func loss(of ids: [Int32]) -> Loss {
    guard ids.count > 1 else { return Loss() }
    var state = initialState()
    let losses = negativeLogProbabilities(of: Array(ids.dropFirst()), after: Array(ids.dropLast()), state: &state)
    return Loss(nats: losses.reduce(0, +), targetCount: losses.count)
  }

  /// The tokens that go through the layers at once: whole steps of some 256 rows.
  private static func stretch(_ state: InferenceState) -> Int { max(1, 256 / state.batchSize) * state.batchSize }

  private func check(_ ids: [Int32], _ state: InferenceState) {
    precondition(
      state.hiddenSizes == layers.map(\.hiddenSize) && ids.count.isMultiple(of: state.batchSize)
        && state.values.count == 2 * state.batchSize * state.hiddenSizes.reduce(0, +),
      "\(ids.count) ids do not fill \(state.batchSize) streams, or the state is of another model")
    let vocabularySize = configuration.vocabularySize
    precondition(ids.allSatisfy { $0 >= 0 && $0 < vocabularySize }, "ids must lie in 0 ..< \(vocabularySize)")
  }
}
