extension Tensor {
  /// Adds a multiple of a gradient in place: self += factor · gradient; rows that a sparse gradient lacks stay untouched.
  ///
  /// - Precondition: the shapes are equal.
  public mutating func add(_ gradient: Gradient, times factor: Float) {
    precondition(gradient.shape == shape, "a gradient of shape \(gradient.shape) does not fit a tensor of shape \(shape)")
    switch gradient {
    case .rows(let rows): rows.add(to: &self, times: factor)
    case .dense(let other):
      unsafe withUnsafeMutableElements { target in
        unsafe other.withUnsafeElements { source in unsafe Kernels.axpy(target, source, factor) }
      }
    }
  }
}
