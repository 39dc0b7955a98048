import CMynah
import MynahTensors
import TestSupport
import Testing

struct ScanKernelTests {
  /// T, B, I, H, P: around whole vectors and tiles of every instruction set.
  static let sizes = [
    (1, 1, 1, 1, 1), (1, 2, 3, 2, 5), (2, 1, 7, 3, 2), (3, 2, 1, 7, 3), (2, 3, 8, 8, 9), (7, 1, 9, 9, 7),
    (3, 7, 2, 15, 17), (2, 8, 15, 16, 1), (1, 9, 16, 17, 33), (8, 2, 17, 16, 15), (2, 15, 3, 33, 16),
    (3, 16, 33, 1, 2), (9, 1, 65, 17, 31), (2, 17, 1, 65, 40), (15, 1, 2, 33, 8), (17, 3, 8, 9, 1), (33, 2, 3, 7, 65),
    (2, 33, 7, 15, 3), (65, 1, 1, 2, 1), (1, 65, 9, 16, 32), (2, 2, 600, 130, 70),
  ].map { ScanSizes($0.0, $0.1, $0.2, $0.3, $0.4) }

  /// Sizes at which all gradients are checked, element by element.
  static let smallSizes = [(1, 1, 1, 1, 1), (3, 2, 1, 7, 3), (2, 3, 3, 9, 4), (4, 1, 4, 3, 5), (2, 2, 3, 17, 2)]
    .map { ScanSizes($0.0, $0.1, $0.2, $0.3, $0.4) }

  /// Sizes at which some elements of each gradient are checked.
  static let largeSizes = [
    (2, 15, 9, 33, 17), (3, 3, 17, 65, 33), (17, 1, 33, 16, 9), (1, 8, 65, 31, 40), (4, 65, 1, 2, 3),
  ]
  .map { ScanSizes($0.0, $0.1, $0.2, $0.3, $0.4) }

  /// Passes whose steps share inputs: one for all, fewer than threads, and some that do not occur.
  ///
  /// One has more rows than a chunk of the gradients, and is divided by rows between two threads.
  static let sharedSizes = [
    ScanSizes(3, 2, 5, 7, 3).sharing(1), ScanSizes(2, 17, 9, 33, 16).sharing(2),
    ScanSizes(5, 3, 17, 16, 31).sharing(15), ScanSizes(3, 350, 3, 17, 9).sharing(33),
    ScanSizes(2, 2, 600, 65, 40).sharing(4),
  ]

  @Test(
    "The forward pass gives the same outputs and state as the textbook", arguments: ScanCell.all, sizes + sharedSizes)
  func forward(_ cell: ScanCell, _ sizes: ScanSizes) {
    let problem = ScanProblem(cell, sizes)
    let expected = problem.reference
    for set in InstructionSet.available {
      let run = ScanRun(problem, set)
      for (found, expected) in zip(run.result.parts, expected.parts) {
        #expect(differenceToScale(found, expected) < 1e-5, "\(set.testDescription)")
      }
      #expect(run.isTidy, "\(set.testDescription)")
    }
  }

  @Test(
    "The reference in C matches the Swift textbook in double precision", arguments: ScanCell.all, sizes + sharedSizes)
  func reference(_ cell: ScanCell, _ sizes: ScanSizes) {
    let problem = ScanProblem(cell, sizes)
    for (found, expected) in zip(problem.reference.parts, problem.textbook(problem.inputs.map(\.doubles)).parts) {
      #expect(differenceToScale(found, expected) < 1e-12)
    }
  }

  @Test(
    "Each gradient matches the textbook's central differences, for an incoming gradient of each result",
    arguments: ScanCell.all, smallSizes + [ScanSizes(4, 3, 2, 9, 5).sharing(5)])
  func gradients(_ cell: ScanCell, _ sizes: ScanSizes) {
    checkGradients(ScanProblem(cell, sizes), placeCount: .max)
  }

  @Test(
    "Gradients of larger passes match the textbook's central differences at sampled elements",
    arguments: ScanCell.all, largeSizes + sharedSizes.filter { $0.batchSize < 300 })
  func largeGradients(_ cell: ScanCell, _ sizes: ScanSizes) {
    checkGradients(ScanProblem(cell, sizes), placeCount: 10)
  }

  private func checkGradients(_ problem: ScanProblem, placeCount: Int) {
    let point = problem.inputs.map(\.doubles), seeds = problem.seeds.map(\.doubles)
    // Three scalars, one for each result; the derivative of their sum is the sum of their derivatives.
    let scalars = { (point: [[Double]]) -> [Double] in
      zip(problem.textbook(point).parts, seeds).map { result, seed in
        zip(result, seed).reduce(0) { $0 + $1.0 * $1.1 }
      }
    }
    let places = point.map { input in Array(stride(from: 0, to: input.count, by: max(1, input.count / placeCount))) }
    let slopes = point.indices.map { centralDifferences(of: scalars, at: point, input: $0, places: places[$0]) }
    let choices = [[true, true, true], [true, false, false], [false, true, false], [false, false, true]]
    for set in InstructionSet.available {
      for choice in choices {
        let run = ScanRun(problem, set, seeds: choice)
        #expect(run.isTidy)
        for input in ScanInput.allCases where !problem[input].isEmpty {
          let places = places[input.rawValue], slopes = slopes[input.rawValue]
          let expected = places.indices.map { place in
            choice.indices.reduce(0) { $0 + (choice[$1] ? slopes[$1][place] : 0) }
          }
          let difference = differenceToScale(places.map { run.gradients[input.rawValue][$0] }, expected)
          #expect(difference < 1e-5, "\(set.testDescription), \(input), seeds \(choice)")
        }
      }
      let silent = ScanRun(problem, set, seeds: [false, false, false])
      #expect(silent.gradients.allSatisfy { $0.allSatisfy { $0 == 0 } })
    }
  }

  @Test("The results have the same bits on any number of threads", arguments: ScanCell.all, sizes + sharedSizes)
  func threads(_ cell: ScanCell, _ sizes: ScanSizes) {
    let problem = ScanProblem(cell, sizes)
    for set in InstructionSet.available {
      let alone = ScanRun(problem, set)
      for threads in 1...3 as ClosedRange<Int32> {
        let run = ScanRun(problem, set, threads: threads)
        #expect(run.bits == alone.bits && run.isTidy, "\(set.testDescription), \(threads) threads")
      }
    }
  }

  /// Batches with enough rows for each of sixteen threads, and with too few.
  static let manyRows = [(3, 300, 9, 17, 33), (2, 255, 3, 65, 7), (4, 5, 16, 200, 40)]
    .map { ScanSizes($0.0, $0.1, $0.2, $0.3, $0.4) }

  @Test("Sixteen threads give the same bits as one", arguments: ScanCell.all, manyRows + sharedSizes)
  func sixteenThreads(_ cell: ScanCell, _ sizes: ScanSizes) {
    let problem = ScanProblem(cell, sizes)
    for set in InstructionSet.available {
      let run = ScanRun(problem, set, threads: 16)
      #expect(run.bits == ScanRun(problem, set).bits && run.isTidy, "\(set.testDescription)")
    }
  }

  @Test(
    "Shared inputs give the same output bits as a copy for each step, and the same gradients but for rounding",
    arguments: ScanCell.all, sharedSizes)
  func sharedInputs(_ cell: ScanCell, _ sizes: ScanSizes) {
    let shared = ScanProblem(cell, sizes)
    let copied = shared.copyingInputs
    for set in InstructionSet.available {
      let found = ScanRun(shared, set), expected = ScanRun(copied, set)
      #expect(found.result.parts.map(\.bits) == expected.result.parts.map(\.bits), "\(set.testDescription)")
      for input in ScanInput.allCases {
        let gradient = expected.gradients[input.rawValue].map { Double($0) }
        let sums = input == .x ? shared.summedOverSteps(gradient) : gradient
        let difference = differenceToScale(found.gradients[input.rawValue], sums)
        #expect(difference < 1e-5, "\(set.testDescription), \(input)")
      }
    }
  }

  static let oddSizes = ScanSizes(3, 2, 5, 17, 9)

  @Test(
    "Omitting gradients or overwriting blocks with their gradients does not change the other gradients' bits",
    arguments: ScanCell.all)
  func omittedGradients(_ cell: ScanCell) {
    let problem = ScanProblem(cell, Self.oddSizes)
    let omitted: Set<ScanInput> = [.x, .recurrentBias]
    for set in InstructionSet.available {
      let all = ScanRun(problem, set), some = ScanRun(problem, set, omitting: omitted, inPlace: true)
      for input in ScanInput.allCases {
        #expect(some.gradients[input.rawValue] == (omitted.contains(input) ? [] : all.gradients[input.rawValue]))
      }
      #expect(some.isTidy)
    }
  }

  @Test("NULL recurrent biases count as zeros", arguments: ScanCell.all)
  func noRecurrentBiases(_ cell: ScanCell) {
    var zeros = ScanProblem(cell, Self.oddSizes)
    zeros[.recurrentBias] = zeros[.recurrentBias].map { _ in 0 }
    var none = zeros
    none[.recurrentBias] = []
    for set in InstructionSet.available {
      #expect(ScanRun(none, set).bits == ScanRun(zeros, set, omitting: [.recurrentBias]).bits)
    }
  }

  @Test("Saturated gates give finite results", arguments: ScanCell.all)
  func saturated(_ cell: ScanCell) {
    var problem = ScanProblem(cell, Self.oddSizes)
    // Unbounded activations would overflow in 3 steps with larger weights.
    let factor: Float = cell.id == MYNAH_CELL_RNN_RELU ? 1e3 : 1e6
    for input in [ScanInput.inputWeight, .recurrentWeight] { problem[input] = problem[input].map { $0 * factor } }
    for set in InstructionSet.available {
      let run = ScanRun(problem, set)
      #expect((run.result.parts + run.gradients).allSatisfy { $0.allSatisfy(\.isFinite) })
      #expect(differenceToScale(run.result.output, problem.reference.output) < 1e-5)
    }
  }
}
