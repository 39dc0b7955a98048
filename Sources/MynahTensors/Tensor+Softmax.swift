import Foundation

// Softmax and its logarithm, computed after subtracting the maximum so that no exponential overflows.

extension Tensor {
  /// Returns the softmax along an axis: softmax(x)ᵢ = exp(xᵢ) / Σⱼ exp(xⱼ).
  ///
  /// An element of −∞ gets probability 0; if all elements are −∞, the result is NaN.
  public func softmax(axis: Int = -1) -> Tensor {
    unsafe mappingRows(axis: axis) { target, row in
      _ = unsafe Self.exponentials(target, row)
      let scale = unsafe Float(1 / Kernels.sum(UnsafeBufferPointer(target)))
      for index in row.indices { unsafe target[index] *= scale }
    }
  }

  /// Returns the logarithm of `softmax`: log softmax(x)ᵢ = xᵢ − log Σⱼ exp(xⱼ).
  public func logSoftmax(axis: Int = -1) -> Tensor {
    unsafe mappingRows(axis: axis) { target, row in
      let largest = unsafe Self.exponentials(target, row)
      let logarithm = unsafe Float(Foundation.log(Kernels.sum(UnsafeBufferPointer(target))))
      for index in row.indices { unsafe target[index] = unsafe row[index] - largest - logarithm }
    }
  }

  /// Writes exp(x − max x) and returns max x.
  private static func exponentials(
    _ target: UnsafeMutableBufferPointer<Float>, _ row: UnsafeBufferPointer<Float>
  ) -> Float {
    let largest = unsafe row.reduce(-.infinity) { $1 > $0 || $1.isNaN ? $1 : $0 }
    for index in row.indices { unsafe target[index] = unsafe row[index] - largest }
    unsafe Kernels.exp(target, UnsafeBufferPointer(target))
    return largest
  }

  /// Returns a tensor of the same shape computed row by row, where the rows run along an axis.
  private func mappingRows(
    axis: Int, _ body: (UnsafeMutableBufferPointer<Float>, UnsafeBufferPointer<Float>) -> Void
  ) -> Tensor {
    let count = shape[axis]
    let rows = movingAxisLast(axis)
    let result = unsafe rows.withUnsafeElements { source in
      unsafe Tensor(shape: rows.shape) { target in
        guard !source.isEmpty else { return }
        for start in stride(from: 0, to: source.count, by: count) {
          unsafe body(.init(rebasing: target[start..<start + count]), .init(rebasing: source[start..<start + count]))
        }
      }
    }
    return result.movingLastAxis(to: axis)
  }
}
