import Foundation
import MynahIO
import MynahTensors
public import MynahText

/// A mixture of predictors that read the same text: p = Σ wᵢ pᵢ.
///
/// With equal weights it is an ensemble by the mean of probabilities.
public struct MixturePredictor: Predictor {
  private var parts: [any Predictor]
  /// The weights of the parts; their sum is 1.
  public let weights: [Double]

  /// Creates a mixture; the weights are equal if none are given.
  ///
  /// - Precondition: the predictors have the same vocabulary in the same order (see `RenumberedPredictor`); there are
  ///   as many weights as predictors, none of them negative and not all zero. They are divided by their sum.
  public init(_ parts: [any Predictor], weights: [Double]? = nil) {
    let weights = weights ?? [Double](repeating: 1, count: parts.count)
    let sizes = parts.map { $0.vocabularySize }
    require(Set(sizes).count == 1, "a mixture needs one vocabulary, found sizes \(sizes)")
    require(weights.count == parts.count, "\(weights.count) weights do not fit \(parts.count) predictors")
    let total = weights.reduce(0, +)
    require(
      weights.allSatisfy { $0 >= 0 } && total > 0 && total.isFinite,
      "weights must be non-negative and not all zero, got \(weights)")
    self.parts = parts
    self.weights = weights.map { $0 / total }
  }

  public var vocabularySize: Int { parts[0].vocabularySize }

  public var scoringLength: Int { parts.reduce(Int.max) { min($0, $1.scoringLength) } }

  public mutating func read(_ ids: [Int32]) throws {
    for index in parts.indices { try parts[index].read(ids) }
  }

  public mutating func logProbabilities() throws -> [Double] {
    var sum = [Double](repeating: 0, count: vocabularySize)
    for index in parts.indices where weights[index] > 0 {
      let logProbabilities = try parts[index].logProbabilities()
      for id in sum.indices { sum[id] += weights[index] * exp(logProbabilities[id]) }
    }
    return sum.map { log($0) }
  }

  public mutating func score(_ ids: [Int32]) throws -> [Double] {
    try Self.mixed(scores(ids), weights: weights)
  }

  /// Reads some tokens with all parts and returns ln p of each token from each part.
  public mutating func scores(_ ids: [Int32]) throws -> [[Double]] {
    var result: [[Double]] = []
    for index in parts.indices { result.append(try parts[index].score(ids)) }
    return result
  }

  /// Returns ln Σ wᵢ pᵢ of each token, from ln pᵢ of each part.
  public static func mixed(_ scores: [[Double]], weights: [Double]) -> [Double] {
    let logWeights = weights.map { log($0) }
    return (scores.first ?? []).indices.map { place in
      zip(scores, logWeights).map { $0[place] + $1 }.logSumExp()
    }
  }

  /// Returns the weights that maximise the probability of a text, by expectation maximisation from equal weights.
  ///
  /// wᵢ ← mean over tokens of wᵢ pᵢ / Σⱼ wⱼ pⱼ; each round makes the text more probable. F. Jelinek, R. Mercer,
  /// "Interpolated estimation of Markov source parameters from sparse data", 1980.
  ///
  /// - Parameters:
  ///   - parts: Predictors that have not begun a text.
  ///   - policy: The positions at which the state is reset.
  ///   - report: Called periodically with the progress; an error that it throws ends the reading.
  /// - Returns: One weight per part, with sum 1; equal weights if nothing is predicted.
  /// - Throws: `TextError.unknownToken`, `InferenceError.notFinite`, and what `report` throws.
  public static func tunedWeights(
    of parts: [any Predictor], on text: String, tokenizer: AnyTokenizer, policy: StatePolicy = .carry,
    report: (TextProgress) throws -> Void = { _ in }
  ) throws -> [Double] {
    let tokens = try TextTokens.tokens(of: text, tokenizer, policy: policy)
    let total = Double(parts.count * tokens.count)
    var scores: [[Double]] = []
    for (index, part) in parts.enumerated() {
      var (reading, own) = (TextReading(part), [Double]())
      for start in stride(from: 0, to: tokens.count, by: part.scoringLength) {
        let end = min(start + part.scoringLength, tokens.count)
        own += try reading.score(Array(tokens[start..<end])).compactMap { $0?.logProbability }
        let done = index * tokens.count + end
        try report(TextProgress(tokenCount: done, share: Double(done) / total))
      }
      scores.append(own)
    }
    return tunedWeights(scores)
  }

  /// Returns the weights that maximise the probability of a text, from the log-probabilities of its tokens.
  ///
  /// - Parameter scores: ln pᵢ of each token of the text, from each part.
  /// - Returns: One weight per part, with sum 1; equal weights for an empty text.
  public static func tunedWeights(_ scores: [[Double]], rounds: Int = 100) -> [Double] {
    let tokenCount = scores.first?.count ?? 0
    var weights = [Double](repeating: 1 / Double(scores.count), count: scores.count)
    guard tokenCount > 0 else { return weights }
    for _ in 0..<rounds {
      let mixed = mixed(scores, weights: weights)
      let next = zip(scores, weights).map { scores, weight in
        zip(scores, mixed).reduce(0) { $0 + weight * exp($1.0 - $1.1) } / Double(tokenCount)
      }
      let change = zip(next, weights).map { abs($0 - $1) }.max() ?? 0
      weights = next
      if change < 1e-9 { break }
    }
    return weights
  }
}
