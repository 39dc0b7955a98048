// The sum of squares, in double precision and without a copy of the squares.

extension Variable {
  /// Returns Σ x² over all elements, a scalar: d/dx = 2·x.
  public func sumOfSquares() -> Variable {
    let x = value
    return .recorded(Tensor(Float(x.sumOfSquares)), (self, { x * (2 * $0.scalar) }))
  }
}
