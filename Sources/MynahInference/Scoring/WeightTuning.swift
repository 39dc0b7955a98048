import Foundation
import MynahIO
import MynahTensors

/// Weights that minimise the word errors of the best hypotheses.
///
/// The search moves one weight at a time to the best value that an exact line search finds, in the order of the
/// weights, until none can be improved. To leave a local optimum it then tries random directions, in which all weights
/// change at once; they are drawn from a fixed seed, so equal input gives equal weights. It ends when neither a
/// coordinate nor a direction reduces the errors. A weight changes only if that reduces the errors; among the best
/// intervals, the middle of the nearest one is chosen.
///
/// F. J. Och, "Minimum error rate training in statistical machine translation", 2003; D. Cer, D. Jurafsky,
/// C. D. Manning, "Regularization and search for minimum error rate training", 2008, for random directions.
public struct WeightTuning: Sendable {
  /// The features and the errors of a hypothesis.
  public struct Candidate: Hashable, Sendable {
    /// The features that are multiplied by the weights, finite.
    public let features: [Double]
    /// The number of errors.
    public let errorCount: Int

    /// Creates a candidate.
    public init(features: [Double], errorCount: Int) { (self.features, self.errorCount) = (features, errorCount) }
  }

  /// The number of random directions to try per weight.
  private static let directionsPerWeight = 64

  private let dimension: Int
  /// The features of all candidates, one after the other.
  private let features: [Double]
  private let errors: [Int]
  /// The index of the first candidate of each list, then the number of all candidates.
  private let bounds: [Int]
  /// The inverse of the standard deviation of each feature within lists; 0 if the feature is constant there.
  private let scales: [Double]

  /// Prepares tuning on scored lists with references.
  ///
  /// - Throws: `NBestError.zeroProbability`.
  /// - Precondition: all hypotheses have word errors.
  public init(_ lists: [[ScoredHypothesis]]) throws(NBestError) {
    for hypothesis in lists.joined() where !hypothesis.model.logProbability.isFinite {
      throw .zeroProbability(hypothesis.hypothesis.place)
    }
    self.init(
      candidates: lists.map { list in
        list.map { hypothesis in
          guard let errors = hypothesis.wordErrors else { requirementFailure("tuning needs word errors") }
          return Candidate(features: hypothesis.features, errorCount: errors.errorCount)
        }
      })
  }

  /// Prepares tuning on lists of candidates.
  ///
  /// - Precondition: no list is empty, all candidates have the same number of features, and these are finite.
  public init(candidates lists: [[Candidate]]) {
    let dimension = lists.first?.first?.features.count ?? 0
    require(
      lists.allSatisfy { list in
        !list.isEmpty && list.allSatisfy { $0.features.count == dimension && $0.features.allSatisfy(\.isFinite) }
      }, "tuning needs lists of candidates with \(dimension) finite features each")
    self.dimension = dimension
    features = lists.flatMap { $0.flatMap(\.features) }
    errors = lists.flatMap { $0.map(\.errorCount) }
    bounds = lists.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
    scales = (0..<dimension).map { feature in
      var squares = 0.0
      for list in lists {
        let mean = list.reduce(0) { $0 + $1.features[feature] } / Double(list.count)
        squares += list.reduce(0) { $0 + ($1.features[feature] - mean) * ($1.features[feature] - mean) }
      }
      return squares > 0 ? (Double(lists.joined().count) / squares).squareRoot() : 0
    }
  }

  /// The number of errors of the best choice from each list, which no weights can undercut.
  public var oracleErrorCount: Int {
    zip(bounds, bounds.dropFirst()).reduce(0) { $0 + (errors[$1.0..<$1.1].min() ?? 0) }
  }

  /// Returns the number of errors of the best hypotheses, the first of equally good ones.
  public func errorCount(_ weights: [Double]) -> Int {
    let scores = sums(weights)
    return zip(bounds, bounds.dropFirst()).reduce(0) { sum, list in
      var best = list.0
      for index in list.0..<list.1 where scores[index] > scores[best] { best = index }
      return sum + errors[best]
    }
  }

  /// Returns tuned weights.
  ///
  /// - Parameter start: The weights to start from, one for each feature, finite.
  /// - Returns: Weights with at most as many errors, rounded to the fewest digits, at least 4, that do not add errors;
  ///   unchanged weights are not rounded.
  public func tuned(from start: [Double]) -> [Double] {
    require(start.count == dimension || errors.isEmpty, "tuning needs \(dimension) weights, found \(start.count)")
    guard !errors.isEmpty else { return start }
    let oracleErrorCount = oracleErrorCount
    var (weights, errorCount) = (start, errorCount(start))
    var random = RandomSource(seed: 1)
    let coordinates = start.indices.map { index in start.indices.map { $0 == index ? 1.0 : 0 } }
    func improve(along directions: some Sequence<[Double]>, untilFirst: Bool) -> Bool {
      var isImproved = false
      for direction in directions {
        guard let better = improved(weights, errorCount, along: direction) else { continue }
        ((weights, errorCount), isImproved) = (better, true)
        if untilFirst { break }
      }
      return isImproved
    }
    while errorCount > oracleErrorCount {
      if improve(along: coordinates, untilFirst: false) { continue }
      let drawn = (0..<Self.directionsPerWeight * dimension).map { _ in
        scales.map { $0 * Double.random(in: -1...1, using: &random) }
      }
      if !improve(along: drawn, untilFirst: true) { break }
    }
    return rounded(weights, errorCount, start)
  }

  /// Returns the best weights on a line, if they have fewer errors.
  private func improved(
    _ weights: [Double], _ errorCount: Int, along direction: [Double]
  ) -> (weights: [Double], errorCount: Int)? {
    let line = ErrorIntervals(scores: sums(weights), slopes: sums(direction), errors: errors, bounds: bounds)
    let better = line.intervals.filter { $0.errorCount < errorCount }
      .sorted { ($0.errorCount, $0.distance, $0.low) < ($1.errorCount, $1.distance, $1.low) }
    // Rounding can hide an interval that is almost empty, so the errors are counted; a few attempts are enough.
    for interval in better.prefix(8) {
      guard let t = interval.middle else { continue }
      let moved = zip(weights, direction).map { $0 + t * $1 }
      guard moved.allSatisfy({ abs($0) <= NamedScores.greatest }) else { continue }
      let found = self.errorCount(moved)
      if found < errorCount { return (moved, found) }
    }
    return nil
  }

  /// Returns Σ weight · feature of each candidate.
  private func sums(_ weights: [Double]) -> [Double] {
    errors.indices.map { index in
      var sum = 0.0
      for feature in 0..<dimension { sum += weights[feature] * features[index * dimension + feature] }
      return sum
    }
  }

  private func rounded(_ weights: [Double], _ errorCount: Int, _ start: [Double]) -> [Double] {
    for digits in 4..<17 {
      let rounded = zip(weights, start).map { weight, start in
        weight == start ? weight : Double(String(format: "%.\(digits)g", weight)) ?? weight
      }
      if self.errorCount(rounded) <= errorCount { return rounded }
    }
    return weights
  }
}
