// Gathering: the gradient of an element is the sum over all places to which it was copied.

extension Variable {
  /// Returns the entries at given indices along an axis, which is replaced by the axes of `indices`; see
  /// `Tensor.gathered`.
  ///
  /// The gradient of a matrix whose rows were gathered is `.rows`.
  public func gathered(_ indices: [some BinaryInteger], shape: Shape? = nil, axis: Int = 0) -> Variable {
    guard self.shape.rank == 2 && self.shape.resolved(axis: axis) == 0 else {
      return gatheringBlocks(gatherBlocks(of: self.shape, indices, shape: shape, axis: axis))
    }
    let (table, indices) = (self.shape, indices.map { Int32($0) })
    let rowsShape = Shape((shape ?? [indices.count]).sizes + [table[1]])
    let value = value.gatheringRows(indices).reshaped(rowsShape)
    return .custom(parents: [self], outputs: [value]) { arrived in
      let values = arrived[0]?.dense.reshaped([indices.count, table[1]])
      return StepProfile.measure(.embedding) {
        [values.map { .rows(SparseRows(shape: table, adding: $0, at: indices)) }]
      }
    }[0]
  }

  /// Returns the entry at one index along an axis, which is dropped.
  public func gathered(_ index: Int, axis: Int = 0) -> Variable { gathered([index], shape: [], axis: axis) }

  /// Returns the entry at a coordinate: one index for each of the first axes; the other axes remain.
  public func gathered(coordinate: [Int]) -> Variable {
    gathered(coordinates: coordinate, shape: [coordinate.count])
  }

  /// Returns the entries at given coordinates, in row-major order; the last axis of `shape` holds the indices of one
  /// coordinate.
  public func gathered(coordinates: [some BinaryInteger], shape: Shape) -> Variable {
    gatheringBlocks(coordinateBlocks(of: self.shape, coordinates, shape: shape))
  }

  func gatheringBlocks(_ blocks: Blocks) -> Variable {
    let own = shape
    return .recorded(
      value.gatheringBlocks(blocks),
      (
        self,
        { gradient in
          var result = Tensor.zeros(own)
          result.addBlocks(blocks, of: gradient)
          return result
        }
      ))
  }
}
