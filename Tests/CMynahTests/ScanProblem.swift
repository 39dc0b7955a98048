import CMynah
import CMynahTextbook
import MynahTensors
import TestSupport
import Testing

/// A recurrent cell that the scan kernels implement.
struct ScanCell: Sendable, CustomTestStringConvertible {
  let id: mynah_cell

  // Read from constants in C, which are never written.
  var traits: mynah_cell_traits {
    guard let traits = unsafe mynah_traits_of(id) else { preconditionFailure("cell \(id.rawValue) has no traits") }
    return unsafe traits.pointee
  }
  var testDescription: String { unsafe String(cString: traits.name) }
  var hasIntermediate: Bool { unsafe traits.has_projection || traits.late_blocks > 0 }

  static let all = (0..<UInt32(MYNAH_CELL_COUNT)).map { ScanCell(id: mynah_cell($0)) }
}

/// T, B, I, H and P of a pass, and the number of distinct inputs; 0: each step has its own.
struct ScanSizes: Sendable, CustomTestStringConvertible {
  let stepCount, batchSize, inputSize, hiddenSize, outputSize: Int
  var distinctCount = 0

  init(_ stepCount: Int, _ batchSize: Int, _ inputSize: Int, _ hiddenSize: Int, _ outputSize: Int) {
    (self.stepCount, self.batchSize, self.inputSize) = (stepCount, batchSize, inputSize)
    (self.hiddenSize, self.outputSize) = (hiddenSize, outputSize)
  }

  /// The nearest sizes that a cell supports.
  func fitting(_ cell: ScanCell) -> ScanSizes {
    let traits = unsafe cell.traits
    var sizes = unsafe ScanSizes(
      stepCount, batchSize, traits.has_identity_skip ? hiddenSize : inputSize, hiddenSize,
      traits.has_projection ? outputSize : hiddenSize)
    sizes.distinctCount = unsafe traits.has_identity_skip ? 0 : distinctCount
    return sizes
  }

  /// The same sizes with a number of distinct inputs.
  func sharing(_ distinctCount: Int) -> ScanSizes {
    var sizes = self
    sizes.distinctCount = distinctCount
    return sizes
  }

  func forKernels(_ cell: ScanCell) -> mynah_scan_sizes {
    mynah_scan_sizes(
      cell: cell.id, steps: stepCount, batch: batchSize, input: inputSize, hidden: hiddenSize, output: outputSize,
      distinct: distinctCount)
  }

  var testDescription: String {
    "T \(stepCount), B \(batchSize), I \(inputSize), H \(hiddenSize), P \(outputSize)"
      + (distinctCount > 0 ? ", \(distinctCount) distinct inputs" : "")
  }
}

/// An array that a pass reads, and whose gradient it can compute.
enum ScanInput: Int, CaseIterable {
  case x, inputWeight, recurrentWeight, projectionWeight, inputBias, recurrentBias
  case firstVector, secondVector, thirdVector, hidden, cell
}

/// Indices of rows in memory of their own.
@safe
final class RowIndices {
  let base: UnsafeMutablePointer<Int32>
  let elements: [Int32]

  init(_ elements: [Int32]) {
    self.elements = elements
    unsafe base = .allocate(capacity: elements.count)
    unsafe base.initialize(from: elements, count: elements.count)
  }

  deinit { unsafe base.deallocate() }
}

/// The inputs of a recurrent layer and the incoming gradients of its results.
struct ScanProblem {
  let cell: ScanCell
  let sizes: ScanSizes
  /// One array for each `ScanInput`; empty if the cell has no such input.
  var inputs: [[Float]]
  /// The gradients of the outputs, the last h and the last c; empty if the cell has no such result.
  let seeds: [[Float]]
  /// The distinct input of each row; nil if each row has its own.
  let inputRows: RowIndices?

  private init(cell: ScanCell, sizes: ScanSizes, inputs: [[Float]], seeds: [[Float]], inputRows: RowIndices?) {
    (self.cell, self.sizes, self.inputs, self.seeds, self.inputRows) = (cell, sizes, inputs, seeds, inputRows)
  }

  /// - Parameter sizes: Replaced by the nearest sizes that the cell supports.
  init(_ cell: ScanCell, _ sizes: ScanSizes, seed: UInt64 = 5) {
    let traits = unsafe cell.traits
    let sizes = sizes.fitting(cell)
    var random = RandomSource(seed: seed)
    let draw = { (count: Int, bound: Float) in (0..<count).map { _ in random.uniform(in: -bound..<bound) } }
    (self.cell, self.sizes) = (cell, sizes)
    let (input, hidden, output) = (sizes.inputSize, sizes.hiddenSize, sizes.outputSize)
    // Weights shrink with the fan-in so that gates are neither saturated nor linear.
    let bound = { (fanIn: Int) in 2 / Float(fanIn).squareRoot() }
    let (inputRows, recurrentRows) = unsafe (traits.input_blocks * hidden, traits.recurrent_blocks * hidden)
    let hiddenState = unsafe traits.has_hidden_state ? sizes.batchSize * output : 0
    let cellState = unsafe traits.has_cell_state ? sizes.batchSize * hidden : 0
    inputs = [
      draw((sizes.distinctCount > 0 ? sizes.distinctCount : sizes.stepCount * sizes.batchSize) * input, 1),
      draw(inputRows * input, bound(input)),
      draw(recurrentRows * output, bound(output)),
      draw(unsafe traits.has_projection ? output * hidden : 0, bound(hidden)),
      draw(inputRows, 1),
      draw(recurrentRows, 1),
    ]
    for index in 0..<Int(MYNAH_MOST_VECTORS) { inputs.append(draw(unsafe index < traits.vectors ? hidden : 0, 1)) }
    inputs += [draw(hiddenState, 1), draw(cellState, 1)]
    seeds = [draw(sizes.stepCount * sizes.batchSize * output, 1), draw(hiddenState, 1), draw(cellState, 1)]
    self.inputRows =
      sizes.distinctCount == 0
      ? nil
      : RowIndices(
        (0..<sizes.stepCount * sizes.batchSize).map { _ in Int32(random.next() % UInt64(sizes.distinctCount)) })
  }

  /// The inputs of all steps, [T·B, I].
  func inputsOfSteps<Number>(_ x: [Number]) -> [Number] {
    guard let inputRows else { return x }
    return inputRows.elements.flatMap { x[Int($0) * sizes.inputSize..<(Int($0) + 1) * sizes.inputSize] }
  }

  /// The same problem with an input for each step.
  var copyingInputs: ScanProblem {
    var inputs = inputs
    inputs[ScanInput.x.rawValue] = inputsOfSteps(self[.x])
    return ScanProblem(cell: cell, sizes: sizes.sharing(0), inputs: inputs, seeds: seeds, inputRows: nil)
  }

  /// The sums over all steps that share an input, of numbers that belong to the inputs of steps.
  func summedOverSteps(_ values: [Double]) -> [Double] {
    guard let inputRows else { return values }
    var sums = [Double](repeating: 0, count: self[.x].count)
    for (step, row) in inputRows.elements.enumerated() {
      for j in 0..<sizes.inputSize { sums[Int(row) * sizes.inputSize + j] += values[step * sizes.inputSize + j] }
    }
    return sums
  }

  subscript(input: ScanInput) -> [Float] {
    get { inputs[input.rawValue] }
    set { inputs[input.rawValue] = newValue }
  }
}

/// The outputs and the last state of a recurrent layer; parts that the cell does not have are empty.
struct ScanResult<Number> {
  var output: [Number], lastHidden: [Number], lastCell: [Number]
  var parts: [[Number]] { [output, lastHidden, lastCell] }
}

extension ScanProblem {
  /// The results of the textbook equations for given inputs, in double precision.
  func textbook(_ inputs: [[Double]]) -> ScanResult<Double> {
    func input(_ input: ScanInput) -> [Double] { inputs[input.rawValue] }
    let (inputBias, recurrentBias) = (input(.inputBias), input(.recurrentBias))
    let bothBiases = zip(inputBias, recurrentBias).map { $0 + $1 }
    let weights = [input(.inputWeight), input(.recurrentWeight)]
    let vectors = [input(.firstVector), input(.secondVector), input(.thirdVector)]
    let step: Textbook.Step =
      switch cell.id {
      case MYNAH_CELL_RNN_TANH: Textbook.rnn(weights + [bothBiases])
      case MYNAH_CELL_RNN_RELU: Textbook.rnn(weights + [bothBiases], relu: true)
      case MYNAH_CELL_GRU: Textbook.gru(weights + [inputBias, recurrentBias])
      case MYNAH_CELL_GRU_RESET_BEFORE: Textbook.gru(weights + [bothBiases])
      case MYNAH_CELL_PEEPHOLE_LSTM: Textbook.lstm(weights + [bothBiases] + vectors)
      case MYNAH_CELL_COUPLED_LSTM: Textbook.coupled(weights + [bothBiases])
      case MYNAH_CELL_CAPPED_LSTM: Textbook.lstm(weights + [bothBiases], capsInput: true)
      case MYNAH_CELL_PROJECTED_LSTM: Textbook.lstm(weights + [bothBiases, input(.projectionWeight)])
      case MYNAH_CELL_MIN_GRU: Textbook.minGRU([weights[0], inputBias])
      case MYNAH_CELL_SRU, MYNAH_CELL_SRU_IDENTITY: Textbook.sru([weights[0], inputBias] + vectors[..<2])
      case MYNAH_CELL_QRNN: Textbook.qrnn([weights[0], inputBias])
      default: Textbook.lstm(weights + [bothBiases])
      }
    let state = [input(.hidden), input(.cell)].filter { !$0.isEmpty }
    let scan = Textbook.scan(
      inputsOfSteps(input(.x)), state: state, stepCount: sizes.stepCount,
      lengths: [Int](repeating: sizes.stepCount, count: sizes.batchSize), outputSize: sizes.outputSize, step)
    return ScanResult(
      output: scan.output, lastHidden: input(.hidden).isEmpty ? [] : scan.state[0],
      lastCell: input(.cell).isEmpty ? [] : scan.state[scan.state.count - 1])
  }

  /// The results of the reference in C.
  var reference: ScanResult<Double> {
    let memory = inputs.map { GuardedMemory($0) }
    let state = sizes.batchSize * max(sizes.hiddenSize, sizes.outputSize)
    var scratch = [Double](repeating: 0, count: sizes.hiddenSize)
    var result = ScanResult(
      output: [Double](repeating: 0, count: seeds[0].count), lastHidden: [Double](repeating: 0, count: state),
      lastCell: [Double](repeating: 0, count: state))
    var pass = unsafe forwardPass(memory)
    unsafe mynah_scan_textbook(&result.output, &result.lastHidden, &result.lastCell, &scratch, &pass)
    extendLifetime(memory)
    result.lastHidden.removeLast(state - seeds[1].count)
    result.lastCell.removeLast(state - seeds[2].count)
    return result
  }

  /// The description of a pass that reads these inputs.
  func forwardPass(_ inputs: [GuardedMemory]) -> mynah_scan_forward {
    func base(_ input: ScanInput) -> UnsafePointer<Float>? {
      let memory = inputs[input.rawValue]
      return unsafe memory.count == 0 ? nil : UnsafePointer(memory.base)
    }
    var pass = unsafe mynah_scan_forward()
    unsafe pass.sizes = sizes.forKernels(cell)
    unsafe pass.x = base(.x)
    unsafe pass.x_rows = UnsafePointer(inputRows?.base)
    unsafe pass.weight_ih = base(.inputWeight)
    unsafe pass.weight_hh = base(.recurrentWeight)
    unsafe pass.weight_hr = base(.projectionWeight)
    unsafe pass.bias_ih = base(.inputBias)
    unsafe pass.bias_hh = base(.recurrentBias)
    unsafe pass.vectors = (base(.firstVector), base(.secondVector), base(.thirdVector))
    unsafe pass.h0 = base(.hidden)
    unsafe pass.c0 = base(.cell)
    return unsafe pass
  }
}
