import CMynah
import MynahTensors
import TestSupport
import Testing

struct CrossEntropyKernelTests {
  /// Around whole vectors, and around the sizes at which the vocabulary is split into 1, 2 and 16 parts.
  static let vocabularies = [1, 2, 15, 16, 17, 67, 511, 512, 513, 1023, 1024, 1100, 1537]
  /// Around the number of rows of a tile and of one and two chunks.
  static let rowCounts = [1, 7, 119, 120, 121, 250]

  @Test(
    "Loss, row losses and gradients match the textbook version, with the same bits on any number of threads",
    arguments: vocabularies)
  func everyVocabulary(vocabulary: Int) {
    for (index, rows) in Self.rowCounts.enumerated() {
      let hidden = [1, 17, 9, 16, 33, 7][(index + vocabulary) % 6]
      expectTextbook(
        CrossEntropyProblem(
          rows: rows, hidden: hidden, vocabulary: vocabulary, biased: index % 2 == 0, weighted: index % 3 != 1))
    }
  }

  @Test(
    "Vocabularies that are split into the maximum number of parts match the textbook version",
    arguments: [(9001, 121), (8192, 7), (8209, 1), (65_600, 131)])
  func largeVocabulary(vocabulary: Int, rows: Int) {
    expectTextbook(CrossEntropyProblem(rows: rows, hidden: 5, vocabulary: vocabulary))
  }

  @Test("Wide hidden rows, which need several panels, match the textbook version", arguments: [63, 64, 65, 130, 600])
  func wide(hidden: Int) {
    expectTextbook(CrossEntropyProblem(rows: 122, hidden: hidden, vocabulary: 70))
  }

  func expectTextbook(_ problem: CrossEntropyProblem) {
    let expected = problem.textbook
    let size = "\(problem.rows) rows, H \(problem.hidden), V \(problem.vocabulary)"
    let lossScale = zip(expected.rowLosses, problem.rowWeights ?? problem.targets.map { _ in 1 })
      .reduce(1) { $0 + (1 + $1.0) * abs(Double($1.1)) }
    #expect(abs(CrossEntropyRun.reference(problem) - expected.loss) < 1e-10 * lossScale, "\(size)")
    for set in InstructionSet.available {
      let run = CrossEntropyRun(problem, set)
      let name = "\(set.testDescription), \(size)"
      #expect(abs(run.loss - expected.loss) < 1e-6 * lossScale, "\(name)")
      #expect(largestRelativeDifference(run.rowLosses, expected.rowLosses, floor: 1) < 1e-5, "\(name)")
      for (input, gradient) in run.gradients.enumerated() {
        // A minimum scale, because the exact gradient can be zero: with one token its terms cancel.
        let scale = max(expected.gradients[input].map(abs).max() ?? 0, 0.3)
        let difference = largestRelativeDifference(gradient, expected.gradients[input], floor: scale)
        #expect(difference < 1e-5, "\(name), input \(input)")
      }
      #expect(run.isTidy, "\(name)")
      for threads in [1, 2, 3, 16] as [Int32] {
        let other = CrossEntropyRun(problem, set, threads: threads)
        #expect(other.bits == run.bits && other.isTidy, "\(name), \(threads) threads")
      }
    }
  }

  @Test(
    "Omitting gradients, the bias gradient or row losses changes no other result on any number of threads",
    arguments: [(121, 17, 1100), (250, 9, 67)])
  func leftOut(rows: Int, hidden: Int, vocabulary: Int) {
    let problem = CrossEntropyProblem(rows: rows, hidden: hidden, vocabulary: vocabulary)
    for set in InstructionSet.available {
      let all = CrossEntropyRun(problem, set)
      for threads in 0...3 as ClosedRange<Int32> {
        let lossAlone = CrossEntropyRun(problem, set, threads: threads, wantsGradients: false)
        #expect(lossAlone.loss == all.loss && lossAlone.rowLosses == all.rowLosses && lossAlone.isTidy)
        let noBias = CrossEntropyRun(problem, set, threads: threads, wantsBiasGradient: false)
        #expect(noBias.gradients == Array(all.gradients.prefix(2)) && noBias.loss == all.loss && noBias.isTidy)
        let noRows = CrossEntropyRun(problem, set, threads: threads, wantsRowLosses: false)
        #expect(noRows.gradients == all.gradients && noRows.loss == all.loss && noRows.isTidy)
      }
    }
  }

  @Test("A row's loss and gradient do not depend on its position in a chunk", arguments: [1, 3, 60, 119, 120])
  func position(shift: Int) {
    let problem = CrossEntropyProblem(rows: 125, hidden: 19, vocabulary: 1100)
    // The same rows after others with zero weight.
    var moved = CrossEntropyProblem(rows: 125 + shift, hidden: 19, vocabulary: 1100)
    (moved.weight, moved.bias) = (problem.weight, problem.bias)
    moved.h.replaceSubrange((shift * 19)..., with: problem.h)
    moved.targets.replaceSubrange(shift..., with: problem.targets)
    moved.rowWeights = [Float](repeating: 0, count: shift) + (problem.rowWeights ?? [])
    for set in InstructionSet.available {
      let (here, there) = (CrossEntropyRun(problem, set), CrossEntropyRun(moved, set))
      #expect(there.rowLosses.suffix(125).elementsEqual(here.rowLosses))
      #expect(there.gradients[0].suffix(125 * 19).elementsEqual(here.gradients[0]))
      #expect(there.gradients[0].prefix(shift * 19).allSatisfy { $0 == 0 })
      for input in 1...2 { #expect(differenceToScale(there.gradients[input], here.gradients[input]) < 1e-5) }
      #expect(abs(there.loss - here.loss) < 1e-9 * abs(here.loss))
    }
  }

  @Test(
    "Huge logits give finite results, even if the logits of one part are far above all others",
    arguments: [1, 17, 1100, 9001])
  func extreme(vocabulary: Int) {
    for tops in [[0], [vocabulary - 1], [vocabulary / 2], Array(0..<vocabulary)] {
      // Without a bias, the logits are exact, and so are the expected values.
      var problem = CrossEntropyProblem(rows: 9, hidden: 1, vocabulary: vocabulary, biased: false, weighted: false)
      problem.h = [Float](repeating: 1, count: 9)
      problem.h[1] = -1
      problem.weight = [Float](repeating: -1e4, count: vocabulary)
      for top in tops { problem.weight[top] = 1e4 }
      problem.targets[0] = Int32(tops[0])
      let expected = problem.textbook
      for set in InstructionSet.available {
        let run = CrossEntropyRun(problem, set)
        let name = "\(set.testDescription), \(tops.prefix(1)) of \(vocabulary)"
        #expect(abs(run.loss - expected.loss) <= 1e-5 * max(1, abs(expected.loss)), "\(name)")
        // The terms of h's gradient are as large as the weights, and cancel.
        for (input, floor) in [2500, 0.25, 0.25].enumerated() {
          let difference = largestRelativeDifference(run.gradients[input], expected.gradients[input], floor: floor)
          #expect(difference < 1e-5, "\(name), input \(input)")
        }
      }
    }
  }

  @Test("No probability is above 1, however large the rounded logits are", arguments: InstructionSet.available)
  func sureTargets(set: InstructionSet) {
    var problem = CrossEntropyProblem(rows: 250, hidden: 3, vocabulary: 1100, weighted: false)
    for j in 0..<3 { problem.weight[1000 * 3 + j] = 1e4 }
    problem.h = problem.h.map { abs($0) + 0.5 }
    problem.targets = problem.targets.map { _ in 1000 }
    let run = CrossEntropyRun(problem, set)
    #expect(run.rowLosses.allSatisfy { $0 >= 0 && $0 < 1e-2 } && run.loss >= 0)
  }

  @Test(
    "A non-finite logit makes the loss non-finite, so divergence is detected",
    arguments: InstructionSet.available)
  func notANumber(set: InstructionSet) {
    for bad in [Float.nan, .infinity] {
      var problem = CrossEntropyProblem(rows: 5, hidden: 3, vocabulary: 40, weighted: false)
      problem.h[7] = bad
      let run = CrossEntropyRun(problem, set)
      #expect(!run.loss.isFinite)
      #expect(run.rowLosses.enumerated().allSatisfy { $0 == 2 ? !$1.isFinite : $1.isFinite })
    }
  }
}
