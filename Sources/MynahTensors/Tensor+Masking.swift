import MynahIO

// Masks: tensors in which any element other than zero means true.

extension Tensor {
  /// Returns a mask: 1 where the elements satisfy a condition, 0 elsewhere.
  public func mask(where condition: (Float) -> Bool) -> Tensor { map { condition($0) ? 1 : 0 } }

  /// Returns this tensor's elements where the mask is not zero, and another's elsewhere; the three shapes broadcast.
  ///
  /// Unlike in a product with the mask, masked-out elements have no effect, even if they are infinite or NaN.
  public func masked(by mask: Tensor, otherwise other: Tensor) -> Tensor {
    let target = shape.broadcast(with: mask.shape).broadcast(with: other.shape)
    let (yes, no) = (broadcast(to: target), other.broadcast(to: target))
    return mask.broadcast(to: target).withSpan { choice in
      yes.withSpan { yes in
        no.withSpan { no in
          unsafe Tensor(shape: target) { result in
            for index in choice.indices { unsafe result[index] = choice[index] != 0 ? yes[index] : no[index] }
          }
        }
      }
    }
  }

  /// Returns this tensor's elements where the mask is not zero, and one value elsewhere; the shapes broadcast.
  public func masked(by mask: Tensor, otherwise value: Float = 0) -> Tensor {
    combined(with: mask) { $1 != 0 ? $0 : value }
  }
}

extension Tensor {
  /// Returns the tensor after dropout: kept elements are multiplied by `scale`, the others are 0.
  ///
  /// Element `i` is kept if the `i`th 32-bit word of the draws of `random` (the lower half of each draw first) is below
  /// `threshold`.
  package func dropping(keeping threshold: UInt32, scale: Float, using random: RandomSource) -> Tensor {
    unsafe withUnsafeElements { source in
      unsafe Tensor(shape: shape) {
        unsafe Kernels.dropout($0, source, keeping: threshold, scale: scale, using: random)
      }
    }
  }

  /// Returns some rows, [T, b, F], of a batch, [T, B, F], after dropout; the same elements are kept as for the whole
  /// batch.
  ///
  /// - Parameters:
  ///   - first: The index of the first of the rows in the batch.
  ///   - total: The number of rows of the batch, B.
  package func dropping(
    keeping threshold: UInt32, scale: Float, using random: RandomSource, rowsFrom first: Int, of total: Int
  ) -> Tensor {
    let (rowCount, size) = (shape[1], shape[2])
    require(
      first >= 0 && first + rowCount <= total,
      "\(rowCount) rows from row \(first) on do not fit in a batch of \(total) rows")
    return unsafe withUnsafeElements { source in
      unsafe Tensor(shape: shape) { target in
        for step in 0..<shape[0] {
          let range = step * rowCount * size..<(step + 1) * rowCount * size
          unsafe Kernels.dropout(
            UnsafeMutableBufferPointer(rebasing: target[range]), UnsafeBufferPointer(rebasing: source[range]),
            keeping: threshold, scale: scale, using: random, from: (step * total + first) * size)
        }
      }
    }
  }
}
