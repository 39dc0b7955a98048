import MynahTensors

/// Computes the largest eigenvalues of a symmetric matrix and their eigenvectors by subspace iteration.
///
/// Repeated multiplication with the matrix turns the vectors towards the dominant eigenvectors. Each iteration computes
/// the best directions within their span exactly, a Rayleigh–Ritz step (G. H. Golub, C. F. Van Loan, "Matrix
/// computations", §8.2). Using more vectors than requested ensures convergence when eigenvalues are close together.
enum Subspace {
  private static let spareCount = 8, roundLimit = 500, tolerance = 1e-12

  /// Returns the largest eigenvalues with their eigenvectors, largest first.
  ///
  /// - Parameter matrix: The rows of a symmetric positive semidefinite matrix.
  static func largest(_ count: Int, of matrix: [[Double]]) -> [(value: Double, vector: [Double])] {
    guard count > 0, let size = matrix.first?.count else { return [] }
    var random = RandomSource(seed: 1)
    var basis = (0..<min(size, count + spareCount)).map { _ in (0..<size).map { _ in random.uniform() - 0.5 } }
    orthonormalize(&basis)
    for _ in 0..<roundLimit {
      let images = basis.map { vector in matrix.map { $0.dot(vector) } }
      let small = SymmetricEigenvectors(of: basis.map { vector in images.map { vector.dot($0) } })
      let vectors = small.vectors.map { combination(of: basis, $0) }
      let turned = small.vectors.map { combination(of: images, $0) }
      let errors = (0..<count).map { index in
        zip(turned[index], vectors[index]).reduce(0) {
          let error = $1.0 - small.values[index] * $1.1
          return $0 + error * error
        }.squareRoot()
      }
      basis = vectors
      if (errors.max() ?? 0) <= tolerance * (small.values.first ?? 0) { break }
      basis = turned
      orthonormalize(&basis)
    }
    let images = basis.map { vector in matrix.map { $0.dot(vector) } }
    return (0..<count).map { (basis[$0].dot(images[$0]), basis[$0]) }
  }

  private static func combination(of vectors: [[Double]], _ weights: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: vectors[0].count)
    for (vector, weight) in zip(vectors, weights) {
      for index in result.indices { result[index] += weight * vector[index] }
    }
    return result
  }

  /// Orthonormalises vectors.
  ///
  /// A vector that depends linearly on those before it is replaced by an orthonormalised coordinate axis.
  private static func orthonormalize(_ vectors: inout [[Double]]) {
    var axis = 0
    for index in vectors.indices {
      var direction = vectors[index].orthonormalized(to: vectors[..<index])
      while direction == nil {
        let unit = vectors[index].indices.map { $0 == axis ? 1.0 : 0 }
        direction = unit.orthonormalized(to: vectors[..<index])
        axis += 1
      }
      vectors[index] = direction ?? []
    }
  }
}
