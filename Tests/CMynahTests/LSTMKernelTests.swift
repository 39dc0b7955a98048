import CMynah
import MynahTensors
import TestSupport
import Testing

struct LSTMKernelTests {
  /// T, B, I, H: around whole vectors and tiles of every instruction set.
  static let sizes = [
    (1, 1, 1, 1), (1, 2, 3, 2), (2, 1, 7, 3), (3, 2, 1, 7), (2, 3, 8, 8), (7, 1, 9, 9), (3, 7, 2, 15), (2, 8, 15, 16),
    (1, 9, 16, 17), (8, 2, 17, 16), (2, 15, 3, 33), (3, 16, 33, 1), (9, 1, 65, 17), (2, 17, 1, 65), (15, 1, 2, 33),
    (17, 3, 8, 9), (33, 2, 3, 7), (2, 33, 7, 15), (65, 1, 1, 2), (1, 65, 9, 16), (2, 2, 600, 130),
  ].map { Textbook.LSTMSizes($0.0, $0.1, $0.2, $0.3) }

  /// Those that all gradients are checked at, an element after the other.
  static let smallSizes = [
    (1, 1, 1, 1), (3, 2, 1, 7), (2, 3, 8, 8), (3, 2, 3, 9), (2, 7, 2, 3), (5, 1, 4, 15), (2, 2, 3, 17),
  ].map { Textbook.LSTMSizes($0.0, $0.1, $0.2, $0.3) }

  /// Those where some elements of each gradient are checked.
  static let largeSizes = [(2, 15, 9, 33), (3, 3, 17, 65), (17, 1, 33, 16), (1, 8, 65, 31), (4, 65, 1, 2)]
    .map { Textbook.LSTMSizes($0.0, $0.1, $0.2, $0.3) }

  @Test("The forward pass gives the textbook's outputs and state", arguments: sizes)
  func forward(sizes: Textbook.LSTMSizes) {
    let problem = LSTMProblem(sizes)
    let expected = Self.reference(problem)
    for set in InstructionSet.available {
      let run = LSTMRun(problem, set)
      let name = set.testDescription
      #expect(differenceToScale(run.output, expected.output) < 1e-5, "\(name)")
      #expect(differenceToScale(run.lastHidden, expected.lastHidden) < 1e-5, "\(name)")
      #expect(differenceToScale(run.lastCell, expected.lastCell) < 1e-5, "\(name)")
      #expect(run.isTidy, "\(name)")
    }
  }

  @Test("C's reference is the textbook in double precision", arguments: sizes)
  func reference(sizes: Textbook.LSTMSizes) {
    let problem = LSTMProblem(sizes)
    let (reference, textbook) = (Self.reference(problem), Textbook.lstm(problem.inputs.map(\.doubles), sizes))
    #expect(differenceToScale(reference.output, textbook.output) < 1e-12)
    #expect(differenceToScale(reference.lastHidden, textbook.lastHidden) < 1e-12)
    #expect(differenceToScale(reference.lastCell, textbook.lastCell) < 1e-12)
  }

  @Test("Every gradient is the textbook's slope, whichever of the results it comes from", arguments: smallSizes)
  func gradients(sizes: Textbook.LSTMSizes) {
    checkGradients(sizes, placeCount: .max)
  }

  @Test("Gradients of larger passes are the textbook's slopes at places spread over each input", arguments: largeSizes)
  func largeGradients(sizes: Textbook.LSTMSizes) {
    checkGradients(sizes, placeCount: 24)
  }

  func checkGradients(_ sizes: Textbook.LSTMSizes, placeCount: Int) {
    let problem = LSTMProblem(sizes)
    let point = problem.inputs.map(\.doubles)
    let seeds = problem.seeds.map(\.doubles)
    // Three scalars, one a result; the slope of their sum is the sum of their slopes.
    let scalars = { (point: [[Double]]) -> [Double] in
      let result = Textbook.lstm(point, sizes)
      return zip([result.output, result.lastHidden, result.lastCell], seeds).map { result, seed in
        zip(result, seed).reduce(0) { $0 + $1.0 * $1.1 }
      }
    }
    let places = point.map { input in Array(stride(from: 0, to: input.count, by: max(1, input.count / placeCount))) }
    let slopes = point.indices.map { centralDifferences(of: scalars, at: point, input: $0, places: places[$0]) }
    let choices = [[true, true, true], [true, false, false], [false, true, false], [false, false, true]]
    for set in InstructionSet.available {
      for choice in choices {
        let run = LSTMRun(problem, set, seeds: choice)
        #expect(run.isTidy)
        for input in point.indices {
          let expected = places[input].indices.map { place in
            choice.indices.reduce(0) { $0 + (choice[$1] ? slopes[input][$1][place] : 0) }
          }
          let found = places[input].map { run.gradients[input][$0] }
          let difference = differenceToScale(found, expected)
          #expect(difference < 1e-5, "\(set.testDescription), input \(input), seeds \(choice)")
        }
      }
      let silent = LSTMRun(problem, set, seeds: [false, false, false])
      #expect(silent.gradients.allSatisfy { $0.allSatisfy { $0 == 0 } })
    }
  }

  @Test("Any number of threads gives the same bits", arguments: sizes)
  func threads(sizes: Textbook.LSTMSizes) {
    let problem = LSTMProblem(sizes)
    for set in InstructionSet.available {
      let alone = LSTMRun(problem, set)
      for threads in 1...3 as ClosedRange<Int32> {
        let run = LSTMRun(problem, set, threads: threads)
        #expect(run.bits == alone.bits && run.isTidy, "\(set.testDescription), \(threads) threads")
      }
    }
  }

  @Test("Without the input's gradient all others are the same", arguments: InstructionSet.available)
  func noInputGradient(set: InstructionSet) {
    let problem = LSTMProblem(Textbook.LSTMSizes(3, 2, 5, 17))
    let (all, some) = (LSTMRun(problem, set), LSTMRun(problem, set, wantsInputGradient: false))
    #expect(all.gradients.dropFirst() == some.gradients.dropFirst())
    #expect(some.isTidy)
  }

  @Test("Saturated gates give finite numbers", arguments: InstructionSet.available)
  func saturated(set: InstructionSet) {
    let problem = LSTMProblem(Textbook.LSTMSizes(3, 2, 5, 17))
    let scaled = LSTMProblem(problem, weightsTimes: 1e6)
    let run = LSTMRun(scaled, set)
    #expect(([run.output, run.lastCell] + run.gradients).allSatisfy { $0.allSatisfy(\.isFinite) })
    let expected = Textbook.lstm(scaled.inputs.map(\.doubles), scaled.sizes)
    #expect(differenceToScale(run.output, expected.output) < 1e-5)
  }

  /// The forward pass of `mynah_lstm_forward_reference`.
  static func reference(_ problem: LSTMProblem) -> Textbook.LSTMResult {
    let (sizes, inputs) = (problem.sizes, problem.inputs.map { GuardedMemory($0) })
    let state = [Double](repeating: 0, count: sizes.batchSize * sizes.hiddenSize)
    var result = Textbook.LSTMResult(
      output: [Double](repeating: 0, count: sizes.stepCount * state.count), lastHidden: state, lastCell: state)
    var pass = unsafe mynah_lstm_forward(
      precision: MYNAH_FLOAT32, steps: sizes.stepCount, batch: sizes.batchSize, input: sizes.inputSize,
      hidden: sizes.hiddenSize,
      x: inputs[0].base, weight_ih: inputs[1].base, weight_hh: inputs[2].base, bias: inputs[3].base,
      h0: inputs[4].base, c0: inputs[5].base, gates: nil, cells: nil, output: nil, last_c: nil, workspace: nil)
    unsafe mynah_lstm_forward_reference(&result.output, &result.lastHidden, &result.lastCell, &pass)
    extendLifetime(inputs)
    return result
  }
}
