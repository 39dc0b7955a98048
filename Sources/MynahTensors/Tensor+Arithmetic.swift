import MynahIO

// Element-wise arithmetic with NumPy's broadcasting.

extension Tensor {
  /// Returns the element-wise sum; shapes broadcast.
  public static func + (left: Tensor, right: Tensor) -> Tensor { left.combined(with: right) { $0 + $1 } }
  /// Returns the element-wise difference; shapes broadcast.
  public static func - (left: Tensor, right: Tensor) -> Tensor { left.combined(with: right) { $0 - $1 } }
  /// Returns the element-wise product; shapes broadcast (`matmul` is the matrix product).
  public static func * (left: Tensor, right: Tensor) -> Tensor { left.combined(with: right) { $0 * $1 } }
  /// Returns the element-wise quotient; shapes broadcast.
  public static func / (left: Tensor, right: Tensor) -> Tensor { left.combined(with: right) { $0 / $1 } }
  /// Returns the element-wise negative.
  public static prefix func - (tensor: Tensor) -> Tensor { tensor.map { -$0 } }

  public static func + (left: Tensor, right: Float) -> Tensor { left.map { $0 + right } }
  public static func - (left: Tensor, right: Float) -> Tensor { left.map { $0 - right } }
  public static func * (left: Tensor, right: Float) -> Tensor { left.map { $0 * right } }
  public static func / (left: Tensor, right: Float) -> Tensor { left.map { $0 / right } }
  public static func + (left: Float, right: Tensor) -> Tensor { right.map { left + $0 } }
  public static func - (left: Float, right: Tensor) -> Tensor { right.map { left - $0 } }
  public static func * (left: Float, right: Tensor) -> Tensor { right.map { left * $0 } }
  public static func / (left: Float, right: Tensor) -> Tensor { right.map { left / $0 } }

  /// Adds a multiple of a tensor of the same shape, in place if this tensor is not shared: self += factor · other.
  public mutating func add(_ other: Tensor, times factor: Float = 1) {
    require(shape == other.shape, "cannot add a tensor of shape \(other.shape) in place to one of shape \(shape)")
    unsafe other.withUnsafeElements { source in
      unsafe withUnsafeMutableElements { unsafe Kernels.axpy($0, source, factor) }
    }
  }

  /// Returns the elements broadcast to a larger shape: axes of size 1 and missing axes are repeated.
  public func broadcast(to target: Shape) -> Tensor {
    shape == target ? self : copied(to: target, strides: shape.strides(broadcastingTo: target))
  }

  /// Returns the gradient of a broadcast: the sum over the axes that were stretched or added from `target` to this
  /// shape.
  func summed(to target: Shape) -> Tensor {
    if shape == target { return self }
    let sizes = target.padded(to: shape.rank)
    let stretched = shape.sizes.indices.filter { sizes[$0] == 1 && shape.sizes[$0] != 1 }
    return sum(axes: stretched, keepingAxes: true).reshaped(target)
  }
}

// MARK: The loops

extension Tensor {
  /// Returns a tensor of the same shape with a function applied to each element.
  public func map(_ transform: (Float) -> Float) -> Tensor {
    unsafe withUnsafeElements { source in
      unsafe Tensor(shape: shape) { target in
        for index in source.indices { unsafe target[index] = unsafe transform(source[index]) }
      }
    }
  }

  /// Returns two tensors combined by an element-wise operation; shapes broadcast.
  @inline(__always)
  func combined(with other: Tensor, _ operation: (Float, Float) -> Float) -> Tensor {
    let target = shape.broadcast(with: other.shape)
    guard shape != target || other.shape != target else {
      return Self.combinedRows(self, [0], 1, other, [0], 1, target, target.elementCount, operation)
    }
    guard target.rank > 0 else { return Tensor(operation(scalar, other.scalar)) }
    let strides = (shape.strides(broadcastingTo: target), other.shape.strides(broadcastingTo: target))
    return Self.combinedRows(
      self, rowStarts(sizes: target.sizes, strides: strides.0), strides.0[target.rank - 1],
      other, rowStarts(sizes: target.sizes, strides: strides.1), strides.1[target.rank - 1],
      target, target[-1], operation)
  }

  /// Combines rows of `count` elements that start at given offsets; the stride along a row is 1, or 0 to repeat one
  /// element.
  @inline(__always)
  private static func combinedRows(
    _ left: Tensor, _ leftStarts: [Int], _ leftStride: Int, _ right: Tensor, _ rightStarts: [Int], _ rightStride: Int,
    _ target: Shape, _ count: Int, _ operation: (Float, Float) -> Float
  ) -> Tensor {
    unsafe left.withUnsafeElements { a in
      unsafe right.withUnsafeElements { b in
        unsafe Tensor(shape: target) { result in
          guard target.elementCount > 0 else { return }
          for row in leftStarts.indices {
            let (i, j, k) = (leftStarts[row], rightStarts[row], row * count)
            if leftStride == 1 && rightStride == 1 {
              for n in 0..<count { unsafe result[k + n] = unsafe operation(a[i + n], b[j + n]) }
            } else if leftStride == 1 {
              let y = unsafe b[j]
              for n in 0..<count { unsafe result[k + n] = unsafe operation(a[i + n], y) }
            } else {
              let x = unsafe a[i]
              for n in 0..<count { unsafe result[k + n] = unsafe operation(x, b[j + n * rightStride]) }
            }
          }
        }
      }
    }
  }

  /// Returns a copy of the elements at the given strides.
  func copied(to target: Shape, strides: [Int]) -> Tensor {
    guard target.elementCount > 0 else { return .zeros(target) }
    guard let stride = strides.last else { return reshaped(target) }
    let starts = rowStarts(sizes: target.sizes, strides: strides)
    let count = target[-1]
    return unsafe withUnsafeElements { source in
      unsafe Tensor(shape: target) { result in
        for (row, start) in starts.enumerated() {
          for n in 0..<count { unsafe result[row * count + n] = unsafe source[start + n * stride] }
        }
      }
    }
  }
}
