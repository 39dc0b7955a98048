import CMynah
import MynahTensors
import TestSupport
import Testing

struct AdvanceKernelTests {
  static func problems(_ cell: ScanCell) -> [AdvanceProblem] {
    [
      AdvanceProblem(cell, stepCount: 1, batchSize: 1, vocabularySize: 1, embeddingSize: 1, hiddenSizes: [1]),
      AdvanceProblem(cell, stepCount: 1, batchSize: 1, vocabularySize: 67, embeddingSize: 9, hiddenSizes: [17]),
      AdvanceProblem(cell, stepCount: 5, batchSize: 1, vocabularySize: 65, embeddingSize: 16, hiddenSizes: [33, 15]),
      AdvanceProblem(cell, stepCount: 3, batchSize: 7, vocabularySize: 601, embeddingSize: 5, hiddenSizes: [7, 70, 8]),
      AdvanceProblem(cell, stepCount: 1, batchSize: 13, vocabularySize: 16, embeddingSize: 64, hiddenSizes: [65]),
      residualProblem(cell),
    ] + windowedProblems(cell)
  }

  /// Problems whose layers also read the previous step's input; none for cells with an identity skip.
  static func windowedProblems(_ cell: ScanCell) -> [AdvanceProblem] {
    guard unsafe !cell.traits.has_identity_skip else { return [] }
    return [
      AdvanceProblem(
        cell, stepCount: 1, batchSize: 1, vocabularySize: 67, embeddingSize: 9, hiddenSizes: [17], isWindowed: true),
      AdvanceProblem(
        cell, stepCount: 4, batchSize: 3, vocabularySize: 9, embeddingSize: 5, hiddenSizes: [19, 8], isWindowed: true),
      AdvanceProblem(
        cell, stepCount: 3, batchSize: 2, vocabularySize: 9, embeddingSize: 19, hiddenSizes: [19, 19],
        isResidual: true, isWindowed: true),
    ]
  }

  static func residualProblem(_ cell: ScanCell) -> AdvanceProblem {
    AdvanceProblem(
      cell, stepCount: 3, batchSize: 2, vocabularySize: 9, embeddingSize: 19, hiddenSizes: [19, 19], isResidual: true)
  }

  /// A problem of several steps and streams.
  static func longProblem(_ cell: ScanCell) -> AdvanceProblem {
    AdvanceProblem(cell, stepCount: 4, batchSize: 8, vocabularySize: 33, embeddingSize: 7, hiddenSizes: [35, 18])
  }

  @Test(
    "Outputs, logits, losses and states match the textbook; threads, direction and tables do not change the bits",
    arguments: InferenceKernels.available, ScanCell.all)
  func textbook(_ kernels: InferenceKernels, _ cell: ScanCell) {
    for kind in InferenceKernels.weights {
      // Rounded weights differ from the textbook weights; the product tests check the rounding itself.
      let tolerance = kind == MYNAH_WEIGHTS_FLOAT32 ? 3e-6 : kind == MYNAH_WEIGHTS_BFLOAT16 ? 2e-2 : 6e-2
      for problem in Self.problems(cell) {
        let stack = AdvanceStack(problem, kernels, kind)
        let outcome = stack.advance(problem.text, from: problem.states)
        let expected = problem.expected
        #expect(differenceToScale(outcome.outputs, expected.outputs) < tolerance)
        #expect(differenceToScale(outcome.logits, expected.logits) < tolerance)
        #expect(largestRelativeDifference(outcome.losses, expected.losses, floor: 1) < tolerance)
        #expect(outcome.states.count == expected.states.count)
        for (found, expected) in zip(outcome.states, expected.states) {
          #expect(differenceToScale(found, expected) < tolerance)
        }
        for threads: Int32 in [2, 3] {
          #expect(stack.advance(problem.text, from: problem.states, threads: threads) == outcome)
        }
        #expect(stack.advance(problem.text, from: problem.states, threads: 2, reversed: true) == outcome)
        guard !problem.isWindowed else { continue }
        #expect(stack.advance(problem.text, from: problem.states, inputs: .table, threads: 2) == outcome)
      }
    }
  }

  @Test(
    "Several steps at once give the same bits as one step at a time", arguments: InferenceKernels.available,
    ScanCell.all)
  func stepByStep(_ kernels: InferenceKernels, _ cell: ScanCell) {
    for kind in InferenceKernels.weights {
      for problem in [Self.longProblem(cell), Self.residualProblem(cell)] + Self.windowedProblems(cell) {
        let stack = AdvanceStack(problem, kernels, kind)
        let together = stack.advance(problem.text, from: problem.states)
        var steps: [AdvanceOutcome] = []
        for step in 0..<problem.text.stepCount {
          steps.append(stack.advance(problem.text.step(step), from: steps.last?.states ?? problem.states))
        }
        #expect(together.outputs == steps.flatMap(\.outputs) && together.losses == steps.flatMap(\.losses))
        #expect(together.logits == steps.last?.logits && together.states == steps.last?.states)
      }
    }
  }

  @Test("Each stream of a batch gives the same bits as alone", arguments: InferenceKernels.available, ScanCell.all)
  func streamByStream(_ kernels: InferenceKernels, _ cell: ScanCell) {
    for problem in [Self.longProblem(cell)] + Self.windowedProblems(cell) { compareStreams(problem, kernels) }
  }

  private func compareStreams(_ problem: AdvanceProblem, _ kernels: InferenceKernels) {
    let batchSize = problem.text.batchSize
    func part<Number>(_ numbers: [Number], of stream: Int) -> [Number] {
      let width = numbers.count / batchSize
      return Array(numbers[stream * width..<(stream + 1) * width])
    }
    func steps<Number>(_ numbers: [Number], of stream: Int) -> [Number] {
      let count = numbers.count / problem.text.stepCount
      return (0..<problem.text.stepCount).flatMap { step -> [Number] in
        part(Array(numbers[step * count..<(step + 1) * count]), of: stream)
      }
    }
    for kind in InferenceKernels.weights {
      let stack = AdvanceStack(problem, kernels, kind)
      let together = stack.advance(problem.text, from: problem.states, threads: 2)
      for stream in 0..<batchSize {
        let alone = stack.advance(
          problem.text.stream(stream), from: problem.states.map { part($0, of: stream) })
        #expect(alone.states == together.states.map { part($0, of: stream) })
        #expect(alone.logits == part(together.logits, of: stream))
        #expect(alone.outputs == steps(together.outputs, of: stream))
        #expect(alone.losses == steps(together.losses, of: stream))
      }
    }
  }

  @Test(
    "Input rows give the same bits as equal embeddings, and results that are not needed can be omitted",
    arguments: InferenceKernels.available, ScanCell.all)
  func inputRows(_ kernels: InferenceKernels, _ cell: ScanCell) {
    for problem in [Self.longProblem(cell), Self.residualProblem(cell)] + Self.windowedProblems(cell) {
      let stack = AdvanceStack(problem, kernels, MYNAH_WEIGHTS_FLOAT32)
      let outcome = stack.advance(problem.text, from: problem.states)
      #expect(stack.advance(problem.text, from: problem.states, inputs: .rows(problem.inputs), threads: 2) == outcome)
      let states = stack.advance(problem.text, from: problem.states, wantsResults: false).states
      #expect(states == outcome.states)
    }
  }
}
