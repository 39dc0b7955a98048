import MynahTensors

/// Fits the weights of an n-gram classifier: logistic regression with L2 regularisation.
///
///     J(W) = −Σ_i log p(k_i | x_i) + λ/2 · ‖W‖²
///
/// J is convex and is minimised by Nesterov's accelerated gradient method, restarted whenever the momentum points
/// uphill: B. O'Donoghue, E. Candès, "Adaptive restart for accelerated gradient schemes", 2015. The bias is the weight
/// of a constant feature and is regularised too.
package struct NGramRegression {
  /// The features and the class, in 0 ..< K, of each text.
  package let texts: [(features: NGramFeatures, label: Int)]
  /// B, the number of buckets, and K, the number of classes.
  package let bucketCount, classCount: Int
  /// λ, the strength of the L2 regularisation; positive.
  package let penalty: Double

  /// The relative gradient norm at which the fit stops, and the maximum number of steps.
  private static let tolerance = 1e-3, stepLimit = 400

  package init(
    _ texts: [(features: NGramFeatures, label: Int)], bucketCount: Int, classCount: Int, penalty: Double = 0.01
  ) {
    (self.texts, self.bucketCount, self.classCount, self.penalty) = (texts, bucketCount, classCount, penalty)
  }

  /// Returns the weights that approximately minimise J; without texts, all are 0.
  ///
  /// - Parameter check: Called before each step.
  /// - Throws: Any error of `check`.
  package func fitted(check: () throws -> Void = {}) throws -> NGramClassifier {
    let step = 1 / curvatureBound()
    var weights = [Double](repeating: 0, count: (bucketCount + 1) * classCount)
    var (ahead, momentum, first) = (weights, 1.0, 0.0)
    for index in 0..<Self.stepLimit {
      try check()
      let gradient = gradient(ahead)
      let square = gradient.reduce(0) { $0 + $1 * $1 }
      if index == 0 { first = square }
      guard square > first * Self.tolerance * Self.tolerance else { break }
      let (before, uphill) = (
        weights, weights.indices.reduce(0) { $0 + gradient[$1] * (ahead[$1] - step * gradient[$1] - weights[$1]) }
      )
      if uphill > 0 { momentum = 1 }
      let next = (1 + (1 + 4 * momentum * momentum).squareRoot()) / 2
      let share = uphill > 0 ? 0 : (momentum - 1) / next
      for place in weights.indices {
        weights[place] = ahead[place] - step * gradient[place]
        ahead[place] = weights[place] + share * (weights[place] - before[place])
      }
      momentum = next
    }
    let count = bucketCount * classCount
    return NGramClassifier(weights: weights[..<count].map { Float($0) }, biases: weights[count...].map { Float($0) })
  }

  /// Returns the gradient of J, Σ_i x_i (p_i − y_i)ᵀ + λ·W: [B + 1, K], with the bias last.
  private func gradient(_ weights: [Double]) -> [Double] {
    var gradient = weights.map { penalty * $0 }
    let bias = bucketCount * classCount
    var scores = [Double](repeating: 0, count: classCount)
    for (features, label) in texts {
      for index in 0..<classCount { scores[index] = weights[bias + index] }
      for place in features.buckets.indices {
        let (row, value) = (Int(features.buckets[place]) * classCount, Double(features.values[place]))
        for index in 0..<classCount { scores[index] += value * weights[row + index] }
      }
      scores = scores.softmax()
      scores[label] -= 1
      for place in features.buckets.indices {
        let (row, value) = (Int(features.buckets[place]) * classCount, Double(features.values[place]))
        for index in 0..<classCount { gradient[row + index] += value * scores[index] }
      }
      for index in 0..<classCount { gradient[bias + index] += scores[index] }
    }
    return gradient
  }

  /// Returns an upper bound of the curvature of J: λ + ½ · the largest eigenvalue of XᵀX, estimated by power iteration
  /// with a safety margin.
  private func curvatureBound() -> Double {
    var (direction, size) = ([Double](repeating: 1, count: bucketCount + 1), 0.0)
    for _ in 0..<20 {
      let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 0 else { break }
      var image = [Double](repeating: 0, count: bucketCount + 1)
      for (features, _) in texts {
        var product = direction[bucketCount] / length
        for (bucket, value) in zip(features.buckets, features.values) {
          product += Double(value) * direction[Int(bucket)] / length
        }
        for (bucket, value) in zip(features.buckets, features.values) { image[Int(bucket)] += Double(value) * product }
        image[bucketCount] += product
      }
      (direction, size) = (image, image.reduce(0) { $0 + $1 * $1 }.squareRoot())
    }
    return penalty + 0.55 * size
  }
}
