extension [Double] {
  /// The inner product with another vector.
  package func dot(_ other: [Double]) -> Double {
    var sum = 0.0
    for index in indices { sum += self[index] * other[index] }
    return sum
  }

  /// The direction of the part of the vector that is orthogonal to others; nil if nothing but rounding errors is left.
  ///
  /// Gram–Schmidt, twice, which is as exact as Double allows.
  ///
  /// - Parameter others: Orthonormal vectors.
  package func orthonormalized(to others: ArraySlice<[Double]>) -> [Double]? {
    var vector = self
    let before = dot(self).squareRoot()
    for _ in 0..<2 {
      for other in others {
        let share = vector.dot(other)
        for index in vector.indices { vector[index] -= share * other[index] }
      }
    }
    let length = vector.dot(vector).squareRoot()
    guard length > 1e-10 * before && length > .leastNormalMagnitude else { return nil }
    return vector.map { $0 / length }
  }
}
