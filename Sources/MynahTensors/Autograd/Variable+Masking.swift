// Masks: masked-out elements get no gradient.

extension Variable {
  /// Returns this variable's elements where the mask is not zero, and another's elsewhere; the three shapes broadcast.
  public func masked(by mask: Tensor, otherwise other: Variable) -> Variable {
    let (a, b) = (shape, other.shape)
    return .recorded(
      value.masked(by: mask, otherwise: other.value),
      (self, { $0.masked(by: mask).summed(to: a) }),
      (other, { $0.combined(with: mask) { $1 == 0 ? $0 : 0 }.summed(to: b) }))
  }

  /// Returns this variable's elements where the mask is not zero, and one value elsewhere; the shapes broadcast.
  public func masked(by mask: Tensor, otherwise number: Float = 0) -> Variable {
    let own = shape
    return .recorded(value.masked(by: mask, otherwise: number), (self, { $0.masked(by: mask).summed(to: own) }))
  }
}
