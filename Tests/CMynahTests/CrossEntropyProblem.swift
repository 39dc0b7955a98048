import CMynah
import CMynahTextbook
import Foundation
import MynahTensors
import TestSupport

/// The inputs of linear + softmax + cross-entropy.
struct CrossEntropyProblem {
  let rows: Int, hidden: Int, vocabulary: Int
  var h: [Float], weight: [Float], bias: [Float]?
  var targets: [Int32]
  var rowWeights: [Float]?
  var scale: Float = 0.25

  /// - Parameter weighted: A Boolean value indicating whether rows have weights; every third weight is zero.
  init(rows: Int, hidden: Int, vocabulary: Int, biased: Bool = true, weighted: Bool = true, seed: UInt64 = 3) {
    (self.rows, self.hidden, self.vocabulary) = (rows, hidden, vocabulary)
    var random = RandomSource(seed: seed)
    let draw = { (count: Int, bound: Float) in (0..<count).map { _ in random.uniform(in: -bound..<bound) } }
    h = draw(rows * hidden, 1)
    weight = draw(vocabulary * hidden, 4 / Float(hidden).squareRoot())
    bias = biased ? draw(vocabulary, 1) : nil
    targets = (0..<rows).map { _ in Int32(random.next() % UInt64(vocabulary)) }
    rowWeights = weighted ? draw(rows, 2).enumerated().map { $0 % 3 == 2 ? 0 : $1 } : nil
  }

  /// The negative log-probabilities, the loss, and the gradients of h, W and b in double precision.
  var textbook: (rowLosses: [Double], loss: Double, gradients: [[Double]]) {
    let (h, weight) = (h.doubles, weight.doubles)
    var rowLosses: [Double] = []
    var gradients = [h.count, weight.count, vocabulary].map { [Double](repeating: 0, count: $0) }
    var loss = 0.0
    for row in 0..<rows {
      let target = Int(targets[row])
      var logits = bias?.doubles ?? [Double](repeating: 0, count: vocabulary)
      for v in 0..<vocabulary { for j in 0..<hidden { logits[v] += h[row * hidden + j] * weight[v * hidden + j] } }
      let largest = logits.max() ?? 0
      let exponentials = logits.map { exp($0 - largest) }
      let sum = exponentials.reduce(0, +)
      rowLosses.append(largest + log(sum) - logits[target])
      let rowWeight = Double(rowWeights?[row] ?? 1)
      loss += rowWeight * rowLosses[row]
      for v in 0..<vocabulary {
        let slope = Double(scale) * rowWeight * (exponentials[v] / sum - (v == target ? 1 : 0))
        for j in 0..<hidden {
          gradients[0][row * hidden + j] += slope * weight[v * hidden + j]
          gradients[1][v * hidden + j] += slope * h[row * hidden + j]
        }
        gradients[2][v] += slope
      }
    }
    return (rowLosses, loss, gradients)
  }
}

/// The results of a kernel for a `CrossEntropyProblem`.
struct CrossEntropyRun {
  var loss = Double.nan
  /// Empty if not requested.
  var rowLosses: [Float] = []
  /// The gradients of h, W and b; empty if not requested.
  var gradients: [[Float]] = []
  /// A Boolean value indicating whether nothing was written outside any array and the inputs are unchanged.
  var isTidy = true

  /// The bits of all results.
  var bits: [[UInt32]] {
    let loss = [UInt32(truncatingIfNeeded: loss.bitPattern), UInt32(loss.bitPattern >> 32)]
    return [loss, rowLosses.bits] + gradients.map(\.bits)
  }

  /// Runs in unaligned memory of exactly the documented sizes.
  init(
    _ problem: CrossEntropyProblem, _ set: InstructionSet, threads: Int32 = 0, wantsGradients: Bool = true,
    wantsBiasGradient: Bool = true, wantsRowLosses: Bool = true, precision: mynah_precision = MYNAH_FLOAT32
  ) {
    let team = unsafe mynah_team_start(threads)
    defer { unsafe mynah_team_stop(team) }
    let undefined = { (count: Int) in GuardedMemory([Float](repeating: .nan, count: count), misalignment: 1) }
    let (h, weight) = (GuardedMemory(problem.h, misalignment: 1), GuardedMemory(problem.weight, misalignment: 2))
    let bias = problem.bias.map { GuardedMemory($0, misalignment: 3) }
    let rowWeights = problem.rowWeights.map { GuardedMemory($0) }
    let results = [problem.h.count, problem.weight.count, problem.vocabulary].map(undefined)
    let rowLosses = undefined(problem.rows)
    let workspace = undefined(
      unsafe set.kernels.cross_entropy_workspace(
        problem.rows, problem.hidden, problem.vocabulary, wantsGradients, precision, Int(max(threads, 1))))
    unsafe problem.targets.withUnsafeBufferPointer { targets in
      unsafe withUnsafeMutablePointer(to: &loss) { loss in
        var pass = unsafe mynah_cross_entropy(
          precision: precision, rows: problem.rows, hidden: problem.hidden, vocabulary: problem.vocabulary,
          h: h.base, weight: weight.base,
          bias: bias?.base, targets: targets.baseAddress, row_weights: rowWeights?.base, scale: problem.scale,
          loss: loss, row_losses: wantsRowLosses ? rowLosses.base : nil,
          d_h: wantsGradients ? results[0].base : nil, d_weight: wantsGradients ? results[1].base : nil,
          d_bias: wantsGradients && wantsBiasGradient ? results[2].base : nil, workspace: workspace.base)
        unsafe set.kernels.cross_entropy(team, &pass)
      }
    }
    if wantsRowLosses { self.rowLosses = rowLosses.elements }
    if wantsGradients { gradients = results.prefix(wantsBiasGradient ? 3 : 2).map(\.elements) }
    isTidy =
      (results + [h, weight, rowLosses, workspace] + [bias, rowWeights].compactMap(\.self)).allSatisfy(\.guardsAreWhole)
      && h.elements == problem.h && weight.elements == problem.weight
  }

  /// The loss of `mynah_cross_entropy_textbook`.
  static func reference(_ problem: CrossEntropyProblem) -> Double {
    let (h, weight) = (GuardedMemory(problem.h), GuardedMemory(problem.weight))
    let (bias, rowWeights) = (problem.bias.map { GuardedMemory($0) }, problem.rowWeights.map { GuardedMemory($0) })
    defer { extendLifetime((h, weight, bias, rowWeights)) }
    return unsafe problem.targets.withUnsafeBufferPointer { targets in
      var pass = unsafe mynah_cross_entropy()
      unsafe (pass.rows, pass.hidden, pass.vocabulary) = (problem.rows, problem.hidden, problem.vocabulary)
      unsafe (pass.h, pass.weight) = (UnsafePointer(h.base), UnsafePointer(weight.base))
      unsafe (pass.bias, pass.row_weights) = (UnsafePointer(bias?.base), UnsafePointer(rowWeights?.base))
      unsafe pass.targets = targets.baseAddress
      return unsafe mynah_cross_entropy_textbook(&pass)
    }
  }
}
