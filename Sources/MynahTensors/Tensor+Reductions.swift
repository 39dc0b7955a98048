import MynahIO

// Sums, means and maxima over axes.

extension Tensor {
  /// Returns the sum over axes, accumulated in double precision; 0 over an empty axis.
  ///
  /// - Parameters:
  ///   - axes: The axes to sum over, negative ones from the last; all of them if nil.
  ///   - keepingAxes: `true` to keep these axes, with size 1.
  public func sum(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    unsafe reduced(axes, keepingAxes) { unsafe Float(Kernels.sum($0)) }
  }

  /// Returns the mean over axes, accumulated in double precision; NaN over an empty axis.
  public func mean(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    unsafe reduced(axes, keepingAxes) { unsafe Float(Kernels.sum($0) / Double($0.count)) }
  }

  /// Returns the maximum over axes; NaN if any of the elements is NaN.
  ///
  /// - Precondition: no axis that is reduced is empty.
  public func maximum(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    let shape = shape
    return unsafe reduced(axes, keepingAxes) { row in
      require(row.count > 0, "an empty axis of shape \(shape) has no maximum")
      return unsafe row.reduce(-.infinity) { $1 > $0 || $1.isNaN ? $1 : $0 }
    }
  }

  /// Returns the index of the maximum along an axis, in row-major order of the other axes; the first index in case of
  /// ties.
  ///
  /// - Precondition: the axis is not empty.
  public func indicesOfMaximum(axis: Int = -1) -> [Int32] {
    require(shape[axis] > 0, "an empty axis of shape \(shape) has no maximum")
    let count = shape[axis]
    return movingAxisLast(axis).withSpan { span in
      (0..<(span.count / count)).map { row in
        var best = 0
        for index in 1..<count where span[row * count + index] > span[row * count + best] { best = index }
        return Int32(best)
      }
    }
  }

  /// The sum of the elements' squares in double precision.
  package var sumOfSquares: Double { unsafe withUnsafeElements { unsafe Kernels.sumOfSquares($0) } }

  /// Calls `reduce` with the elements that are reduced to each element of the result.
  private func reduced(
    _ axes: [Int]?, _ keepingAxes: Bool, _ reduce: (UnsafeBufferPointer<Float>) -> Float
  ) -> Tensor {
    let axes = shape.resolved(axes: axes)
    let target = shape.reduced(over: axes, keepingAxes: keepingAxes)
    let kept = shape.sizes.indices.filter { !axes.contains($0) }
    let count = axes.reduce(1) { $0 * shape.sizes[$1] }
    return unsafe transposed(kept + axes).withUnsafeElements { source in
      unsafe Tensor(shape: target) { result in
        for index in result.indices {
          unsafe result[index] = unsafe reduce(.init(rebasing: source[index * count..<(index + 1) * count]))
        }
      }
    }
  }
}
