import Foundation

/// The probability distribution with which a point picks each other point as its neighbour.
///
///     p_j = exp(−β d_j²) / Σ_k exp(−β d_k²)
///
/// β is found by bisection so that the perplexity, exp(−Σ p_j ln p_j), has the target value. The perplexity is a smooth
/// measure of the effective number of neighbours: L. van der Maaten, G. Hinton, "Visualizing data using t-SNE", 2008.
package struct NeighbourDistribution {
  /// p, one probability per distance; they sum to 1.
  package let probabilities: [Double]
  /// exp(−Σ p ln p).
  package let perplexity: Double

  /// Creates the distribution with the target perplexity.
  ///
  /// If several neighbours are equally near, the perplexity cannot be lower than their number; the distribution then
  /// has the lowest possible perplexity.
  package init(squaredDistances: [Double], perplexity target: Double) {
    // Only the ratios of the exponentials matter. Scaling the nearest to 1 prevents underflow of all of them.
    let nearest = squaredDistances.min() ?? 0
    let mean = squaredDistances.reduce(0) { $0 + ($1 - nearest) } / Double(max(squaredDistances.count, 1))
    var beta = mean > 0 ? 1 / mean : 1
    var (low, high) = (0.0, Double.infinity)
    var found = Self.distribution(squaredDistances, nearest: nearest, beta: beta)
    for _ in 0..<Self.stepLimit where abs(found.entropy - log(target)) > Self.tolerance {
      if found.entropy > log(target) { low = beta } else { high = beta }
      beta = high.isFinite ? (low + high) / 2 : 2 * beta
      guard beta.isFinite else { break }
      found = Self.distribution(squaredDistances, nearest: nearest, beta: beta)
    }
    (probabilities, perplexity) = (found.probabilities, exp(found.entropy))
  }

  private static let stepLimit = 200, tolerance = 1e-10

  private static func distribution(
    _ squaredDistances: [Double], nearest: Double, beta: Double
  ) -> (probabilities: [Double], entropy: Double) {
    var (sum, weighted) = (0.0, 0.0)
    var values = squaredDistances
    for (index, distance) in squaredDistances.enumerated() {
      let value = exp(-beta * (distance - nearest))
      values[index] = value
      sum += value
      weighted += value * (distance - nearest)
    }
    guard sum > 0 else { return ([], 0) }
    for index in values.indices { values[index] /= sum }
    // −Σ p ln p with ln p = −β (d² − nearest) − ln Σ.
    return (values, log(sum) + beta * weighted / sum)
  }
}
