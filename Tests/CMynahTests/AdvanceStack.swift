import CMynah
import MynahTensors
import Testing

/// The results of the inference kernels.
struct AdvanceOutcome: Equatable {
  var outputs: [Float], logits: [Float], losses: [Double], states: [[Float]]
}

/// The packed weights of an `AdvanceProblem`.
@safe
final class AdvanceStack {
  /// The source of the first layer's inputs.
  enum Inputs { case embedding, table, rows([Float]) }

  let problem: AdvanceProblem, table: mynah_inference_kernels, kind: mynah_weights
  private var layers: [mynah_inference_layer] = unsafe []
  private var output = unsafe mynah_packed()
  private var panels: [AlignedMemory] = [], arrays: [GuardedMemory] = []

  init(_ problem: AdvanceProblem, _ kernels: InferenceKernels, _ kind: mynah_weights) {
    unsafe (self.problem, table, self.kind) = (problem, kernels.table, kind)
    for (problem, isResidual) in zip(problem.layers, problem.residual) {
      unsafe layers.append(layer(problem, isResidual: isResidual))
    }
    let last = problem.layers[problem.layers.count - 1].sizes.outputSize
    unsafe output = packed(problem.outputWeight[...], rows: problem.vocabularySize, columns: last, blocks: 0)
  }

  private func packed(_ w: ArraySlice<Float>, rows: Int, columns: Int, blocks: Int) -> mynah_packed {
    guard !w.isEmpty else { return unsafe mynah_packed() }
    var matrix = unsafe mynah_packed(kind: kind, rows: rows, columns: columns, blocks: blocks, panels: nil)
    let memory = AlignedMemory(byteCount: unsafe table.packed_bytes(&matrix))
    let source = GuardedMemory(Array(w), misalignment: 1)
    unsafe table.pack(nil, memory.base, &matrix, source.base)
    unsafe matrix.panels = UnsafeRawPointer(memory.base)
    panels.append(memory)
    return unsafe matrix
  }

  private func array(_ numbers: [Float]) -> UnsafePointer<Float>? {
    guard !numbers.isEmpty else { return nil }
    arrays.append(GuardedMemory(numbers, misalignment: arrays.count % 4))
    return unsafe UnsafePointer(arrays[arrays.count - 1].base)
  }

  private func layer(_ problem: ScanProblem, isResidual: Bool) -> mynah_inference_layer {
    let (sizes, traits) = unsafe (problem.sizes, problem.cell.traits)
    let (hidden, columns) = (sizes.hiddenSize, sizes.outputSize)
    let early = unsafe traits.recurrent_blocks - traits.late_blocks
    let recurrent = problem[.recurrentWeight], recurrentBias = problem[.recurrentBias]
    let added = unsafe traits.added_blocks * hidden
    let bias = problem[.inputBias].enumerated().map { $0 < added ? $1 + recurrentBias[$0] : $1 }
    var layer = unsafe mynah_inference_layer()
    unsafe layer.cell = problem.cell.id
    unsafe layer.hidden = hidden
    unsafe layer.output = sizes.outputSize
    unsafe layer.input = packed(
      problem[.inputWeight][...], rows: traits.input_blocks * hidden, columns: sizes.inputSize,
      blocks: traits.input_blocks)
    unsafe layer.recurrent = packed(
      recurrent.prefix(early * hidden * columns), rows: early * hidden, columns: columns, blocks: early)
    unsafe layer.second =
      traits.has_projection
      ? packed(problem[.projectionWeight][...], rows: sizes.outputSize, columns: hidden, blocks: 0)
      : packed(
        recurrent.dropFirst(early * hidden * columns), rows: traits.late_blocks * hidden, columns: hidden,
        blocks: traits.late_blocks)
    unsafe layer.bias = array(bias)
    unsafe layer.recurrent_bias = array(Array(recurrentBias.dropFirst(added)))
    unsafe layer.vectors = (array(problem[.firstVector]), array(problem[.secondVector]), array(problem[.thirdVector]))
    unsafe layer.residual = isResidual
    return unsafe layer
  }

  /// The first layer's table.
  private func tabulated(_ team: OpaquePointer?, _ embedding: GuardedMemory) -> GuardedMemory {
    let count = problem.vocabularySize
    var matrix = unsafe layers[0].input
    let result = GuardedMemory(
      [Float](repeating: .nan, count: count * (unsafe table.table_width(&matrix))), misalignment: 1)
    let workspace = AlignedMemory(byteCount: unsafe table.tabulate_bytes(&matrix, count))
    unsafe table.tabulate(team, result.base, layers[0].bias, embedding.base, &matrix, count, workspace.base)
    #expect(result.guardsAreWhole && workspace.guardIsWhole)
    return result
  }

  /// Advances streams from given states.
  ///
  /// - Parameter wantsResults: A Boolean value indicating whether to compute outputs, logits and losses as well as the
  ///   states.
  func advance(
    _ text: AdvanceText, from states: [[Float]], inputs: Inputs = .embedding, threads: Int32 = 1,
    reversed: Bool = false, wantsResults: Bool = true
  ) -> AdvanceOutcome {
    let team = unsafe mynah_team_start(threads)
    defer { unsafe mynah_team_stop(team) }
    let undefined = { (count: Int) in GuardedMemory([Float](repeating: .nan, count: count), misalignment: 1) }
    let last = problem.layers[problem.layers.count - 1].sizes.outputSize
    let memory = states.enumerated().map { GuardedMemory($1, misalignment: $0 % 4) }
    let embedding = GuardedMemory(problem.embedding, misalignment: 1)
    let outputBias = GuardedMemory(problem.outputBias, misalignment: 3)
    let outputs = undefined(wantsResults ? text.ids.count * last : 0)
    let logits = undefined(wantsResults ? text.batchSize * problem.vocabularySize : 0)
    var losses = [Double](repeating: .nan, count: wantsResults ? text.ids.count : 0)
    var (given, tabulated): (GuardedMemory?, GuardedMemory?) = (nil, nil)
    switch inputs {
    case .embedding: break
    case .table: unsafe tabulated = self.tabulated(team, embedding)
    case .rows(let rows): given = GuardedMemory(rows, misalignment: 2)
    }
    var next = 0
    for (index, layer) in problem.layers.enumerated() {
      let traits = unsafe layer.cell.traits
      if unsafe traits.has_hidden_state { unsafe (layers[index].h, next) = (memory[next].base, next + 1) }
      if unsafe traits.has_cell_state { unsafe (layers[index].c, next) = (memory[next].base, next + 1) }
      if problem.isWindowed { unsafe (layers[index].x_before, next) = (memory[next].base, next + 1) }
    }
    var pass = unsafe mynah_inference_pass()
    unsafe pass.steps = text.stepCount
    unsafe pass.batch = text.batchSize
    unsafe pass.layer_count = layers.count
    unsafe pass.x = UnsafePointer(given?.base)
    unsafe pass.embedding = UnsafePointer(embedding.base)
    unsafe pass.table = UnsafePointer(tabulated?.base)
    unsafe pass.vocabulary = problem.vocabularySize
    unsafe pass.output = output
    unsafe pass.output_bias = UnsafePointer(outputBias.base)
    unsafe pass.outputs = wantsResults ? outputs.base : nil
    unsafe pass.logits = wantsResults ? logits.base : nil
    unsafe pass.reversed = reversed
    unsafe layers.withUnsafeBufferPointer { layers in
      unsafe text.ids.withUnsafeBufferPointer { ids in
        unsafe text.targets.withUnsafeBufferPointer { targets in
          unsafe losses.withUnsafeMutableBufferPointer { losses in
            unsafe pass.layers = layers.baseAddress
            unsafe pass.ids = given == nil ? ids.baseAddress : nil
            unsafe pass.targets = wantsResults ? targets.baseAddress : nil
            unsafe pass.row_losses = losses.baseAddress
            let workspace = AlignedMemory(byteCount: unsafe table.advance_bytes(&pass, Int(threads)))
            unsafe pass.workspace = workspace.base
            unsafe table.advance(team, &pass)
            #expect(workspace.guardIsWhole)
          }
        }
      }
    }
    let all = memory + arrays + [embedding, outputBias, outputs, logits, given, tabulated].compactMap(\.self)
    #expect(all.allSatisfy(\.guardsAreWhole) && panels.allSatisfy(\.guardIsWhole))
    return AdvanceOutcome(
      outputs: outputs.elements, logits: logits.elements, losses: losses, states: memory.map(\.elements))
  }
}
