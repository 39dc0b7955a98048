import CMynah
import MynahTensors
import TestSupport
import Testing

/// A stacked LSTM with an embedding and an output, and a text for it.
struct AdvanceProblem {
  let stepCount: Int, batchSize: Int, vocabularySize: Int, embeddingSize: Int, hiddenSizes: [Int]
  let embedding: [Float], outputWeight: [Float], outputBias: [Float]
  /// W_ih, W_hh, b, h0, c0 of each layer.
  let layers: [[[Float]]]
  let ids: [Int32], targets: [Int32]

  init(stepCount: Int, batchSize: Int, vocabularySize: Int, embeddingSize: Int, hiddenSizes: [Int]) {
    (self.stepCount, self.batchSize, self.vocabularySize) = (stepCount, batchSize, vocabularySize)
    (self.embeddingSize, self.hiddenSizes) = (embeddingSize, hiddenSizes)
    var random = RandomSource(seed: 7)
    let draw = { (count: Int, bound: Float) in (0..<count).map { _ in random.uniform(in: -bound..<bound) } }
    embedding = draw(vocabularySize * embeddingSize, 1)
    var inputSize = embeddingSize
    var layers: [[[Float]]] = []
    for hidden in hiddenSizes {
      let counts = [4 * hidden * inputSize, 4 * hidden * hidden, 4 * hidden, batchSize * hidden, batchSize * hidden]
      layers.append(counts.map { draw($0, 0.5) })
      inputSize = hidden
    }
    self.layers = layers
    outputWeight = draw(vocabularySize * inputSize, 1)
    outputBias = draw(vocabularySize, 1)
    let tokens = { (seed: UInt64) -> [Int32] in
      var random = RandomSource(seed: seed)
      return (0..<stepCount * batchSize).map { _ in Int32(random.next() % UInt64(vocabularySize)) }
    }
    (ids, targets) = (tokens(1), tokens(2))
  }

  /// What the textbook makes of it with float32 weights: logits after the last step, losses, and each layer's last state.
  var expected: (logits: [Double], losses: [Double], states: [[Double]]) {
    var x = Textbook.gather(embedding.doubles, width: embeddingSize, ids: ids)
    var (inputSize, states) = (embeddingSize, [[Double]]())
    for (layer, hidden) in zip(layers, hiddenSizes) {
      let result = Textbook.lstm(
        [x] + layer.map(\.doubles), Textbook.LSTMSizes(stepCount, batchSize, inputSize, hidden))
      states += [result.lastHidden, result.lastCell]
      (x, inputSize) = (result.output, hidden)
    }
    let logits = Textbook.linear(x, weight: outputWeight.doubles, bias: outputBias.doubles)
    let losses = Textbook.negativeLogProbabilities(logits, targets: targets)
    return (Array(logits.suffix(batchSize * vocabularySize)), losses, states)
  }
}

struct AdvanceKernelTests {
  struct Outcome: Equatable { var logits: [Float], losses: [Double], states: [[Float]] }

  private func run(
    _ problem: AdvanceProblem, _ kernels: InferenceKernels, _ kind: mynah_weights, threads: Int32,
    reversed: Bool = false,
    tabulating: Bool = false
  ) -> Outcome {
    let table = unsafe kernels.table
    let team = unsafe mynah_team_start(threads)
    defer { unsafe mynah_team_stop(team) }
    var memory: [AlignedMemory] = []
    func packed(_ w: [Float], rows: Int, columns: Int, gates: Bool) -> mynah_packed {
      var matrix = unsafe mynah_packed(kind: kind, rows: rows, columns: columns, gates: gates, panels: nil)
      let panels = AlignedMemory(byteCount: unsafe table.packed_bytes(kind, rows, columns, gates))
      let source = GuardedMemory(w, misalignment: 1)
      unsafe table.pack(team, panels.base, &matrix, source.base)
      unsafe matrix.panels = UnsafeRawPointer(panels.base)
      memory.append(panels)
      return unsafe matrix
    }
    var inputSize = problem.embeddingSize
    var layers: [mynah_inference_layer] = unsafe []
    var (states, biases) = ([GuardedMemory](), [GuardedMemory]())
    for (layer, hidden) in zip(problem.layers, problem.hiddenSizes) {
      let state = [GuardedMemory(layer[3], misalignment: 1), GuardedMemory(layer[4], misalignment: 2)]
      let bias = GuardedMemory(layer[2], misalignment: 3)
      unsafe layers.append(
        mynah_inference_layer(
          hidden: hidden, input: packed(layer[0], rows: 4 * hidden, columns: inputSize, gates: true),
          recurrent: packed(layer[1], rows: 4 * hidden, columns: hidden, gates: true), bias: bias.base,
          h: state[0].base,
          c: state[1].base))
      states += state
      biases.append(bias)
      inputSize = hidden
    }
    let embedding = GuardedMemory(problem.embedding, misalignment: 1)
    let undefined = { (count: Int) in GuardedMemory([Float](repeating: .nan, count: count), misalignment: 1) }
    var tabulated: GuardedMemory?
    if tabulating {
      let result = undefined(problem.vocabularySize * (unsafe table.table_width(problem.hiddenSizes[0])))
      var matrix = unsafe layers[0].input
      let workspace = AlignedMemory(byteCount: unsafe table.tabulate_bytes(&matrix, problem.vocabularySize))
      unsafe table.tabulate(
        team, result.base, biases[0].base, embedding.base, &matrix, problem.vocabularySize, workspace.base)
      #expect(result.guardsAreWhole && workspace.guardIsWhole)
      tabulated = result
    }
    let logits = undefined(problem.batchSize * problem.vocabularySize)
    let outputBias = GuardedMemory(problem.outputBias, misalignment: 3)
    var losses = [Double](repeating: .nan, count: problem.ids.count)
    var pass = unsafe mynah_inference_pass()
    unsafe pass.steps = problem.stepCount
    unsafe pass.batch = problem.batchSize
    unsafe pass.vocabulary = problem.vocabularySize
    unsafe pass.layer_count = layers.count
    unsafe pass.embedding = UnsafePointer(embedding.base)
    unsafe pass.table = UnsafePointer(tabulated?.base)
    unsafe pass.output = packed(problem.outputWeight, rows: problem.vocabularySize, columns: inputSize, gates: false)
    unsafe pass.output_bias = UnsafePointer(outputBias.base)
    unsafe pass.logits = logits.base
    unsafe pass.reversed = reversed
    unsafe layers.withUnsafeBufferPointer { layers in
      unsafe problem.ids.withUnsafeBufferPointer { ids in
        unsafe problem.targets.withUnsafeBufferPointer { targets in
          unsafe losses.withUnsafeMutableBufferPointer { losses in
            unsafe pass.layers = layers.baseAddress
            unsafe pass.ids = ids.baseAddress
            unsafe pass.targets = targets.baseAddress
            unsafe pass.row_losses = losses.baseAddress
            let workspace = AlignedMemory(byteCount: unsafe table.advance_bytes(&pass, Int(threads)))
            unsafe pass.workspace = workspace.base
            unsafe table.advance(team, &pass)
            #expect(workspace.guardIsWhole)
          }
        }
      }
    }
    let arrays = states + biases + [embedding, logits, outputBias]
    #expect(arrays.allSatisfy(\.guardsAreWhole) && memory.allSatisfy(\.guardIsWhole))
    return Outcome(logits: logits.elements, losses: losses, states: states.map(\.elements))
  }

  static let problems = [
    AdvanceProblem(stepCount: 1, batchSize: 1, vocabularySize: 1, embeddingSize: 1, hiddenSizes: [1]),
    AdvanceProblem(stepCount: 1, batchSize: 1, vocabularySize: 67, embeddingSize: 9, hiddenSizes: [17]),
    AdvanceProblem(stepCount: 5, batchSize: 1, vocabularySize: 65, embeddingSize: 16, hiddenSizes: [33, 15]),
    AdvanceProblem(stepCount: 3, batchSize: 7, vocabularySize: 601, embeddingSize: 5, hiddenSizes: [7, 63, 8]),
    AdvanceProblem(stepCount: 1, batchSize: 13, vocabularySize: 16, embeddingSize: 64, hiddenSizes: [65]),
  ]

  @Test(
    "Logits, losses and states are the textbook's; threads, direction and tables leave no trace in the bits",
    arguments: InferenceKernels.available, InferenceKernels.weights)
  func textbook(_ kernels: InferenceKernels, _ kind: mynah_weights) {
    // Rounded weights differ from the textbook's; that they are rounded rightly is the products' test.
    let tolerance = kind == MYNAH_WEIGHTS_FLOAT32 ? 3e-6 : kind == MYNAH_WEIGHTS_BFLOAT16 ? 2e-2 : 4e-2
    for problem in Self.problems {
      let outcome = run(problem, kernels, kind, threads: 1)
      let expected = problem.expected
      #expect(differenceToScale(outcome.logits, expected.logits) < tolerance)
      #expect(largestRelativeDifference(outcome.losses, expected.losses, floor: 1) < tolerance)
      for (found, expected) in zip(outcome.states, expected.states) {
        #expect(differenceToScale(found, expected) < tolerance)
      }
      for threads: Int32 in [2, 3] { #expect(run(problem, kernels, kind, threads: threads) == outcome) }
      #expect(run(problem, kernels, kind, threads: 2, reversed: true) == outcome)
      #expect(run(problem, kernels, kind, threads: 2, tabulating: true) == outcome)
    }
  }
}
