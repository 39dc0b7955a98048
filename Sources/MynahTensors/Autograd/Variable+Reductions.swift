// Sums, means and maxima over axes. A gradient is broadcast over the axes that were reduced.

extension Variable {
  /// Returns the sum over axes; over all axes if nil.
  public func sum(axes: [Int]? = nil, keepingAxes: Bool = false) -> Variable {
    let (shape, kept) = (shape, keptShape(axes))
    return .recorded(
      value.sum(axes: axes, keepingAxes: keepingAxes), (self, { $0.reshaped(kept).broadcast(to: shape) }))
  }

  /// Returns the mean over axes; over all axes if nil.
  public func mean(axes: [Int]? = nil, keepingAxes: Bool = false) -> Variable {
    let (shape, kept) = (shape, keptShape(axes))
    let count = Float(shape.elementCount) / Float(kept.elementCount)
    return .recorded(
      value.mean(axes: axes, keepingAxes: keepingAxes), (self, { ($0 / count).reshaped(kept).broadcast(to: shape) }))
  }

  /// Returns the maximum over axes; over all axes if nil.
  ///
  /// If several elements are the maximum, they share the gradient evenly.
  public func maximum(axes: [Int]? = nil, keepingAxes: Bool = false) -> Variable {
    let (x, kept) = (value, keptShape(axes))
    let largest = x.maximum(axes: axes, keepingAxes: keepingAxes)
    return .recorded(
      largest,
      (
        self,
        { gradient in
          let isLargest = x.combined(with: largest.reshaped(kept)) { $0 == $1 ? 1 : 0 }
          return isLargest * (gradient.reshaped(kept) / isLargest.sum(axes: axes, keepingAxes: true))
        }
      ))
  }

  private func keptShape(_ axes: [Int]?) -> Shape { shape.reduced(over: shape.resolved(axes: axes), keepingAxes: true) }
}
