import Foundation
import MynahTensors

/// A calibration that converts class scores to well-calibrated probabilities.
///
///     p(k | x) ∝ exp(a · ℓ_k(x) / n^γ + b_k)
///
/// ℓ is a score in nats and n the number of tokens. A model that treats tokens as independent evidence is overconfident
/// on long texts; a and γ, fitted on validation texts, correct this. With γ = 0 and b = 0 this is temperature scaling
/// with temperature 1 / a: C. Guo et al., "On calibration of modern neural networks", 2017.
public struct Calibration: Hashable, Codable, Sendable {
  /// a, positive.
  public let scale: Double
  /// γ; 0 for scores that do not grow with the length of the text.
  public let lengthExponent: Double
  /// b, one bias per class.
  public let biases: [Double]

  /// Creates a calibration.
  public init(scale: Double, lengthExponent: Double, biases: [Double]) {
    (self.scale, self.lengthExponent, self.biases) = (scale, lengthExponent, biases)
  }

  /// Returns the calibration that leaves scores unchanged.
  public static func identity(classCount: Int) -> Calibration {
    Calibration(scale: 1, lengthExponent: 0, biases: [Double](repeating: 0, count: classCount))
  }

  /// Returns a description of the expected values if these are invalid, otherwise nil.
  func defect(classCount: Int) -> String? {
    guard scale > 0, ([scale, lengthExponent] + biases).allSatisfy(\.isFinite) else {
      return "a calibration of finite numbers and a positive scale"
    }
    return biases.count == classCount ? nil : "a calibration of \(classCount) classes"
  }

  /// Returns the probabilities of the classes.
  ///
  /// - Parameters:
  ///   - scores: ℓ, one score per class.
  ///   - tokenCount: n, at least 1.
  public func probabilities(_ scores: [Double], tokenCount: Int) -> [Double] {
    calibrated(scores, tokenCount: tokenCount).softmax()
  }

  /// Returns the logarithms of the probabilities.
  func logProbabilities(_ scores: [Double], tokenCount: Int) -> [Double] {
    calibrated(scores, tokenCount: tokenCount).logSoftmax()
  }

  private func calibrated(_ scores: [Double], tokenCount: Int) -> [Double] {
    let factor = scale / pow(Double(tokenCount), lengthExponent)
    return zip(scores, biases).map { factor * $0 + $1 }
  }
}

/// The scores, the length and the class of a validation text.
package struct ScoredText: Sendable {
  package let scores: [Double]
  package let tokenCount: Int
  package let label: Int

  package init(scores: [Double], tokenCount: Int, label: Int) {
    (self.scores, self.tokenCount, self.label) = (scores, tokenCount, label)
  }
}

extension Calibration {
  /// The parameters that are fitted in addition to the scale.
  package struct Freedom: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }
    package static let biases = Freedom(rawValue: 1)
    package static let lengthExponent = Freedom(rawValue: 2)
  }

  /// Creates the calibration that maximises the likelihood of validation texts.
  ///
  /// Without texts, only the initial biases are applied. Targets are smoothed slightly away from 0 and 1, so that
  /// perfectly separated classes do not drive the scale to infinity: J. Platt, "Probabilistic outputs for support
  /// vector machines", 1999.
  ///
  /// - Parameters:
  ///   - biases: The initial value of b: the log-priors for scores that do not include them, otherwise zeros.
  ///   - freedom: The parameters to fit in addition to the scale.
  package init(fitting texts: [ScoredText], from biases: [Double], freedom: Freedom) {
    let usual = Calibration(scale: 1, lengthExponent: 0, biases: biases)
    guard !texts.isEmpty else {
      self = usual
      return
    }
    let exponents = freedom.contains(.lengthExponent) ? [0, 0.25, 0.5, 0.75, 1] : [0.0]
    let fits = exponents.map { Fit(texts, from: biases, exponent: $0, fitsBiases: freedom.contains(.biases)) }
    self = fits.min { $0.loss < $1.loss }?.calibration ?? usual
  }
}

/// The fit of scale and biases for one exponent: a convex problem, solved by gradient descent with a line search.
private struct Fit {
  let calibration: Calibration
  let loss: Double

  init(_ texts: [ScoredText], from biases: [Double], exponent: Double, fitsBiases: Bool) {
    let classCount = biases.count
    let features = texts.map { text -> [Double] in
      let factor = 1 / pow(Double(text.tokenCount), exponent)
      let mean = text.scores.reduce(0, +) / Double(classCount)
      return text.scores.map { ($0 - mean) * factor }
    }
    // Features are divided by their root mean square so that one step size suits both scale and biases.
    let squares = features.reduce(0) { $0 + $1.reduce(0) { $0 + $1 * $1 } }
    let spread = max((squares / Double(features.count * classCount)).squareRoot(), .leastNormalMagnitude)
    let problem = Problem(
      features: features.map { $0.map { $0 / spread } }, targets: Self.targets(texts, classCount: classCount),
      fitsBiases: fitsBiases)
    var numbers = [1.0] + biases
    var (loss, gradient) = problem.loss(numbers)
    var step = 1.0
    for _ in 0..<2000 where step > 1e-12 {
      let square = gradient.reduce(0) { $0 + $1 * $1 }
      guard square > 1e-16 else { break }
      let next = zip(numbers, gradient).map { $0 - step * $1 }
      let tried = problem.loss(next)
      if next[0] > 0 && tried.loss <= loss - 0.3 * step * square {
        let gain = loss - tried.loss
        (numbers, (loss, gradient)) = (next, tried)
        guard gain > 1e-10 else { break }
        step *= 2
      } else {
        step /= 2
      }
    }
    self.loss = loss
    calibration = Calibration(
      scale: numbers[0] / spread, lengthExponent: exponent, biases: Array(numbers.dropFirst()))
  }

  /// Returns the smoothed target probabilities of the classes, close to 1 for the text's own class.
  private static func targets(_ texts: [ScoredText], classCount: Int) -> [[Double]] {
    var counts = [Double](repeating: 0, count: classCount)
    for text in texts { counts[text.label] += 1 }
    return texts.map { text in
      let total = counts[text.label] + Double(classCount)
      return (0..<classCount).map { ($0 == text.label ? counts[$0] + 1 : 1) / total }
    }
  }

  private struct Problem {
    let features, targets: [[Double]]
    let fitsBiases: Bool

    /// Returns the mean cross-entropy and its gradient with respect to scale and biases.
    func loss(_ numbers: [Double]) -> (loss: Double, gradient: [Double]) {
      var (loss, gradient) = (0.0, [Double](repeating: 0, count: numbers.count))
      var scores = [Double](repeating: 0, count: numbers.count - 1)
      for (row, target) in zip(features, targets) {
        for index in row.indices { scores[index] = numbers[0] * row[index] + numbers[index + 1] }
        for (index, probability) in scores.softmax().enumerated() {
          loss -= target[index] * log(max(probability, .leastNormalMagnitude))
          let difference = probability - target[index]
          gradient[0] += difference * row[index]
          if fitsBiases { gradient[index + 1] += difference }
        }
      }
      let count = Double(features.count)
      return (loss / count, gradient.map { $0 / count })
    }
  }
}
