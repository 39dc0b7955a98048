import CMynah
import MynahTensors
import TestSupport

/// The inputs of an LSTM pass and the gradients that arrive at its results.
struct LSTMProblem {
  let sizes: Textbook.LSTMSizes
  /// x, W_ih, W_hh, b, h0, c0.
  let inputs: [[Float]]
  /// The gradients of the outputs, the last h and the last c.
  let seeds: [[Float]]

  init(_ sizes: Textbook.LSTMSizes, seed: UInt64 = 5) {
    var random = RandomSource(seed: seed)
    let draw = { (count: Int, bound: Float) in (0..<count).map { _ in random.uniform(in: -bound..<bound) } }
    self.sizes = sizes
    // Weights fall with the fan-in, so that gates neither saturate nor idle.
    let bounds: [Float] = [
      1, 2 / Float(sizes.inputSize).squareRoot(), 2 / Float(sizes.hiddenSize).squareRoot(), 1, 1, 1,
    ]
    inputs = zip(sizes.inputCounts, bounds).map(draw)
    let state = sizes.batchSize * sizes.hiddenSize
    seeds = [sizes.stepCount * state, state, state].map { draw($0, 1) }
  }

  /// The same with other weights.
  init(_ problem: LSTMProblem, weightsTimes factor: Float) {
    (sizes, seeds) = (problem.sizes, problem.seeds)
    inputs = problem.inputs.enumerated().map { (1...2).contains($0) ? $1.map { $0 * factor } : $1 }
  }
}

/// What a kernel made of an `LSTMProblem`.
struct LSTMRun {
  var output: [Float] = []
  var lastHidden: [Float] = [], lastCell: [Float] = []
  /// Those of x (empty if not wanted), W_ih, W_hh, b, h0, c0.
  var gradients: [[Float]] = []
  /// Nothing was written outside of any array, inputs are as they were and padding is zero.
  var isTidy = true

  /// Every number, as bits.
  var bits: [[UInt32]] { ([output, lastHidden, lastCell] + gradients).map(\.bits) }

  /// Runs forward and backward in memory of exactly the documented sizes, off the boundaries of vectors.
  ///
  /// - Parameters:
  ///   - threads: The size of the team; 0 for none.
  ///   - seeds: Which of the arriving gradients are given; the others are NULL.
  init(
    _ problem: LSTMProblem, _ set: InstructionSet, threads: Int32 = 0, seeds: [Bool] = [true, true, true],
    wantsInputGradient: Bool = true, precision: mynah_precision = MYNAH_FLOAT32
  ) {
    let team = unsafe mynah_team_start(threads)
    defer { unsafe mynah_team_stop(team) }
    let sizes = problem.sizes
    let (rows, state) = (sizes.stepCount * sizes.batchSize, sizes.batchSize * sizes.hiddenSize)
    let undefined = { (count: Int) in GuardedMemory([Float](repeating: .nan, count: count), misalignment: 1) }
    let inputs = problem.inputs.enumerated().map { GuardedMemory($1, misalignment: $0 % 3) }
    let gatesSize = unsafe set.kernels.lstm_gates_size(rows, sizes.hiddenSize)
    let (gates, gateGradients) = (undefined(gatesSize), undefined(gatesSize))
    let cells = undefined(unsafe set.kernels.lstm_cells_size(sizes.stepCount, sizes.batchSize, sizes.hiddenSize))
    let output = undefined(rows * sizes.hiddenSize)
    let last = undefined(state)
    let workspace = undefined(unsafe set.kernels.lstm_forward_workspace(sizes.inputSize, sizes.hiddenSize))
    var forward = unsafe mynah_lstm_forward(
      precision: precision, steps: sizes.stepCount, batch: sizes.batchSize, input: sizes.inputSize,
      hidden: sizes.hiddenSize,
      x: inputs[0].base, weight_ih: inputs[1].base, weight_hh: inputs[2].base, bias: inputs[3].base,
      h0: inputs[4].base, c0: inputs[5].base, gates: gates.base, cells: cells.base,
      output: output.base, last_c: last.base, workspace: workspace.base)
    unsafe set.kernels.lstm_forward(team, &forward)

    let given = zip(problem.seeds, seeds).map { $1 ? GuardedMemory($0, misalignment: 2) : nil }
    let results = sizes.inputCounts.map(undefined)
    let backwardWorkspace = undefined(
      unsafe set.kernels.lstm_backward_workspace(sizes.batchSize, sizes.hiddenSize))
    let gradientsWorkspace = undefined(
      unsafe set.kernels.lstm_gradients_workspace(
        sizes.stepCount, sizes.batchSize, sizes.inputSize, sizes.hiddenSize))
    var backward = unsafe mynah_lstm_backward(
      forward: forward, d_output: given[0]?.base, d_last_h: given[1]?.base, d_last_c: given[2]?.base,
      d_x: wantsInputGradient ? results[0].base : nil, d_weight_ih: results[1].base, d_weight_hh: results[2].base,
      d_bias: results[3].base, d_h0: results[4].base, d_c0: results[5].base, d_gates: gateGradients.base,
      workspace: backwardWorkspace.base)
    unsafe set.kernels.lstm_backward(team, &backward)
    unsafe backward.workspace = gradientsWorkspace.base
    unsafe set.kernels.lstm_gradients(team, &backward)

    self.output = output.elements
    lastHidden = Array(output.elements.suffix(state))
    lastCell = last.elements
    gradients = results.enumerated().map { $0 == 0 && !wantsInputGradient ? [] : $1.elements }
    let workspaces = [workspace, backwardWorkspace, gradientsWorkspace]
    let all = inputs + workspaces + [gates, gateGradients, output, cells, last] + results
    isTidy =
      all.allSatisfy(\.guardsAreWhole) && inputs.map(\.elements) == problem.inputs
      && output.elements.count == sizes.stepCount * state
  }
}
