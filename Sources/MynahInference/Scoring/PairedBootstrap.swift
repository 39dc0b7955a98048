import MynahIO
import MynahTensors

/// The percentile interval of a paired bootstrap: how much a difference between two models depends on the particular
/// parts of a text.
///
/// The parts, such as lines, are drawn with replacement, as many as there are; the statistic is Σ difference / Σ weight
/// over the drawn parts. The interval contains the middle 95 % of the statistics of many draws. B. Efron, R.
/// Tibshirani, "An introduction to the bootstrap", 1993, chapters 13 and 16; P. Koehn, "Statistical significance tests
/// for machine translation evaluation", 2004.
public struct PairedBootstrap: Hashable, Sendable {
  /// The statistic of the whole text.
  public let value: Double
  /// The bounds of the interval.
  public let low, high: Double

  /// Computes the interval; equal arguments give equal bits.
  ///
  /// - Parameters:
  ///   - differences: The difference between the two models in each part, such as in nats.
  ///   - weights: The weight of each part, such as its words; nil: 1 each, for a mean over parts.
  ///   - drawCount: The number of draws.
  ///   - seed: The seed of the draws.
  /// - Precondition: there is at least one part, there are as many weights as differences, and their sum is positive.
  public init(differences: [Double], weights: [Double]? = nil, drawCount: Int = 1000, seed: UInt64 = 1) {
    let weights = weights ?? [Double](repeating: 1, count: differences.count)
    let total = weights.reduce(0, +)
    require(
      !differences.isEmpty && weights.count == differences.count && total > 0 && drawCount > 0,
      "a bootstrap needs parts with positive weights, found \(differences.count) parts and a total of \(total)")
    value = differences.reduce(0, +) / total
    var random = RandomSource(seed: seed)
    var statistics: [Double] = []
    for _ in 0..<drawCount {
      var (difference, weight) = (0.0, 0.0)
      for _ in differences.indices {
        let part = Int.random(in: differences.indices, using: &random)
        difference += differences[part]
        weight += weights[part]
      }
      // A draw of parts without weight has no statistic.
      if weight > 0 { statistics.append(difference / weight) }
    }
    (low, high) = statistics.middle95Percent ?? (value, value)
  }
}

extension [Double] {
  /// The bounds of the middle 95 % of the values; nil if there are none.
  var middle95Percent: (low: Double, high: Double)? {
    guard !isEmpty else { return nil }
    let (sorted, tail) = (sorted(), Int(Double(count) * 0.025))
    return (sorted[tail], sorted[count - 1 - tail])
  }
}
