/// The eigenvalues of a small symmetric matrix, largest first, and their eigenvectors, by Jacobi's rotations.
///
/// C. G. J. Jacobi, "Über ein leichtes Verfahren, die in der Theorie der Säkularstörungen vorkommenden Gleichungen numerisch
/// aufzulösen", 1846: each rotation makes one element outside of the diagonal zero; sweeps go on until all are.
struct SymmetricEigenvectors {
  private(set) var values: [Double]
  /// An eigenvector of length 1 for each value.
  private(set) var vectors: [[Double]]

  /// - Parameter matrix: Rows of a symmetric matrix.
  init(of matrix: [[Double]]) {
    var (a, size) = (matrix, matrix.count)
    // Rows of v become the eigenvectors.
    var v = (0..<size).map { row in (0..<size).map { $0 == row ? 1.0 : 0 } }
    for _ in 0..<Self.sweepLimit where !Self.isDiagonal(a) {
      for p in 0..<size {
        for q in p + 1..<max(size, p + 1) where a[p][q] != 0 { Self.rotate(&a, &v, p, q) }
      }
    }
    let diagonal = a.indices.map { a[$0][$0] }
    let order = diagonal.indices.sorted { (diagonal[$1], $0) < (diagonal[$0], $1) }
    values = order.map { diagonal[$0] }
    vectors = order.map { v[$0] }
  }

  /// Sweeps converge quadratically; ten are enough for any size that occurs.
  private static let sweepLimit = 60

  private static func isDiagonal(_ a: [[Double]]) -> Bool {
    var (inside, outside) = (0.0, 0.0)
    for (row, elements) in a.enumerated() {
      for (column, element) in elements.enumerated() {
        if row == column { inside += element * element } else { outside += element * element }
      }
    }
    return outside <= inside * 0x1p-104
  }

  /// Makes a[p][q] zero.
  private static func rotate(_ a: inout [[Double]], _ v: inout [[Double]], _ p: Int, _ q: Int) {
    let ratio = (a[q][q] - a[p][p]) / (2 * a[p][q])
    // The smaller of the two rotations that do it.
    let tangent = (ratio < 0 ? -1 : 1) / (abs(ratio) + (ratio * ratio + 1).squareRoot())
    let cosine = 1 / (tangent * tangent + 1).squareRoot()
    let sine = tangent * cosine
    for k in a.indices {
      let (x, y) = (a[k][p], a[k][q])
      (a[k][p], a[k][q]) = (cosine * x - sine * y, sine * x + cosine * y)
    }
    for k in a.indices {
      let (x, y) = (a[p][k], a[q][k])
      (a[p][k], a[q][k]) = (cosine * x - sine * y, sine * x + cosine * y)
      let (s, t) = (v[p][k], v[q][k])
      (v[p][k], v[q][k]) = (cosine * s - sine * t, sine * s + cosine * t)
    }
  }
}
