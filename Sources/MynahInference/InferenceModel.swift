import MynahIO
public import MynahModels
public import MynahTensors
import MynahText

/// A language model for inference: no tape is recorded, and the weights are packed once.
///
/// ```swift
/// let model = InferenceModel(file.model, precision: .int8)
/// var state = model.initialState()
/// let logits = model.advance([7, 2, 5], state: &state)  // of the token after 5
/// ```
///
/// Results have the same bits with any number of threads, and the results of a stream do not depend on the other
/// streams. Layers and outputs without packed kernels run their own operations, which are slower.
public struct InferenceModel: Sendable {
  /// The kinds and shapes of the model's parts.
  public let architecture: ModelArchitecture
  /// The precision of the weights.
  public let precision: WeightPrecision
  private let embedding: Tensor
  private let stages: [InferenceStage]
  private let output: any PackedOutput
  private let zeroState: RecurrentState

  /// Packs a model's weights, with all matrices rounded to a precision.
  public init(_ model: LanguageModel, precision: WeightPrecision = .float32) {
    (architecture, self.precision) = (model.architecture, precision)
    embedding = model.embedding.rounded(to: precision).weight.value
    stages = InferenceStage.stages(of: model, embedding: embedding, precision: precision)
    output =
      (model.output as? any PackableOutput)?.packed(precision)
      ?? ComposedOutput(layer: model.rounded(to: precision).output)
    zeroState = model.initialState(batchSize: 1)
  }

  /// The model's configuration.
  public var configuration: LanguageModelConfiguration { architecture.configuration }

  /// Returns the state before B texts.
  ///
  /// - Precondition: `batchSize` is positive.
  public func initialState(batchSize: Int = 1) -> RecurrentState {
    require(batchSize > 0, "a state has at least one stream, got \(batchSize)")
    return batchSize == 1 ? zeroState : zeroState.repeated(batchSize)
  }
}

// MARK: Reading and scoring

extension InferenceModel {
  /// Advances the state by some tokens and returns the logits of the next tokens.
  ///
  /// - Parameter ids: T·B tokens, time-major; T ≥ 1.
  /// - Returns: The logits of all tokens after the last step, [B, V]; log-probabilities for outputs without logits.
  /// - Precondition: the number of ids is a multiple of B, and each id is in 0 ..< V; the state comes from a model of
  ///   this shape.
  public func advance(_ ids: [Int32], state: inout RecurrentState) -> Tensor {
    advance(ids, state: &state, returningHidden: false).logits
  }

  /// Advances the state by some tokens and returns the logits of the next tokens and, if requested, the hidden vectors
  /// that they are computed from, [B, H].
  func advance(
    _ ids: [Int32], state: inout RecurrentState, returningHidden: Bool
  ) -> (logits: Tensor, hidden: Tensor?) {
    require(!ids.isEmpty, "predicting the next token needs at least one token")
    check(ids, state)
    var workspace = PackedMemory(byteCount: 0)
    var rest = ids[...]
    while rest.count > Self.chunkSize(state) {
      _ = pass(Array(rest.prefix(Self.chunkSize(state))), &state, for: .state, in: &workspace)
      rest = rest.dropFirst(Self.chunkSize(state))
    }
    let purpose = PackedLayers.Purpose(
      wantsOutputs: returningHidden || fusedSoftmax == nil, wantsLogits: fusedSoftmax != nil, softmax: fusedSoftmax)
    let results = pass(Array(rest), &state, for: purpose, in: &workspace)
    let last = results.outputs.map { $0.slice($0.shape[0] - state.batchSize..<$0.shape[0]) }
    return (results.logits ?? output.logits(of: last ?? Tensor([])), last)
  }

  /// Advances the state of one text by some tokens and returns the logits of the token after each of them, [T, V], and
  /// the hidden vectors that they are computed from, [T, H].
  func logits(afterEach ids: [Int32], state: inout RecurrentState) -> (logits: Tensor, hidden: Tensor) {
    check(ids, state)
    var (workspace, parts) = (PackedMemory(byteCount: 0), [Tensor]())
    forChunks(of: ids.count, state) { range in
      parts.append(pass(Array(ids[range]), &state, for: .outputs, in: &workspace).outputs ?? Tensor([]))
    }
    return (.concatenating(parts.map { output.logits(of: $0) }), .concatenating(parts))
  }

  /// Advances the state by some tokens.
  ///
  /// - Parameter ids: T·B tokens, time-major.
  /// - Precondition: the number of ids is a multiple of B, and each id is in 0 ..< V; the state comes from a model of
  ///   this shape.
  public func read(_ ids: [Int32], state: inout RecurrentState) {
    check(ids, state)
    var workspace = PackedMemory(byteCount: 0)
    forChunks(of: ids.count, state) { range in
      _ = pass(Array(ids[range]), &state, for: .state, in: &workspace)
    }
  }

  /// Returns the negative log-probability of each target, in nats, and advances the state by the inputs.
  ///
  /// The inputs of a chunk are projected at once, and only the recurrence runs step by step; memory use does not grow
  /// with the text.
  ///
  /// - Parameters:
  ///   - targets: T·B tokens, time-major: the one after each input.
  ///   - inputs: T·B tokens.
  /// - Precondition: the number of ids is a multiple of B, and each id is in 0 ..< V; the state comes from a model of
  ///   this shape.
  public func negativeLogProbabilities(
    of targets: [Int32], after inputs: [Int32], state: inout RecurrentState
  ) -> [Double] {
    scored(targets, after: inputs, state: &state, returningHidden: false).nats
  }

  /// Returns the negative log-probability of each target and, if requested, the hidden vectors that they are computed
  /// from, [T·B, H].
  func scored(
    _ targets: [Int32], after inputs: [Int32], state: inout RecurrentState, returningHidden: Bool
  ) -> (nats: [Double], hidden: [Float]) {
    require(targets.count == inputs.count, "\(inputs.count) inputs do not fit \(targets.count) targets")
    check(inputs, state)
    check(targets, state)
    var (nats, hidden) = ([Double](), [Float]())
    nats.reserveCapacity(targets.count)
    var workspace = PackedMemory(byteCount: 0)
    forChunks(of: inputs.count, state) { range in
      let (ids, targets) = (Array(inputs[range]), Array(targets[range]))
      let purpose = PackedLayers.Purpose(
        wantsOutputs: returningHidden || fusedSoftmax == nil, targets: fusedSoftmax == nil ? [] : targets,
        softmax: fusedSoftmax)
      let results = pass(ids, &state, for: purpose, in: &workspace)
      let rows = results.outputs ?? Tensor([])
      nats += fusedSoftmax == nil ? output.negativeLogProbabilities(of: rows, targets: targets) : results.losses
      if returningHidden { hidden += rows.elements }
    }
    return (nats, hidden)
  }

  /// Returns the loss of predicting each token but the first from all before it, from the zero state on.
  ///
  /// - Throws: `InferenceError.noSuchToken` if an id is not in the vocabulary.
  public func loss(of ids: [Int32]) throws(InferenceError) -> Loss {
    try InferenceError.check(ids, vocabularySize: configuration.vocabularySize)
    guard ids.count > 1 else { return Loss() }
    var state = initialState()
    let losses = negativeLogProbabilities(of: Array(ids.dropFirst()), after: Array(ids.dropLast()), state: &state)
    return Loss(nats: losses.reduce(0, +), targetCount: losses.count)
  }
}

// MARK: Passes

extension InferenceModel {
  /// Returns the number of tokens that pass through the layers at once: whole steps of about 256 rows.
  private static func chunkSize(_ state: RecurrentState) -> Int { max(1, 256 / state.batchSize) * state.batchSize }

  private func forChunks(of count: Int, _ state: RecurrentState, _ body: (Range<Int>) -> Void) {
    let size = Self.chunkSize(state)
    for first in stride(from: 0, to: count, by: size) { body(first..<min(first + size, count)) }
  }

  /// The output layer as a part of the last recurrent layer's pass; nil if it needs a separate pass.
  private var fusedSoftmax: PackedSoftmax? { stages.last?.isPacked == true && !hasSkips ? output.softmax : nil }

  /// A Boolean value indicating whether the outputs of all layers, each of which is a stage, are added.
  private var hasSkips: Bool { configuration.connections == .skip }

  /// Advances the state by T·B tokens, time-major; `purpose` applies to the last stage.
  private func pass(
    _ ids: [Int32], _ state: inout RecurrentState, for purpose: PackedLayers.Purpose, in workspace: inout PackedMemory
  ) -> PackedLayers.Results {
    let stepCount = ids.count / state.batchSize
    var input = PackedLayers.Input.ids(ids)
    var (results, sum) = (PackedLayers.Results(), Tensor?.none)
    for (index, stage) in stages.enumerated() {
      let isLast = index == stages.count - 1
      results = stage.pass(
        input, embedding: embedding, stepCount: stepCount, &state, for: isLast && !hasSkips ? purpose : .outputs,
        in: &workspace)
      if hasSkips, let outputs = results.outputs { sum = sum.map { $0 + outputs } ?? outputs }
      if !isLast { input = .rows(results.outputs ?? Tensor([])) }
    }
    if hasSkips { results.outputs = sum }
    state.advance(by: stepCount)
    return results
  }
}

// MARK: Checks

extension InferenceModel {
  /// Returns a Boolean value indicating whether a state is one of a single text and of a model of this shape.
  func fits(_ state: RecurrentState) -> Bool { state.batchSize == 1 && state.hasParts(of: zeroState) }

  /// Checks that a tokenizer has as many tokens as the model.
  func check(_ tokenizer: AnyTokenizer) {
    require(
      tokenizer.vocabulary.count == configuration.vocabularySize,
      "a tokenizer of \(tokenizer.vocabulary.count) tokens does not fit a model of \(configuration.vocabularySize)")
  }

  /// Returns the logits if they are finite.
  func finite(_ logits: Tensor) throws(InferenceError) -> Tensor {
    guard Kernels.areFinite(logits) else { throw .notFinite }
    return logits
  }

  private func check(_ ids: [Int32], _ state: RecurrentState) {
    require(
      state.batchSize > 0 && ids.count.isMultiple(of: state.batchSize) && state.hasParts(of: zeroState),
      "\(ids.count) ids do not fill \(state.batchSize) streams, or the state belongs to another model")
    let vocabularySize = configuration.vocabularySize
    require(ids.allSatisfy { $0 >= 0 && $0 < vocabularySize }, "ids must be in 0 ..< \(vocabularySize)")
  }
}
