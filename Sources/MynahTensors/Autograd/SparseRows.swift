import MynahIO

/// Some rows of a matrix whose other rows are zero: the gradient of a table that rows were gathered from.
public struct SparseRows: Sendable, Equatable {
  /// The shape of the whole matrix.
  public let shape: Shape
  /// The indices of the stored rows, ascending and distinct.
  public let rows: [Int32]
  /// The stored rows' elements, `[rows.count, width]`.
  public let values: Tensor

  /// Creates a matrix from rows.
  ///
  /// - Precondition: `shape` has two axes, `rows` ascend in 0 ..< the row count, `values` is `[rows.count, width]`.
  public init(shape: Shape, rows: [Int32], values: Tensor) {
    require(shape.rank == 2, "sparse rows need the shape of a matrix, got \(shape)")
    require(
      values.shape == [rows.count, shape[1]],
      "\(rows.count) rows of a matrix of shape \(shape) cannot hold values of shape \(values.shape)")
    require(zip(rows, rows.dropFirst()).allSatisfy(<), "rows must ascend")
    if let first = rows.first, let last = rows.last {
      require(first >= 0 && last < shape[0], "rows \(first)...\(last) are outside of shape \(shape)")
    }
    self.shape = shape
    self.rows = rows
    self.values = values
  }

  /// Creates a matrix by summing rows: row `j` of `values` is added to row `indices[j]`, in the order of `j`.
  ///
  /// - Parameters:
  ///   - values: `[indices.count, width]`.
  ///   - indices: In any order; they may repeat.
  public init(shape: Shape, adding values: Tensor, at indices: [Int32]) {
    require(shape.rank == 2, "sparse rows need the shape of a matrix, got \(shape)")
    require(
      values.shape == [indices.count, shape[1]],
      "\(indices.count) indices into shape \(shape) do not fit values of shape \(values.shape)")
    // The sort must be stable, so that each sum is always computed in the same order: the upper half of a key is the
    // index, the lower half its position.
    let keys = indices.enumerated().map { Int64($1) << 32 | Int64($0) }.sorted()
    let order = keys.map { Int32(truncatingIfNeeded: $0) }
    var rows: [Int32] = []
    var starts: [Int] = []
    for (place, index) in order.enumerated() where indices[Int(index)] != rows.last {
      rows.append(indices[Int(index)])
      starts.append(place)
    }
    starts.append(order.count)
    let sums = unsafe values.withUnsafeElements { source in
      unsafe Tensor(shape: [rows.count, shape[1]]) { sums in
        unsafe Kernels.addRows(sums, source, order: order, starts: starts, width: shape[1])
      }
    }
    self.init(shape: shape, rows: rows, values: sums)
  }

  /// The whole matrix.
  public var dense: Tensor {
    var result = Tensor.zeros(shape)
    add(to: &result)
    return result
  }

  /// Returns the matrix multiplied by a scalar.
  public func scaled(by factor: Float) -> SparseRows { SparseRows(shape: shape, rows: rows, values: values * factor) }

  /// Adds a multiple of the stored rows to a matrix in place: tensor += factor · self.
  public func add(to tensor: inout Tensor, times factor: Float = 1) {
    require(tensor.shape == shape, "cannot add rows of shape \(shape) to shape \(tensor.shape)")
    let width = shape[1]
    unsafe values.withUnsafeElements { source in
      unsafe tensor.withUnsafeMutableElements { target in
        for (place, row) in rows.enumerated() {
          let (from, to) = (place * width, Int(row) * width)
          unsafe Kernels.axpy(
            .init(rebasing: target[to..<to + width]), .init(rebasing: source[from..<from + width]), factor)
        }
      }
    }
  }

  /// Returns the sum of two matrices of the same shape, which has the rows of both.
  public static func + (left: SparseRows, right: SparseRows) -> SparseRows {
    require(left.shape == right.shape, "cannot add rows of shapes \(left.shape) and \(right.shape)")
    return SparseRows(
      shape: left.shape, adding: .concatenating([left.values, right.values]), at: left.rows + right.rows)
  }
}
