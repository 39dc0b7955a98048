import Foundation

extension [Double] {
  /// Returns the softmax of scores.
  package func softmax() -> [Double] {
    let largest = self.max() ?? 0
    let exponentials = map { exp($0 - largest) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }

  /// Returns the logarithm of the softmax.
  package func logSoftmax() -> [Double] {
    let sum = logSumExp()
    return map { $0 - sum }
  }

  /// Returns the logarithm of the sum of the exponentials; −∞ if there are no elements.
  package func logSumExp() -> Double {
    guard let largest = self.max(), largest > -.infinity else { return -.infinity }
    return largest + log(reduce(0) { $0 + exp($1 - largest) })
  }
}

extension [Float] {
  /// Returns the softmax of logits, in Double.
  package func softmax() -> [Double] { map { Double($0) }.softmax() }

  /// Returns the logarithm of the softmax.
  package func logSoftmax() -> [Double] { map { Double($0) }.logSoftmax() }
}
