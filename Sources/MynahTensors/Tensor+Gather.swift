import MynahIO

// Gathering along an axis and by coordinates, and the transposed operation: adding entries back to their places.

/// Blocks of contiguous elements in a tensor's memory, which form a new tensor when concatenated.
struct Blocks: Sendable {
  let starts: [Int]
  let size: Int
  /// The shape of the concatenated blocks.
  let shape: Shape
}

extension Tensor {
  /// Returns the entries at given indices along an axis.
  ///
  /// `result[a…, i…, b…] = self[a…, indices[i…], b…]`: the axis is replaced by the axes of `indices`.
  ///
  /// - Parameters:
  ///   - indices: In row-major order, each in 0 ..< the axis's size; they may repeat.
  ///   - shape: The shape of the indices; a vector if nil.
  public func gathered(_ indices: [some BinaryInteger], shape: Shape? = nil, axis: Int = 0) -> Tensor {
    gatheringBlocks(gatherBlocks(of: self.shape, indices, shape: shape, axis: axis))
  }

  /// Returns rows of a matrix, [indices.count, width].
  func gatheringRows(_ indices: [Int32]) -> Tensor {
    let (rowCount, width) = (shape[0], shape[1])
    require(
      indices.allSatisfy { $0 >= 0 && $0 < rowCount }, "indices of rows are outside of a matrix of shape \(shape)")
    return unsafe withUnsafeElements { source in
      unsafe Tensor(shape: [indices.count, width]) { rows in
        // Each sum has one row.
        unsafe Kernels.addRows(rows, source, order: indices, starts: Array(0...indices.count), width: width)
      }
    }
  }

  /// Returns the entry at one index along an axis, which is dropped.
  public func gathered(_ index: Int, axis: Int = 0) -> Tensor { gathered([index], shape: [], axis: axis) }

  /// Returns the entry at a coordinate: one index for each of the first axes; the other axes remain.
  public func gathered(coordinate: [Int]) -> Tensor {
    gathered(coordinates: coordinate, shape: [coordinate.count])
  }

  /// Returns the entries at given coordinates, stacked.
  ///
  /// - Precondition: the coordinates have the same length.
  public func gathered(coordinates: [[Int]]) -> Tensor {
    let depth = coordinates.first?.count ?? 0
    require(coordinates.allSatisfy { $0.count == depth }, "coordinates must all have the same length")
    return gathered(coordinates: coordinates.flatMap(\.self), shape: [coordinates.count, depth])
  }

  /// Returns the entries at given coordinates.
  ///
  /// `result[i…, b…] = self[coordinates[i…, 0], coordinates[i…, 1], …, b…]`.
  ///
  /// - Parameters:
  ///   - coordinates: In row-major order.
  ///   - shape: The shape of the coordinates; its last axis holds the indices of one coordinate.
  public func gathered(coordinates: [some BinaryInteger], shape: Shape) -> Tensor {
    gatheringBlocks(coordinateBlocks(of: self.shape, coordinates, shape: shape))
  }
}

func gatherBlocks(of shape: Shape, _ indices: [some BinaryInteger], shape indexShape: Shape?, axis: Int) -> Blocks {
  let axis = shape.resolved(axis: axis)
  let indexShape = indexShape ?? [indices.count]
  require(indexShape.elementCount == indices.count, "shape \(indexShape) does not fit \(indices.count) indices")
  let size = shape.sizes[axis]
  let inner = shape.elementCount(of: axis + 1..<shape.rank)
  var starts: [Int] = []
  starts.reserveCapacity(shape.elementCount(of: 0..<axis) * indices.count)
  for outer in 0..<shape.elementCount(of: 0..<axis) {
    for index in indices {
      require(index >= 0 && index < size, "index \(index) is outside of axis \(axis) of shape \(shape)")
      starts.append((outer * size + Int(index)) * inner)
    }
  }
  return Blocks(starts: starts, size: inner, shape: shape.replacing(axis: axis, with: indexShape.sizes))
}

func coordinateBlocks(of shape: Shape, _ coordinates: [some BinaryInteger], shape indexShape: Shape) -> Blocks {
  require(
    indexShape.elementCount == coordinates.count, "shape \(indexShape) does not fit \(coordinates.count) indices")
  require(indexShape.rank > 0, "coordinates need an axis of indices, found shape \(indexShape)")
  let depth = indexShape[-1]
  require(depth <= shape.rank, "coordinates of \(depth) indices are too long for shape \(shape)")
  let strides = shape.strides
  let outer = Shape(Array(indexShape.sizes.dropLast()))
  let starts = (0..<outer.elementCount).map { entry in
    (0..<depth).reduce(0) { start, axis in
      let index = coordinates[entry * depth + axis]
      require(
        index >= 0 && index < shape.sizes[axis], "index \(index) is outside of axis \(axis) of shape \(shape)")
      return start + Int(index) * strides[axis]
    }
  }
  return Blocks(
    starts: starts, size: shape.elementCount(of: depth..<shape.rank), shape: Shape(outer.sizes + shape.sizes[depth...]))
}

// MARK: The loops

extension Tensor {
  /// Returns the concatenated blocks of this tensor.
  func gatheringBlocks(_ blocks: Blocks) -> Tensor {
    unsafe withUnsafeElements { source in
      unsafe Tensor(shape: blocks.shape) { target in
        for (index, start) in blocks.starts.enumerated() {
          for n in 0..<blocks.size { unsafe target[index * blocks.size + n] = unsafe source[start + n] }
        }
      }
    }
  }

  /// Adds the contiguous blocks of another tensor to the blocks of this one; the transpose of `gatheringBlocks`.
  mutating func addBlocks(_ blocks: Blocks, of values: Tensor) {
    require(values.shape == blocks.shape, "shape \(values.shape) does not fit \(blocks.shape)")
    unsafe values.withUnsafeElements { source in
      unsafe withUnsafeMutableElements { target in
        for (index, start) in blocks.starts.enumerated() {
          for n in 0..<blocks.size { unsafe target[start + n] += unsafe source[index * blocks.size + n] }
        }
      }
    }
  }
}
