import Foundation
import MynahInference
import MynahTensors
import Testing

@Suite("Tuning score weights")
struct WeightTuningTests {
  private typealias Candidate = WeightTuning.Candidate

  /// Lists whose best candidates under the true weights have no errors, while all others have at least one.
  private func lists(
    _ weights: [Double], count: Int = 40, size: Int = 12, seed: UInt64 = 1
  ) -> [[WeightTuning.Candidate]] {
    var random = RandomSource(seed: seed)
    return (0..<count).map { _ in
      let features = (0..<size).map { _ in
        weights.map { _ in (0..<6).reduce(-20) { sum, _ in sum + Double.random(in: -3...3, using: &random) } }
      }
      let scores = features.map { zip(weights, $0).reduce(0) { $0 + $1.0 * $1.1 } }
      let best = scores.firstIndex(of: scores.max() ?? 0)
      return features.enumerated().map { index, features in
        Candidate(features: features, errorCount: index == best ? 0 : Int.random(in: 1...5, using: &random))
      }
    }
  }

  @Test("Tuning finds the known optimum of synthetic lists", arguments: [2, 3, 4, 5], [UInt64(1), 2, 3])
  func synthetic(_ dimension: Int, _ seed: UInt64) {
    let truth = [1, 0.4, -0.7, 0.2, 0.6].prefix(dimension)
    let tuning = WeightTuning(candidates: lists(Array(truth), seed: seed))
    let start = [Double](repeating: 1, count: dimension)
    #expect(tuning.errorCount(start) > 0 && tuning.errorCount(Array(truth)) == 0)
    let tuned = tuning.tuned(from: start)
    #expect(tuning.errorCount(tuned) == 0, "\(tuned)")
    #expect(tuning.tuned(from: start) == tuned)
  }

  @Test("Weights that are already optimal do not change, whatever their scale")
  func ties() {
    let tuning = WeightTuning(candidates: lists([1, 0.4, -0.7]))
    for scale in [1.0, 1e-8, 3e5] {
      let start = [1 * scale, 0.4 * scale, -0.7 * scale]
      #expect(tuning.tuned(from: start) == start)
    }
    // No weights can separate these candidates.
    let equal = [[Candidate(features: [1, 2], errorCount: 1), Candidate(features: [1, 2], errorCount: 0)]]
    #expect(WeightTuning(candidates: equal).tuned(from: [0.123456789, 5]) == [0.123456789, 5])
  }

  @Test("Tuning never increases the number of errors, even if no weights separate the candidates")
  func neverWorse() {
    var random = RandomSource(seed: 4)
    for _ in 0..<20 {
      let lists = (0..<10).map { _ in
        (0..<5).map { _ in
          Candidate(
            features: (0..<3).map { _ in Double(Int.random(in: -2...2, using: &random)) },
            errorCount: Int.random(in: 0...3, using: &random))
        }
      }
      let tuning = WeightTuning(candidates: lists)
      let start = (0..<3).map { _ in Double(Int.random(in: -1...1, using: &random)) }
      let tuned = tuning.tuned(from: start)
      #expect(tuning.errorCount(tuned) <= tuning.errorCount(start))
      // Changing a single weight does not improve the result: a grid search finds nothing better.
      for index in 0..<3 {
        for step in -60...60 {
          var moved = tuned
          moved[index] += Double(step) / 7
          #expect(tuning.errorCount(moved) >= tuning.errorCount(tuned), "\(tuned) \(moved)")
        }
      }
    }
  }

  @Test("Scores of very different magnitudes, a single candidate, a single list and no lists can be tuned")
  func edges() {
    #expect(WeightTuning(candidates: []).tuned(from: [1, 2]) == [1, 2])
    #expect(WeightTuning(candidates: [[Candidate(features: [3], errorCount: 2)]]).tuned(from: [0]) == [0])
    let huge = [
      [
        Candidate(features: [1e90, -1e-9], errorCount: 3), Candidate(features: [-1e90, 1e-9], errorCount: 1),
        Candidate(features: [0, 0], errorCount: 2),
      ]
    ]
    let tuning = WeightTuning(candidates: huge)
    #expect(tuning.errorCount(tuning.tuned(from: [1, 1])) == 1)
    let first = [[Candidate(features: [0], errorCount: 1), Candidate(features: [0], errorCount: 0)]]
    #expect(WeightTuning(candidates: first).errorCount([1]) == 1)
  }

  @Test("The intervals of a line search have the same error counts as the points of a fine grid")
  func intervals() {
    var random = RandomSource(seed: 9)
    for _ in 0..<30 {
      let (sizes, count) = ([1, 3, 4], 8)
      let scores = (0..<count).map { _ in Double(Int.random(in: -4...4, using: &random)) }
      let slopes = (0..<count).map { _ in Double(Int.random(in: -2...2, using: &random)) }
      let errors = (0..<count).map { _ in Int.random(in: 0...3, using: &random) }
      let bounds = sizes.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
      let line = ErrorIntervals(scores: scores, slopes: slopes, errors: errors, bounds: bounds)
      #expect(line.intervals.first?.low == -.infinity && line.intervals.last?.high == .infinity)
      #expect(zip(line.intervals, line.intervals.dropFirst()).allSatisfy { $0.high == $1.low })
      for step in -400...400 {
        // Crossings are at fractions with small denominators, never at these points.
        let t = Double(step) / 40 + 0.00123
        let expected = zip(bounds, bounds.dropFirst()).reduce(0) { sum, list in
          let sums = (list.0..<list.1).map { scores[$0] + t * slopes[$0] }
          let best = sums.max().flatMap(sums.firstIndex(of:)) ?? 0
          return sum + errors[list.0 + best]
        }
        let found = line.intervals.first { $0.low < t && t < $0.high }
        #expect(found?.errorCount == expected)
      }
    }
  }

  @Test("The middle of an interval is inside it, and that of an unbounded one is a step beyond its bound")
  func middles() {
    typealias Interval = ErrorIntervals.Interval
    #expect(Interval(low: 1, high: 3, errorCount: 0).middle == 2)
    #expect(Interval(low: 2, high: .infinity, errorCount: 0).middle == 4)
    #expect(Interval(low: -.infinity, high: -2, errorCount: 0).middle == -4)
    #expect(Interval(low: 0, high: .infinity, errorCount: 0).middle == 1)
    #expect(Interval(low: -.infinity, high: .infinity, errorCount: 0).middle == 0)
    #expect(Interval(low: 1, high: 1.0.nextUp, errorCount: 0).middle == nil)
    #expect(Interval(low: 1, high: 3, errorCount: 0).distance == 1)
    #expect(Interval(low: -3, high: -1, errorCount: 0).distance == 1)
    #expect(Interval(low: -3, high: 1, errorCount: 0).distance == 0)
  }
}
