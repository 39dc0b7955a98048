internal import CMynah

extension Kernels {
  /// Runs multiply-adds in registers on all threads of the current team, for benchmarks.
  ///
  /// - Returns: The number of floating-point operations; 0 if the instruction set has none for the precision.
  package static func multiplyAndAdd(rounds: Int, precision: Precision) -> Int {
    unsafe ThreadTeam.withCurrent {
      Int(unsafe table.pointee.peak($0, precision.forKernels, UInt64(rounds)))
    }
  }

  /// Reads all elements once on all threads of the current team, for benchmarks.
  package static func readThrough(_ tensor: Tensor) {
    unsafe tensor.withUnsafeElements { elements in
      unsafe ThreadTeam.withCurrent { unsafe table.pointee.read_through($0, elements.baseAddress, elements.count) }
    }
  }
}
