import MynahIO
import MynahTensors

/// The mean of the accuracies on several sets of pairs, with its 95 % interval.
///
/// The interval is that of a percentile bootstrap: the pairs of each set are drawn with replacement, as many as there
/// are, and the mean over the sets is computed anew; the interval contains the middle 95 % of the means of many draws.
/// Drawing whole pairs keeps both sentences of a pair together. B. Efron, R. Tibshirani, "An introduction to the
/// bootstrap", 1993, chapter 13.
public struct MeanAccuracy: Hashable, Sendable {
  /// The mean of the accuracies.
  public let value: Double
  /// The bounds of the interval.
  public let low, high: Double

  /// Computes the mean and its interval; equal arguments give equal bits.
  ///
  /// - Parameters:
  ///   - sets: A Boolean value for each pair of each set, true if the pair is right.
  ///   - drawCount: The number of draws.
  ///   - seed: The seed of the draws.
  /// - Precondition: there is at least one set, no set is empty, and the number of draws is positive.
  public init(_ sets: [[Bool]], drawCount: Int = 1000, seed: UInt64 = 1) {
    require(
      !sets.isEmpty && !sets.contains(where: \.isEmpty) && drawCount > 0,
      "a mean accuracy needs sets with pairs, found \(sets.map(\.count))")
    func mean(_ accuracy: ([Bool]) -> Double) -> Double { sets.reduce(0) { $0 + accuracy($1) } / Double(sets.count) }
    value = mean { Double($0.count(where: \.self)) / Double($0.count) }
    var random = RandomSource(seed: seed)
    let means = (0..<drawCount).map { _ in
      mean { set in
        var rightCount = 0
        for _ in set.indices where set[Int.random(in: set.indices, using: &random)] { rightCount += 1 }
        return Double(rightCount) / Double(set.count)
      }
    }
    (low, high) = means.middle95Percent ?? (value, value)
  }
}
