import Foundation

extension [Double] {
  /// Probabilities proportional to the exponentials of scores.
  package func softmax() -> [Double] {
    let largest = self.max() ?? 0
    let exponentials = map { exp($0 - largest) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }

  /// The logarithms of these probabilities.
  package func logSoftmax() -> [Double] {
    let sum = logSumExp()
    return map { $0 - sum }
  }

  /// The logarithm of the sum of the exponentials; −∞ if there are none.
  package func logSumExp() -> Double {
    guard let largest = self.max(), largest > -.infinity else { return -.infinity }
    return largest + log(reduce(0) { $0 + exp($1 - largest) })
  }
}

extension [Float] {
  /// Probabilities proportional to the exponentials of logits, in Double.
  package func softmax() -> [Double] { map { Double($0) }.softmax() }

  /// The logarithms of these probabilities.
  package func logSoftmax() -> [Double] { map { Double($0) }.logSoftmax() }
}
