internal import MynahTensors

// The loops of the rules that have no kernel: number by number, over weights, slots and gradients side by side.

extension Gradient {
  /// Calls `body` with stretches of the gradient: where each begins in the whole tensor, and its numbers.
  ///
  /// - Parameter visitingZeros: Whether rows that a sparse gradient lacks come too, as zeros.
  @inline(__always)
  func forEachStretch(visitingZeros: Bool, _ body: (Int, UnsafeBufferPointer<Float>) -> Void) {
    switch self {
    case .dense(let tensor): unsafe tensor.withUnsafeElements { unsafe body(0, $0) }
    case .rows(let rows):
      let width = rows.shape[1]
      let zeros = Tensor.zeros([visitingZeros ? width : 0])
      unsafe rows.values.withUnsafeElements { values in
        unsafe zeros.withUnsafeElements { zeros in
          var next = 0
          for (place, row) in rows.rows.enumerated() {
            if visitingZeros { for absent in next..<Int(row) { unsafe body(absent * width, zeros) } }
            unsafe body(Int(row) * width, .init(rebasing: values[place * width..<(place + 1) * width]))
            next = Int(row) + 1
          }
          if visitingZeros { for absent in next..<rows.shape[0] { unsafe body(absent * width, zeros) } }
        }
      }
    }
  }
}

/// Applies a rule to every weight, the number of one slot beside it and its gradient.
///
/// - Parameter visitingZeros: Whether a gradient of 0 changes anything; if not, rows without a gradient are passed over.
@inline(__always)
func updateEach(
  _ weights: inout [Tensor], _ slot: inout [Tensor], _ gradients: [Gradient], visitingZeros: Bool,
  _ rule: (_ weight: inout Float, _ slot: inout Float, _ gradient: Float) -> Void
) {
  for index in weights.indices {
    unsafe weights[index].withUnsafeMutableElements { weights in
      unsafe slot[index].withUnsafeMutableElements { slot in
        unsafe gradients[index].forEachStretch(visitingZeros: visitingZeros) { start, gradient in
          for i in gradient.indices { unsafe rule(&weights[start + i], &slot[start + i], gradient[i]) }
        }
      }
    }
  }
}

/// Multiplies all numbers by a factor in place.
func shrink(_ tensors: inout [Tensor], by factor: Float) {
  for index in tensors.indices {
    unsafe tensors[index].withUnsafeMutableElements { elements in
      for i in elements.indices { unsafe elements[i] *= factor }
    }
  }
}

/// Moves all numbers some share of the way to others in place: x ← x + share · (target − x).
func move(_ tensors: inout [Tensor], towards targets: [Tensor], by share: Float) {
  for index in tensors.indices {
    unsafe tensors[index].withUnsafeMutableElements { elements in
      unsafe targets[index].withUnsafeElements { targets in
        for i in elements.indices { unsafe elements[i] += share * (targets[i] - elements[i]) }
      }
    }
  }
}
