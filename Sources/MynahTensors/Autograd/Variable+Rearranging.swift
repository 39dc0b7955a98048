// Reshaping, transposing, slicing, concatenating and broadcasting; the gradients are rearranged in the opposite
// direction.

extension Variable {
  /// Returns the same elements in another shape with the same number of elements.
  public func reshaped(_ shape: Shape) -> Variable {
    let own = self.shape
    return .recorded(value.reshaped(shape), (self, { $0.reshaped(own) }))
  }

  /// Returns the elements with the axes in another order: axis `i` of the result is axis `order[i]` of this variable.
  public func transposed(_ order: [Int]) -> Variable {
    let resolved = order.map { shape.resolved(axis: $0) }
    let inverse = resolved.indices.sorted { resolved[$0] < resolved[$1] }
    return .recorded(value.transposed(order), (self, { $0.transposed(inverse) }))
  }

  /// Returns the elements with the axes in reverse order: the transpose of a matrix.
  public func transposed() -> Variable { transposed(Array((0..<shape.rank).reversed())) }

  /// Returns the elements broadcast to a larger shape: axes of size 1 and missing axes are repeated.
  public func broadcast(to target: Shape) -> Variable {
    let own = shape
    return .recorded(value.broadcast(to: target), (self, { $0.summed(to: own) }))
  }

  /// Returns the elements whose index along an axis is in a range.
  public func slice(_ range: Range<Int>, axis: Int = 0) -> Variable {
    gatheringBlocks(sliceBlocks(of: shape, range, axis: axis))
  }

  /// Returns variables concatenated along an axis.
  public static func concatenating(_ variables: [Variable], axis: Int = 0) -> Variable {
    let value = Tensor.concatenating(variables.map(\.value), axis: axis)
    let sizes = variables.map { $0.shape[axis] }
    return custom(parents: variables, outputs: [value]) { arrived in
      let gradient = arrived[0]?.dense
      var start = 0
      return sizes.map { size in
        defer { start += size }
        return gradient.map { .dense($0.slice(start..<start + size, axis: axis)) }
      }
    }[0]
  }
}
