extension Tensor {
  /// Adds a multiple of a gradient in place: self += factor · gradient; rows that a sparse gradient lacks stay
  /// untouched.
  ///
  /// - Precondition: the shapes are equal.
  public mutating func add(_ gradient: Gradient, times factor: Float) {
    switch gradient {
    case .rows(let rows): rows.add(to: &self, times: factor)
    case .dense(let other): add(other, times: factor)
    }
  }
}
