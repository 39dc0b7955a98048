import Foundation

import MynahIO
/// The joint probabilities p_ij of N points, which represent their pairwise similarities in t-SNE.
///
///     p_ij = (p_j|i + p_i|j) / 2N
///
/// The probabilities of all ordered pairs sum to 1; each unordered pair is stored once.
package struct PairProbabilities: Sendable {
  /// N, the number of points.
  package let pointCount: Int
  /// p_ij for i < j, ordered by i, then by j.
  package private(set) var values: [Double]

  /// Creates joint probabilities from their values.
  package init(pointCount: Int, _ values: [Double]) {
    require(
      values.count == Self.pairCount(pointCount), "\(values.count) probabilities do not fit \(pointCount) points")
    (self.pointCount, self.values) = (pointCount, values)
  }

  /// Creates the joint probabilities of points for a perplexity.
  ///
  /// Takes N²·E/2 multiplications and memory for N²/2 values.
  package init(of points: PointSet, perplexity: Double) {
    let count = points.count
    var distances = [Double](repeating: 0, count: Self.pairCount(count))
    var pair = 0
    for i in 0..<count {
      for j in i + 1..<max(count, i + 1) {
        distances[pair] = points.squaredDistance(i, j)
        pair += 1
      }
    }
    self.init(pointCount: count, [Double](repeating: 0, count: distances.count))
    let scale = 1 / Double(2 * max(count, 1))
    for i in 0..<count {
      let others = (0..<count).filter { $0 != i }.map { index(min(i, $0), max(i, $0)) }
      let distribution = NeighbourDistribution(
        squaredDistances: others.map { distances[$0] }, perplexity: perplexity)
      for (pair, probability) in zip(others, distribution.probabilities) { values[pair] += scale * probability }
    }
  }

  private static func pairCount(_ count: Int) -> Int { count * max(count - 1, 0) / 2 }

  /// Returns the index of a pair i < j.
  private func index(_ i: Int, _ j: Int) -> Int { i * (2 * pointCount - i - 1) / 2 + j - i - 1 }
}

// MARK: The probabilities of the map

extension PairProbabilities {
  /// Returns the gradient of the KL divergence with respect to the coordinates of a map.
  ///
  ///     w_ij = 1 / (1 + |y_i − y_j|²)     q_ij = w_ij / Z     Z = Σ_kl w_kl
  ///     ∂KL/∂y_i = 4 Σ_j (x p_ij − q_ij) w_ij (y_i − y_j)
  ///
  /// Attraction and repulsion are summed separately because Z is known only after the last pair.
  ///
  /// - Parameters:
  ///   - map: Points in two dimensions.
  ///   - exaggeration: x, the early exaggeration, which strengthens attraction in the first steps so that clusters form
  ///     early; 1 afterwards.
  package func gradient(at map: PointSet, exaggeration: Double = 1) -> [Double] {
    let y = map.coordinates
    var attraction = [Double](repeating: 0, count: y.count)
    var repulsion = attraction
    var (total, pair) = (0.0, 0)
    for i in 0..<pointCount {
      let (x0, x1) = (y[2 * i], y[2 * i + 1])
      var (a0, a1, r0, r1) = (0.0, 0.0, 0.0, 0.0)
      for j in i + 1..<max(pointCount, i + 1) {
        let (d0, d1) = (x0 - y[2 * j], x1 - y[2 * j + 1])
        let weight = 1 / (1 + d0 * d0 + d1 * d1)
        total += weight
        let (pull, push) = (values[pair] * weight, weight * weight)
        pair += 1
        a0 += pull * d0
        a1 += pull * d1
        r0 += push * d0
        r1 += push * d1
        attraction[2 * j] -= pull * d0
        attraction[2 * j + 1] -= pull * d1
        repulsion[2 * j] -= push * d0
        repulsion[2 * j + 1] -= push * d1
      }
      attraction[2 * i] += a0
      attraction[2 * i + 1] += a1
      repulsion[2 * i] += r0
      repulsion[2 * i + 1] += r1
    }
    guard total > 0 else { return attraction }
    return y.indices.map { 4 * (exaggeration * attraction[$0] - repulsion[$0] / (2 * total)) }
  }

  /// Returns KL(P ‖ Q) = Σ p ln (p / q) in nats, the loss of neighbourhood structure in a map.
  package func divergence(of map: PointSet) -> Double {
    var (cross, entropy, total, mass, pair) = (0.0, 0.0, 0.0, 0.0, 0)
    for i in 0..<pointCount {
      for j in i + 1..<max(pointCount, i + 1) {
        let distance = 1 + map.squaredDistance(i, j)
        total += 2 / distance
        let p = values[pair]
        pair += 1
        guard p > 0 else { continue }
        mass += 2 * p
        entropy += 2 * p * log(p)
        cross += 2 * p * log(distance)
      }
    }
    return total > 0 ? entropy + cross + mass * log(total) : 0
  }
}
