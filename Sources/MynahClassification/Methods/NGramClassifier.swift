import MynahIO
import MynahTensors

/// A linear classifier of a text's n-grams: multinomial logistic regression.
///
///     z_k = b_k + Σ_j x_j · W_jk,   p = softmax(z)
///
/// Character n-grams capture what a word-level recurrent classifier misses: spelling, capitalisation and the format of
/// numbers. A wide linear model next to a deep one memorises the evidence of individual features: H.-T. Cheng et al.,
/// "Wide & deep learning for recommender systems", 2016.
public struct NGramClassifier: Hashable, Sendable {
  /// W, [B, K], row-major: the weights of each bucket for the classes.
  public let weights: [Float]
  /// b, [K].
  public let biases: [Float]

  /// Creates a classifier from its weights.
  ///
  /// - Precondition: there are K weights for each bucket, and at least one bucket.
  public init(weights: [Float], biases: [Float]) {
    require(
      !biases.isEmpty && !weights.isEmpty && weights.count.isMultiple(of: biases.count),
      "n-grams need weights for each of \(biases.count) classes, found \(weights.count)")
    (self.weights, self.biases) = (weights, biases)
  }

  /// B, the number of buckets.
  public var bucketCount: Int { weights.count / biases.count }

  /// Returns log p(k | x) in nats for each class.
  public func logProbabilities(_ text: String) -> [Double] {
    logProbabilities(NGramFeatures(text, bucketCount: bucketCount))
  }

  /// Returns log p(k | x) in nats for each class.
  public func logProbabilities(_ features: NGramFeatures) -> [Double] {
    var scores = biases.map { Double($0) }
    for (bucket, value) in zip(features.buckets, features.values) {
      let row = Int(bucket) * biases.count
      for label in scores.indices { scores[label] += Double(value) * Double(weights[row + label]) }
    }
    return scores.logSoftmax()
  }
}
