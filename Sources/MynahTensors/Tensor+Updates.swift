import MynahIO

extension Tensor {
  /// Adds a multiple of a gradient in place: self += factor · gradient; rows that are not in a sparse gradient do not
  /// change.
  ///
  /// - Precondition: the shapes are equal.
  public mutating func add(_ gradient: Gradient, times factor: Float) {
    switch gradient {
    case .rows(let rows): rows.add(to: &self, times: factor)
    case .dense(let other): add(other, times: factor)
    }
  }
}

extension Tensor {
  /// Replaces a range of elements, in row-major order, with the elements of another tensor from index `first` on.
  ///
  /// - Precondition: Both tensors have enough elements.
  package mutating func replace(_ elements: Range<Int>, by other: Tensor, from first: Int = 0) {
    require(
      elements.lowerBound >= 0 && elements.upperBound <= shape.elementCount && first >= 0
        && first + elements.count <= other.shape.elementCount,
      "elements \(elements) of shape \(shape) cannot be replaced by those of shape \(other.shape) from \(first) on")
    guard !elements.isEmpty else { return }
    unsafe other.withUnsafeElements { source in
      unsafe withUnsafeMutableElements { target in
        guard let target = target.baseAddress, let source = source.baseAddress else { return }
        unsafe (target + elements.lowerBound).update(from: source + first, count: elements.count)
      }
    }
  }
}
