public import MynahModels
public import MynahTensors
import MynahText

/// A language model to be asked, not trained: no tape is kept, and the weights of LSTMs are packed once.
///
/// Models of other recurrent layers, or whose layers add their inputs to their outputs, have no packed form: they go through their
/// own passes, which is slower (`isPacked`).
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

  /// How the model is asked.
  enum Form: Sendable {
    case packed(PackedModel)
    case composed(LanguageModel)
  }

  let form: Form

  /// Whether the weights are packed for the kernels of inference.
  public var isPacked: Bool { if case .packed = form { true } else { false } }

  /// Packs a model's weights, or rounds them where they cannot be packed.
  public init(_ model: LanguageModel, precision: WeightPrecision = .float32) {
    configuration = model.configuration
    self.precision = precision
    form =
      PackedModel(model, precision: precision).map { .packed($0) }
      ?? .composed(model.rounded(to: precision))
  }

  /// The state before B texts.
  ///
  /// - Precondition: `batchSize` is positive.
  public func initialState(batchSize: Int = 1) -> InferenceState {
    precondition(batchSize > 0, "a state has one stream at least, found \(batchSize)")
    return InferenceState(batchSize: batchSize, layerSizes: layerSizes)
  }
}

extension InferenceModel {
  /// The sizes of the parts of a stream's state, layer by layer.
  private var layerSizes: [[Int]] {
    switch form {
    case .packed(let model): model.layers.map { [$0.hiddenSize, $0.hiddenSize] }
    case .composed(let model): model.initialState(batchSize: 1).map { $0.parts.map { $0.shape[1] } }
    }
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
    precondition(!ids.isEmpty, "a model needs a token to tell the next one")
    let logits = TensorStorage(uninitialized: state.batchSize * configuration.vocabularySize)
    move(&state, past: ids, lastly: .logits(logits))
    return Tensor(shape: [state.batchSize, configuration.vocabularySize], storage: logits)
  }

  /// Moves the state past some tokens without asking for what follows.
  ///
  /// - Parameter ids: T·B tokens, time-major.
  /// - Precondition: the ids fill the state's streams, and each lies in 0 ..< V; the state is of a model of this shape.
  public func read(_ ids: [Int32], state: inout InferenceState) {
    guard !ids.isEmpty else { return }
    move(&state, past: ids, lastly: .state)
  }

  /// Moves the state past some tokens in stretches; what is asked for is asked of the last of them.
  private func move(_ state: inout InferenceState, past ids: [Int32], lastly purpose: PackedModel.Purpose) {
    check(ids, state)
    var rest = ids[...]
    var workspace = PackedMemory(byteCount: 0)
    while rest.count > Self.stretch(state) {
      _ = pass(Array(rest.prefix(Self.stretch(state))), &state, for: .state, in: &workspace)
      rest = rest.dropFirst(Self.stretch(state))
    }
    _ = pass(Array(rest), &state, for: purpose, in: &workspace)
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

  /// Moves the state past T·B tokens, time-major; returns the losses if they are the purpose.
  private func pass(
    _ ids: [Int32], _ state: inout InferenceState, for purpose: PackedModel.Purpose, in workspace: inout PackedMemory
  ) -> [Double] {
    switch form {
    case .packed(let model): model.pass(ids, &state, for: purpose, in: &workspace)
    case .composed(let model): model.pass(ids, &state, for: purpose)
    }
  }

  /// Moves the state of one text past a token; tells the logits of what follows, [1, V], and the vector that they are made from, [H].
  func step(_ id: Int32, state: inout InferenceState) -> (logits: Tensor, hidden: [Float]) {
    switch form {
    case .packed(let model):
      let logits = advance([id], state: &state)
      return (logits, state.parts(layer: model.layers.count - 1)[0].elements)
    case .composed(let model):
      check([id], state)
      let hidden = model.hidden([id], &state)
      return (model.output(hidden).value, hidden.value.elements)
    }
  }

  /// Moves the state of one text past some tokens; tells what the output layer sees after each, [T, H].
  func hidden(after ids: [Int32], state: inout InferenceState) -> [Float] {
    switch form {
    case .packed(let packed):
      return ids.flatMap { id in
        read([id], state: &state)
        return state.parts(layer: packed.layers.count - 1)[0].elements
      }
    case .composed(let composed):
      check(ids, state)
      return ids.isEmpty ? [] : composed.hidden(ids, &state).value.elements
    }
  }

  /// Whether a state is of one text that a model of this shape reads.
  func fits(_ state: InferenceState) -> Bool {
    state.batchSize == 1 && state.layerSizes == layerSizes && state.values.count == layerSizes.joined().reduce(0, +)
  }

  /// Whether a tokenizer is of a model of this size.
  func check(_ tokenizer: AnyTokenizer) {
    precondition(
      tokenizer.vocabulary.count == configuration.vocabularySize,
      "a tokenizer of \(tokenizer.vocabulary.count) tokens does not fit a model of \(configuration.vocabularySize)")
  }

  /// Logits, if they are numbers.
  func finite(_ logits: Tensor) throws(InferenceError) -> Tensor {
    guard Kernels.areFinite(logits) else { throw .notFinite }
    return logits
  }

  private func check(_ ids: [Int32], _ state: InferenceState) {
    precondition(
      state.layerSizes == layerSizes && ids.count.isMultiple(of: state.batchSize)
        && state.values.count == state.batchSize * layerSizes.joined().reduce(0, +),
      "\(ids.count) ids do not fill \(state.batchSize) streams, or the state is of another model")
    let vocabularySize = configuration.vocabularySize
    precondition(ids.allSatisfy { $0 >= 0 && $0 < vocabularySize }, "ids must lie in 0 ..< \(vocabularySize)")
  }
}
