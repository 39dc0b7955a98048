import MynahIO

// The index arithmetic that the tensor operations share: strides, broadcasting, sets of axes.

extension Shape {
  /// The distance in memory between neighbouring elements along each axis, in row-major order.
  var strides: [Int] {
    var strides = sizes
    var stride = 1
    for axis in sizes.indices.reversed() {
      strides[axis] = stride
      stride *= sizes[axis]
    }
    return strides
  }

  /// Returns the shape to which two shapes broadcast by NumPy's rule: axes are aligned at the last one, and a size of 1
  /// (or a missing axis) is stretched to the other size.
  ///
  /// - Precondition: Aligned sizes are equal, or one of them is 1.
  public func broadcast(with other: Shape) -> Shape {
    if self == other { return self }
    let rank = max(rank, other.rank)
    let sizes = zip(padded(to: rank), other.padded(to: rank)).map { a, b in
      require(a == b || a == 1 || b == 1, "shapes \(self) and \(other) do not broadcast")
      return a == 1 ? b : a
    }
    return Shape(sizes)
  }

  /// Returns the strides with which a tensor of this shape is read as one of the broadcast shape: 0 along stretched
  /// axes.
  func strides(broadcastingTo shape: Shape) -> [Int] {
    let missing = shape.rank - rank
    require(missing >= 0, "shape \(self) does not broadcast to \(shape)")
    let own = strides
    return shape.sizes.indices.map { axis in
      guard axis >= missing else { return 0 }
      let size = sizes[axis - missing]
      require(size == shape.sizes[axis] || size == 1, "shape \(self) does not broadcast to \(shape)")
      return size == 1 ? 0 : own[axis - missing]
    }
  }

  /// Returns the sizes with leading ones added up to a rank.
  func padded(to rank: Int) -> [Int] { Array(repeating: 1, count: rank - self.rank) + sizes }

  /// Returns the axes counted from the first one, in ascending order; all axes if nil.
  ///
  /// - Precondition: No axis occurs twice.
  func resolved(axes: [Int]?) -> [Int] {
    guard let axes else { return Array(0..<rank) }
    let resolved = axes.map { self.resolved(axis: $0) }.sorted()
    require(zip(resolved, resolved.dropFirst()).allSatisfy(<), "axes \(axes) name an axis of \(self) twice")
    return resolved
  }

  /// Returns the shape after a reduction over axes, which get size 1 or are dropped.
  func reduced(over axes: [Int], keepingAxes: Bool) -> Shape {
    let axes = Set(axes)
    if keepingAxes { return Shape(sizes.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }) }
    return Shape(sizes.enumerated().filter { !axes.contains($0.offset) }.map(\.element))
  }

  /// Returns the product of the sizes of a range of axes.
  func elementCount(of axes: Range<Int>) -> Int { sizes[axes].reduce(1, *) }
}

/// Returns the memory offsets of the elements of a strided view whose last index is 0, in row-major order.
func rowStarts(sizes: some Collection<Int>, strides: some Collection<Int>) -> [Int] {
  zip(sizes, strides).dropLast().reduce([0]) { starts, axis in
    let (size, stride) = axis
    if size == 1 { return starts }
    var result: [Int] = []
    result.reserveCapacity(starts.count * size)
    for start in starts { for index in 0..<size { result.append(start + index * stride) } }
    return result
  }
}
