import MynahTensors

/// A linear map of a text's n-grams: logistic regression.
///
///     z_k = b_k + Σ_j x_j · W_jk,   p = softmax(z)
///
/// What the recurrent classifier of words misses, spellings, capitals and shapes of numbers, is in the n-grams of characters; a wide
/// linear model beside a deep one keeps what single pieces tell: H.-T. Cheng et al., "Wide & deep learning for recommender systems", 2016.
public struct NGramClassifier: Hashable, Sendable {
  /// W, [B, K] row by row: what a bucket tells of each class.
  public let weights: [Float]
  /// b, [K].
  public let biases: [Float]

  /// Creates a classifier of its weights.
  ///
  /// - Precondition: there are K weights for each bucket, of which there is one.
  public init(weights: [Float], biases: [Float]) {
    precondition(
      !biases.isEmpty && !weights.isEmpty && weights.count.isMultiple(of: biases.count),
      "n-grams need weights for each of \(biases.count) classes, found \(weights.count)")
    (self.weights, self.biases) = (weights, biases)
  }

  /// B, the number of buckets.
  public var bucketCount: Int { weights.count / biases.count }

  /// log p(k | x) in nats for each class.
  public func logProbabilities(_ text: String) -> [Double] {
    logProbabilities(NGramFeatures(text, bucketCount: bucketCount))
  }

  /// log p(k | x) in nats for each class.
  public func logProbabilities(_ features: NGramFeatures) -> [Double] {
    var scores = biases.map { Double($0) }
    for (bucket, value) in zip(features.buckets, features.values) {
      let row = Int(bucket) * biases.count
      for label in scores.indices { scores[label] += Double(value) * Double(weights[row + label]) }
    }
    return scores.logSoftmax()
  }
}
