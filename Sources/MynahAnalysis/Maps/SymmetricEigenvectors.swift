/// The eigenvalues of a small symmetric matrix, largest first, and their eigenvectors, computed by Jacobi rotations.
///
/// C. G. J. Jacobi, "Über ein leichtes Verfahren, die in der Theorie der Säkularstörungen vorkommenden Gleichungen
/// numerisch aufzulösen", 1846: each rotation zeroes one off-diagonal element; sweeps continue until the matrix is
/// diagonal.
struct SymmetricEigenvectors {
  private(set) var values: [Double]
  /// The unit eigenvector of each eigenvalue.
  private(set) var vectors: [[Double]]

  /// Computes the eigenvalues and eigenvectors of a matrix.
  ///
  /// - Parameter matrix: The rows of a symmetric matrix.
  init(of matrix: [[Double]]) {
    var (a, size) = (matrix, matrix.count)
    // The rows of v converge to the eigenvectors.
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

  /// The maximum number of sweeps.
  ///
  /// They converge quadratically, so about ten are enough for any practical size.
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

  /// Zeroes a[p][q] by a rotation and applies it to v.
  private static func rotate(_ a: inout [[Double]], _ v: inout [[Double]], _ p: Int, _ q: Int) {
    let ratio = (a[q][q] - a[p][p]) / (2 * a[p][q])
    // Of the two rotations that zero the element, the one with the smaller angle.
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
