import MynahIO

// The matrix product.

extension Tensor {
  /// Returns the matrix product A·B of shape [M, N], where A is this matrix.
  ///
  /// - Parameters:
  ///   - other: B, [K, N].
  ///   - transposingSelf: `true` if this matrix is [K, M] and must be transposed.
  ///   - transposingOther: `true` if `other` is [N, K] and must be transposed.
  /// - Precondition: Both are matrices with the same K.
  public func matmul(_ other: Tensor, transposingSelf: Bool = false, transposingOther: Bool = false) -> Tensor {
    require(
      shape.rank == 2 && other.shape.rank == 2,
      "a matrix product needs two matrices, found shapes \(shape) and \(other.shape)")
    let (rowCount, innerCount) = (shape[transposingSelf ? 1 : 0], shape[transposingSelf ? 0 : 1])
    let otherCount = other.shape[transposingOther ? 1 : 0]
    let columnCount = other.shape[transposingOther ? 0 : 1]
    require(
      innerCount == otherCount,
      """
      cannot multiply shapes \(shape)\(transposingSelf ? " transposed" : "") \
      and \(other.shape)\(transposingOther ? " transposed" : "")
      """)
    return unsafe withUnsafeElements { a in
      unsafe other.withUnsafeElements { b in
        unsafe Tensor(shape: [rowCount, columnCount]) { c in
          unsafe Kernels.gemm(
            c, a, b, rowCount: rowCount, columnCount: columnCount, innerCount: innerCount,
            transposingA: transposingSelf, transposingB: transposingOther)
        }
      }
    }
  }
}
