import MynahIO

// Transposing, slicing and concatenating.

extension Tensor {
  /// Returns the elements with the axes in another order: axis `i` of the result is axis `order[i]` of this tensor.
  ///
  /// - Precondition: `order` names every axis once.
  public func transposed(_ order: [Int]) -> Tensor {
    let order = order.map { shape.resolved(axis: $0) }
    require(order.sorted() == Array(0..<shape.rank), "\(order) is not an order of the axes of shape \(shape)")
    let target = Shape(order.map { shape.sizes[$0] })
    // Moving axes of size 1 does not change the memory order: if the other axes keep their order, nothing is copied.
    let moving = order.filter { shape.sizes[$0] != 1 }
    if zip(moving, moving.dropFirst()).allSatisfy(<) { return reshaped(target) }
    let strides = shape.strides
    return copied(to: target, strides: order.map { strides[$0] })
  }

  /// Returns the elements with the axes in reverse order: the transpose of a matrix.
  public func transposed() -> Tensor { transposed(Array((0..<shape.rank).reversed())) }

  /// Returns the elements whose index along an axis is in a range.
  ///
  /// - Precondition: the range is in 0 ..< the axis's size.
  public func slice(_ range: Range<Int>, axis: Int = 0) -> Tensor {
    gatheringBlocks(sliceBlocks(of: shape, range, axis: axis))
  }

  /// Returns tensors concatenated along an axis.
  ///
  /// - Precondition: There is at least one tensor, and the shapes are equal except for the size of the axis.
  public static func concatenating(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    guard let first = tensors.first else { requirementFailure("no tensor to concatenate") }
    let axis = first.shape.resolved(axis: axis)
    for tensor in tensors {
      require(
        tensor.shape.replacing(axis: axis, with: []) == first.shape.replacing(axis: axis, with: []),
        "cannot concatenate shapes \(first.shape) and \(tensor.shape) along axis \(axis)")
    }
    let target = first.shape.replacing(axis: axis, with: [tensors.reduce(0) { $0 + $1.shape[axis] }])
    var result = Tensor.zeros(target)
    var start = 0
    for tensor in tensors {
      let range = start..<start + tensor.shape[axis]
      result.addBlocks(sliceBlocks(of: target, range, axis: axis), of: tensor)
      start = range.upperBound
    }
    return result
  }

  func movingAxisLast(_ axis: Int) -> Tensor {
    let axis = shape.resolved(axis: axis)
    return transposed((0..<shape.rank).filter { $0 != axis } + [axis])
  }

  func movingLastAxis(to axis: Int) -> Tensor {
    var order = Array(0..<shape.rank)
    order.insert(order.removeLast(), at: shape.resolved(axis: axis))
    return transposed(order)
  }
}

extension Shape {
  /// Returns the shape with one axis replaced by others.
  func replacing(axis: Int, with sizes: [Int]) -> Shape {
    let axis = resolved(axis: axis)
    return Shape(self.sizes[..<axis] + sizes + self.sizes[(axis + 1)...])
  }
}

/// Returns the blocks of a slice: one for each index of the axes before the sliced one.
func sliceBlocks(of shape: Shape, _ range: Range<Int>, axis: Int) -> Blocks {
  let axis = shape.resolved(axis: axis)
  require(
    range.lowerBound >= 0 && range.upperBound <= shape.sizes[axis],
    "the slice \(range) is outside of axis \(axis) of shape \(shape)")
  let inner = shape.elementCount(of: axis + 1..<shape.rank)
  let outer = shape.elementCount(of: 0..<axis)
  return Blocks(
    starts: (0..<outer).map { ($0 * shape.sizes[axis] + range.lowerBound) * inner }, size: range.count * inner,
    shape: shape.replacing(axis: axis, with: [range.count]))
}
