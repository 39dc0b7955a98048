internal import CMynah
internal import MynahTensors

extension Kernels {
  /// The name of the inference kernels in use.
  package static var inferenceName: String { unsafe String(cString: inference.pointee.name) }

  static func areFinite(_ numbers: Tensor) -> Bool {
    unsafe numbers.withUnsafeElements { unsafe inference.pointee.all_finite($0.baseAddress, $0.count) }
  }

  /// A token drawn with a probability ∝ exp(logit / temperature); nil if all are forbidden.
  static func draw(
    _ logits: UnsafeBufferPointer<Float>, temperature: Double, forbidden: [Int32], uniform: Double
  ) -> Int32? {
    let inverse = temperature > 0 ? Float(min(1 / temperature, 1e30)) : .infinity
    let index = unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: max(logits.count, 1)) { workspace in
      unsafe forbidden.withUnsafeBufferPointer { forbidden in
        unsafe inference.pointee.draw(
          logits.baseAddress, logits.count, forbidden.baseAddress, forbidden.count, inverse, uniform,
          workspace.baseAddress)
      }
    }
    return index < logits.count ? Int32(index) : nil
  }
}
