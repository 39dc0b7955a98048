extension [Double] {
  /// Returns the inner product with another vector.
  package func dot(_ other: [Double]) -> Double {
    var sum = 0.0
    for index in indices { sum += self[index] * other[index] }
    return sum
  }

  /// Returns the normalised component of the vector that is orthogonal to others; nil if only rounding errors are left.
  ///
  /// Gram–Schmidt is applied twice, which is as accurate as Double allows.
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
