internal import CMynah
internal import MynahTensors

extension Kernels {
  /// Returns each row of a matrix as integers from −127 to 127 and a scale.
  static func quantizeRows(_ matrix: Tensor) -> (integers: [Int8], scales: Tensor) {
    let (rowCount, columnCount) = (matrix.shape[0], matrix.shape[1])
    let scales = TensorStorage(uninitialized: rowCount)
    let integers = unsafe [Int8](unsafeUninitializedCapacity: rowCount * columnCount) { target, count in
      unsafe matrix.withUnsafeElements { source in
        unsafe inference.pointee.quantize_rows(
          target.baseAddress, scales.base, source.baseAddress, rowCount, columnCount)
      }
      count = rowCount * columnCount
    }
    return (integers, Tensor(shape: [rowCount], storage: scales))
  }
}
