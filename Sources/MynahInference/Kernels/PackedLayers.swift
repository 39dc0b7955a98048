internal import CMynah
internal import MynahModels
internal import MynahTensors

/// The weights of one recurrent layer in the layout of the inference kernels.
private struct PackedLayer: Sendable {
  let cell: mynah_cell
  let hiddenSize, outputSize: Int
  let input: PackedMatrix
  /// The recurrent blocks of the step's first product; nil without any.
  let recurrent: PackedMatrix?
  /// The matrix of the step's second product: W_hr, or the recurrent blocks that depend on the first product.
  let second: PackedMatrix?
  let bias: Tensor
  /// The biases of the recurrent blocks that are not added to the input biases; nil for zeros.
  let recurrentBias: Tensor?
  let vectors: [Tensor]
  let isResidual: Bool
  /// The indices of h, c and the previous input among the state's parts.
  let hiddenPart, cellPart, inputPart: Int?

  init(_ source: PackedLayers.Source, _ precision: WeightPrecision) {
    let (kind, shape, scan, values, isResidual) = source
    let (traits, parameters) = (unsafe scan.traits, ScanParameters(kind.parameters(shape).map(\.role)))
    let names = kind.state(shape).map(\.key)
    cell = scan.cell
    (hiddenSize, outputSize) = (shape.hiddenSize, kind.outputSize(shape))
    (hiddenPart, cellPart) = (names.firstIndex(of: "hidden"), names.firstIndex(of: "cell"))
    inputPart = names.firstIndex(of: "input")
    self.isResidual = isResidual
    let (inputBlocks, added) = (unsafe traits.input_blocks, unsafe traits.added_blocks * shape.hiddenSize)
    let late = unsafe traits.late_blocks
    let value = { (index: Int?) in index.map { values[$0] } }
    let pack = { PackedMatrix($0, precision: precision, blockCount: $1) }
    input = pack(value(parameters.inputWeight) ?? .zeros([0, 0]), inputBlocks)
    let weight = value(parameters.recurrentWeight)
    let early = unsafe traits.recurrent_blocks - late
    let rows = early * shape.hiddenSize
    recurrent = weight.map { pack($0.slice(0..<rows), early) }
    second =
      value(parameters.projection).map { pack($0, 1) }
      ?? (late > 0 ? weight.map { pack($0.slice(rows..<$0.shape[0]), late) } : nil)
    let inputBias = value(parameters.inputBias) ?? .zeros([inputBlocks * shape.hiddenSize])
    if let other = value(parameters.recurrentBias) {
      bias = inputBias + .concatenating([other.slice(0..<added), .zeros([inputBias.shape[0] - added])])
      recurrentBias = added < other.shape[0] ? other.slice(added..<other.shape[0]) : nil
    } else {
      (bias, recurrentBias) = (inputBias, nil)
    }
    vectors = parameters.vectors.map { values[$0] }
  }

  /// The description of the layer without its state, valid during the layer's lifetime.
  var forKernels: mynah_inference_layer {
    var layer = unsafe mynah_inference_layer()
    unsafe layer.cell = cell
    unsafe layer.hidden = hiddenSize
    unsafe layer.output = outputSize
    unsafe layer.input = input.forKernels
    if let recurrent { unsafe layer.recurrent = recurrent.forKernels }
    if let second { unsafe layer.second = second.forKernels }
    unsafe layer.bias = bias.constantBase
    unsafe layer.recurrent_bias = recurrentBias?.constantBase
    unsafe setVectors(&layer.vectors, to: vectors.map { unsafe $0.constantBase })
    unsafe layer.residual = isResidual
    return unsafe layer
  }
}

/// Successive recurrent layers, packed once, that run in one call of the kernels, which can include the output layer.
@safe
final class PackedLayers: Sendable {
  /// A layer to pack, and whether it adds its inputs to its outputs.
  typealias Source = (kind: CellKind, shape: LayerShape, scan: ScanKernel, values: [Tensor], isResidual: Bool)

  /// The results that the caller of a pass requests, besides the state.
  struct Purpose {
    /// The outputs of the last layer after each token, [T·B, P].
    var wantsOutputs = false
    /// The logits after the last step, [B, V].
    var wantsLogits = false
    /// The negative log-probability of each of these T·B targets.
    var targets: [Int32] = []
    /// The output layer that computes logits and losses.
    var softmax: PackedSoftmax?

    static let state = Purpose()
    static let outputs = Purpose(wantsOutputs: true)
  }

  /// The results of a pass; those not requested are nil or empty.
  struct Results {
    var outputs: Tensor?
    var logits: Tensor?
    var losses: [Double] = []
  }

  private let layers: [PackedLayer]
  /// The index of the first layer in the model.
  let firstLayer: Int
  /// The embeddings, if the first layer reads tokens.
  private let embedding: Tensor?
  /// The projections of all token embeddings, if they need no more memory than the first layer's weights and the first
  /// layer reads one input per step; otherwise, nil.
  private let table: TensorStorage?
  // Constants that point into the memory of `layers`.
  private nonisolated(unsafe) let descriptions: [mynah_inference_layer]

  /// Packs layers.
  ///
  /// - Parameters:
  ///   - firstLayer: The index of the first one in the model.
  ///   - embedding: The embeddings, if the first layer reads tokens.
  init(_ layers: [Source], firstLayer: Int, embedding: Tensor?, precision: WeightPrecision) {
    self.layers = layers.map { PackedLayer($0, precision) }
    (self.firstLayer, self.embedding) = (firstLayer, embedding)
    unsafe descriptions = self.layers.map { unsafe $0.forKernels }
    guard let embedding, let first = self.layers.first, first.inputPart == nil,
      embedding.shape[0] <= first.input.columnCount + first.hiddenSize
    else {
      table = nil
      return
    }
    table = first.input.table(of: embedding, adding: first.bias)
  }

  /// The input of a pass.
  enum Input {
    /// T·B tokens, time-major.
    case ids([Int32])
    /// T·B rows, [T·B, I].
    case rows(Tensor)
  }

  /// Advances the state of these layers by T·B inputs.
  ///
  /// - Parameter workspace: The scratch memory, replaced if it is too small; the passes of a long text share it.
  func pass(
    _ input: Input, stepCount: Int, _ state: inout RecurrentState, for purpose: Purpose,
    in workspace: inout PackedMemory
  ) -> Results {
    let batchSize = state.batchSize
    var pass = unsafe mynah_inference_pass()
    unsafe pass.steps = stepCount
    unsafe pass.batch = batchSize
    unsafe pass.layer_count = layers.count
    unsafe pass.reversed = !state.stepCount.isMultiple(of: 2)
    unsafe pass.table = UnsafePointer(table?.base)
    var descriptions = unsafe descriptions
    for (index, layer) in layers.enumerated() {
      let place = firstLayer + index
      if let part = layer.hiddenPart { unsafe descriptions[index].h = state.mutableBase(layer: place, part: part) }
      if let part = layer.cellPart { unsafe descriptions[index].c = state.mutableBase(layer: place, part: part) }
      if let part = layer.inputPart {
        unsafe descriptions[index].x_before = state.mutableBase(layer: place, part: part)
      }
    }
    let results = unsafe descriptions.withUnsafeBufferPointer { descriptions in
      unsafe pass.layers = descriptions.baseAddress
      return unsafe Self.run(
        &pass, input, embedding: embedding, outputSize: layers.last?.outputSize ?? 0, for: purpose, in: &workspace)
    }
    extendLifetime((self, state))
    return results
  }
}

extension PackedLayers {
  /// Runs a pass over the described layers; without layers, only the output layer runs.
  fileprivate static func run(
    _ pass: inout mynah_inference_pass, _ input: Input, embedding: Tensor?, outputSize: Int, for purpose: Purpose,
    in workspace: inout PackedMemory
  ) -> Results {
    let kernels = unsafe Kernels.inference.pointee
    let rowCount = unsafe pass.steps * pass.batch
    unsafe purpose.softmax?.describe(&pass)
    var results = Results()
    var (ids, rows) = ([Int32](), Tensor([]))
    switch input {
    case .ids(let given): ids = given
    case .rows(let given): rows = given
    }
    let outputs = purpose.wantsOutputs ? TensorStorage(uninitialized: rowCount * outputSize) : nil
    let logits = unsafe purpose.wantsLogits ? TensorStorage(uninitialized: pass.batch * pass.vocabulary) : nil
    results.losses = [Double](repeating: 0, count: purpose.targets.count)
    unsafe pass.logits = logits?.base
    unsafe pass.outputs = outputs?.base
    unsafe withUnsafeBases(of: [embedding ?? rows, rows]) { bases in
      unsafe pass.embedding = embedding == nil ? nil : bases[0]
      unsafe pass.x = ids.isEmpty ? bases[1] : nil
      unsafe ids.withUnsafeBufferPointer { ids in
        unsafe pass.ids = ids.isEmpty ? nil : ids.baseAddress
        unsafe purpose.targets.withUnsafeBufferPointer { targets in
          unsafe pass.targets = targets.isEmpty ? nil : targets.baseAddress
          unsafe results.losses.withUnsafeMutableBufferPointer { losses in
            unsafe pass.row_losses = losses.baseAddress
            let byteCount = unsafe kernels.advance_bytes(&pass, ThreadTeam.current?.threadCount ?? 1)
            if workspace.byteCount < byteCount { workspace = PackedMemory(byteCount: byteCount) }
            unsafe pass.workspace = workspace.base
            unsafe ThreadTeam.withCurrent { unsafe kernels.advance($0, &pass) }
          }
        }
      }
    }
    extendLifetime((workspace, purpose))
    let batchSize = unsafe pass.batch
    results.logits = logits.map { Tensor(shape: [batchSize, $0.count / batchSize], storage: $0) }
    results.outputs = outputs.map { Tensor(shape: [rowCount, outputSize], storage: $0) }
    return results
  }
}

// MARK: The output layer

/// A softmax over the whole vocabulary, packed.
struct PackedSoftmax: Sendable {
  let weight: PackedMatrix
  let bias: Tensor

  /// Packs W [V, H] and b [V]; a nil bias is zero.
  init(weight: Tensor, bias: Tensor?, precision: WeightPrecision) {
    self.weight = PackedMatrix(weight, precision: precision)
    self.bias = bias ?? .zeros([weight.shape[0]])
  }

  var vocabularySize: Int { weight.rowCount }

  /// Adds the description of the layer to a pass that ends with it.
  fileprivate func describe(_ pass: inout mynah_inference_pass) {
    unsafe pass.vocabulary = vocabularySize
    unsafe pass.output = weight.forKernels
    unsafe pass.output_bias = bias.constantBase
  }

  /// Returns the logits of N vectors, [N, V].
  func logits(of hidden: Tensor) -> Tensor { weight.product(hidden, adding: bias) }

  /// Returns the negative log-probability of each of N targets, given N vectors.
  func negativeLogProbabilities(of hidden: Tensor, targets: [Int32]) -> [Double] {
    guard !targets.isEmpty else { return [] }
    var pass = unsafe mynah_inference_pass()
    unsafe pass.steps = 1
    unsafe pass.batch = targets.count
    var workspace = PackedMemory(byteCount: 0)
    return unsafe PackedLayers.run(
      &pass, .rows(hidden), embedding: nil, outputSize: 0, for: .init(targets: targets, softmax: self), in: &workspace
    ).losses
  }
}
