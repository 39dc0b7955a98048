internal import CMynah
internal import MynahTensors

extension Kernels {
  /// The name of the inference kernels in use.
  package static var inferenceName: String { unsafe String(cString: inference.pointee.name) }

  static func areFinite(_ numbers: Tensor) -> Bool {
    unsafe numbers.withUnsafeElements { numbers in
      unsafe ThreadTeam.withCurrent { unsafe inference.pointee.all_finite($0, numbers.baseAddress, numbers.count) }
    }
  }

  /// Returns a token for each row of logits, drawn with probability ∝ exp(logit / temperature) from a uniform random
  /// number; nil if all tokens are forbidden.
  ///
  /// - Parameters:
  ///   - logits: [B, V].
  ///   - temperatures: [B].
  ///   - uniforms: [B], each in 0 ..< 1.
  static func draw(
    _ logits: UnsafeBufferPointer<Float>, temperatures: [Double], forbidden: [Int32], uniforms: [Double]
  ) -> [Int32?] {
    let (kernels, rowCount) = (unsafe inference.pointee, uniforms.count)
    guard rowCount > 0 else { return [] }
    let count = logits.count / rowCount
    let inverses = temperatures.map { $0 > 0 ? Float(min(1 / $0, 1e30)) : .infinity }
    let workspace = PackedMemory(byteCount: unsafe kernels.draw_bytes(count, ThreadTeam.current?.threadCount ?? 1))
    var ids = [Int32](repeating: -1, count: rowCount)
    unsafe forbidden.withUnsafeBufferPointer { forbidden in
      unsafe ThreadTeam.withCurrent {
        unsafe kernels.draw(
          $0, &ids, logits.baseAddress, rowCount, count, forbidden.baseAddress, forbidden.count, inverses, uniforms,
          workspace.base)
      }
    }
    extendLifetime(workspace)
    return ids.map { $0 < 0 ? nil : $0 }
  }
}
