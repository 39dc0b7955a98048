import MynahIO

// Masks: tensors whose elements other than zero mean yes.

extension Tensor {
  /// A mask: 1 where the elements satisfy a condition, 0 elsewhere.
  public func mask(where condition: (Float) -> Bool) -> Tensor { map { condition($0) ? 1 : 0 } }

  /// This tensor's elements where the mask is not zero and another's elsewhere; the three shapes broadcast.
  ///
  /// Unlike a product with the mask, what is masked out does not count at all, be it infinite or NaN.
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

  /// This tensor's elements where the mask is not zero and one value elsewhere; the shapes broadcast.
  public func masked(by mask: Tensor, otherwise value: Float = 0) -> Tensor {
    combined(with: mask) { $1 != 0 ? $0 : value }
  }
}

extension Tensor {
  /// Some elements multiplied by a number and the others replaced by 0, at random: element `i` is kept where the `i`th
  /// half (32 bits, the lower half of a draw first) of what `random` would draw is below `threshold`.
  package func dropping(keeping threshold: UInt32, scale: Float, using random: RandomSource) -> Tensor {
    unsafe withUnsafeElements { source in
      unsafe Tensor(shape: shape) {
        unsafe Kernels.dropout($0, source, keeping: threshold, scale: scale, using: random)
      }
    }
  }

  /// The same for some rows of a batch, [T, b, F]: their elements are dropped as in the whole batch [T, B, F].
  ///
  /// - Parameters:
  ///   - first: The first of the rows.
  ///   - total: B.
  package func dropping(
    keeping threshold: UInt32, scale: Float, using random: RandomSource, rowsFrom first: Int, of total: Int
  ) -> Tensor {
    let (rowCount, size) = (shape[1], shape[2])
    require(first >= 0 && first + rowCount <= total, "rows \(first)... of \(total) cannot be \(rowCount)")
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
