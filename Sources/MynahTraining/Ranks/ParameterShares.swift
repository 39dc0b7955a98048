package import MynahTensors

/// The assignment of each parameter's rows to the ranks that update them and keep their optimizer state.
///
/// Each parameter is split into one share per rank, at the boundaries of the blocks of its norm. The first share of the
/// next parameter goes to the previous rank, so that small parameters are spread over the ranks.
package struct ParameterShares: Sendable {
  package let shapes: [Shape]
  package let rankCount: Int

  package init(shapes: [Shape], rankCount: Int) { (self.shapes, self.rankCount) = (shapes, rankCount) }

  /// Returns the rows of a parameter that a rank updates; for a vector, the elements.
  package func rows(of parameter: Int, rank: Int) -> Range<Int> {
    share((rank + parameter) % rankCount, of: parameter)
  }

  /// Returns the ranks in the order of their rows of a parameter.
  package func ranks(of parameter: Int) -> [Int] {
    (0..<rankCount).map { (($0 - parameter) % rankCount + rankCount) % rankCount }
  }

  private func share(_ index: Int, of parameter: Int) -> Range<Int> {
    let (rows, width) = shapes[parameter].asRows
    let block = Kernels.rowsOfBlock(width: width)
    let count = (rows + block - 1) / block
    func bound(_ index: Int) -> Int { min(index * count / rankCount * block, rows) }
    return bound(index)..<bound(index + 1)
  }

  /// Returns the number of blocks that the norm of some rows of a parameter is computed in.
  func blockCount(of rows: Range<Int>, parameter: Int) -> Int {
    let block = Kernels.rowsOfBlock(width: shapes[parameter].asRows.width)
    return (rows.count + block - 1) / block
  }

  /// Returns the range of elements of some rows of a parameter.
  package func elements(of rows: Range<Int>, parameter: Int) -> Range<Int> {
    let width = shapes[parameter].asRows.width
    return rows.lowerBound * width..<rows.upperBound * width
  }

  /// Returns the shape of some rows of a parameter.
  func shape(of rows: Range<Int>, parameter: Int) -> Shape {
    let shape = shapes[parameter]
    if rows.count == shape.asRows.rows { return shape }
    return shape.rank == 2 ? [rows.count, shape[1]] : [rows.count]
  }

  /// Returns some rows of a parameter's tensor.
  func slice(_ tensor: Tensor, _ rows: Range<Int>, parameter: Int) -> Tensor {
    if rows.count == shapes[parameter].asRows.rows { return tensor }
    return tensor.reshaped([tensor.shape.elementCount]).slice(elements(of: rows, parameter: parameter))
      .reshaped(shape(of: rows, parameter: parameter))
  }

  /// Returns some rows of a parameter's gradient; those of a dense one are a part of its tensor, without a copy.
  func slice(_ gradient: Gradient, _ rows: Range<Int>, parameter: Int) -> Gradient {
    if rows.count == shapes[parameter].asRows.rows { return gradient }
    switch gradient {
    case .dense(let tensor):
      return .dense(
        tensor.part(elements(of: rows, parameter: parameter), shape: shape(of: rows, parameter: parameter)))
    case .rows(let sparse):
      let stored = sparse.stored(in: rows)
      return .rows(
        SparseRows(
          shape: [rows.count, sparse.shape[1]], rows: sparse.rows[stored].map { $0 - Int32(rows.lowerBound) },
          values: sparse.values.slice(stored)))
    }
  }
}

extension SparseRows {
  /// Returns the positions of the stored rows that are in a range of rows.
  func stored(in range: Range<Int>) -> Range<Int> {
    func place(_ row: Int) -> Int {
      var (low, high) = (0, rows.count)
      while low < high {
        let middle = (low + high) / 2
        if Int(rows[middle]) < row { low = middle + 1 } else { high = middle }
      }
      return low
    }
    return place(range.lowerBound)..<place(range.upperBound)
  }
}
