package import CMynah

extension Kernels {
  /// Computes C = A·B on the threads of the current team.
  static func gemm(
    _ c: Target, _ a: Source, _ b: Source, rowCount: Int, columnCount: Int, innerCount: Int, transposingA: Bool,
    transposingB: Bool
  ) {
    let workspace = TensorStorage(uninitialized: unsafe table.pointee.gemm_workspace(rowCount, columnCount, innerCount))
    unsafe ThreadTeam.withCurrent { team in
      unsafe table.pointee.gemm(
        team, c.baseAddress, a.baseAddress, b.baseAddress, rowCount, columnCount, innerCount, transposingA,
        transposingB, false, Precision.current.forKernels, workspace.base)
    }
    extendLifetime(workspace)
  }
}

extension Precision {
  /// The kernels' constant for this precision.
  package var forKernels: mynah_precision {
    switch self {
    case .float32: MYNAH_FLOAT32
    case .bfloat16: MYNAH_BFLOAT16
    }
  }

  /// A Boolean value indicating whether this machine multiplies in this precision at least as fast as in float32.
  public var isSupported: Bool {
    switch self {
    case .float32: true
    case .bfloat16: unsafe Kernels.table.pointee.has_bfloat16
    }
  }
}
