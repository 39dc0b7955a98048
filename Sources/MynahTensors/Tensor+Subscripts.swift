import MynahIO

/// An index or a range of indices of an axis, in a subscript of a tensor: `0`, `0..<3`, `1...` or `..<3`.
public protocol TensorIndex {
  /// Returns the selected indices of an axis.
  ///
  /// - Parameter size: The size of the axis.
  func indices(ofAxisOfSize size: Int) -> Range<Int>

  /// A Boolean value indicating whether the axis remains, as for a range; an index removes it.
  var keepsAxis: Bool { get }
}

extension Tensor {
  /// The entries at indices of the first axes; the remaining axes are complete.
  ///
  /// ```swift
  /// let x: Tensor = [[1, 2, 3], [4, 5, 6]]
  /// print(x[0])  // [1. 2. 3.]
  /// print(x[1, 2].scalar)  // 6.0
  /// print(x[0..., 1])  // [2. 5.]
  /// print(x[0..<2, ..<2])  // [[1. 2.] [4. 5.]]
  /// ```
  ///
  /// An index removes its axis, and a range keeps it. The elements are copied.
  ///
  /// - Parameter indices: An index in 0 ..< the axis's size, or a range in it, of each of the first axes.
  /// - Precondition: There are at most as many indices as axes, and all are in the range of their axis.
  public subscript(indices: any TensorIndex...) -> Tensor {
    require(indices.count <= shape.rank, "\(indices.count) indices are too many for shape \(shape)")
    var result = self
    var sizes: [Int] = []
    for (axis, index) in indices.enumerated() {
      let range = index.indices(ofAxisOfSize: shape[axis])
      require(
        range.lowerBound >= 0 && range.upperBound <= shape[axis],
        "\(index.keepsAxis ? "range" : "index") \(index) is outside of axis \(axis) of shape \(shape)")
      if range.count < shape[axis] { result = result.slice(range, axis: axis) }
      if index.keepsAxis { sizes.append(range.count) }
    }
    return result.reshaped(Shape(sizes + shape.sizes.dropFirst(indices.count)))
  }
}

extension Int: TensorIndex {
  public func indices(ofAxisOfSize size: Int) -> Range<Int> { self..<self + 1 }
  public var keepsAxis: Bool { false }
}

extension Range: TensorIndex where Bound == Int {
  public func indices(ofAxisOfSize size: Int) -> Range<Int> { self }
  public var keepsAxis: Bool { true }
}

extension ClosedRange: TensorIndex where Bound == Int {
  public func indices(ofAxisOfSize size: Int) -> Range<Int> { Range(self) }
  public var keepsAxis: Bool { true }
}

extension PartialRangeFrom: TensorIndex where Bound == Int {
  public func indices(ofAxisOfSize size: Int) -> Range<Int> { lowerBound..<Swift.max(lowerBound, size) }
  public var keepsAxis: Bool { true }
}

extension PartialRangeUpTo: TensorIndex where Bound == Int {
  public func indices(ofAxisOfSize size: Int) -> Range<Int> { Swift.min(0, upperBound)..<upperBound }
  public var keepsAxis: Bool { true }
}

extension PartialRangeThrough: TensorIndex where Bound == Int {
  public func indices(ofAxisOfSize size: Int) -> Range<Int> { Swift.min(0, upperBound + 1)..<upperBound + 1 }
  public var keepsAxis: Bool { true }
}
