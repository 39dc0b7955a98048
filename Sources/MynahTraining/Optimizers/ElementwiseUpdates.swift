internal import MynahTensors

// Elementwise loops over weights, slots and gradients, for the rules that have no kernel.

extension Gradient {
  /// Calls `body` with each contiguous chunk of the gradient: its offset in the dense tensor and its elements.
  ///
  /// - Parameter visitingZeros: A Boolean value indicating whether rows missing from a sparse gradient are visited as
  ///   zeros.
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

/// Applies a rule to every weight, its slot element and its gradient.
///
/// - Parameter visitingZeros: A Boolean value indicating whether a gradient of 0 has an effect; if not, rows without a
///   gradient are skipped.
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

/// Multiplies all elements by a factor in place.
func shrink(_ tensors: inout [Tensor], by factor: Float) {
  for index in tensors.indices {
    unsafe tensors[index].withUnsafeMutableElements { elements in
      for i in elements.indices { unsafe elements[i] *= factor }
    }
  }
}

/// Interpolates all elements towards targets in place: x ← x + share · (target − x).
func move(_ tensors: inout [Tensor], towards targets: [Tensor], by share: Float) {
  for index in tensors.indices {
    unsafe tensors[index].withUnsafeMutableElements { elements in
      unsafe targets[index].withUnsafeElements { targets in
        for i in elements.indices { unsafe elements[i] += share * (targets[i] - elements[i]) }
      }
    }
  }
}
