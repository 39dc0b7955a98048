internal import CMynah
import MynahModels
import MynahTensors

/// A matrix [rows, columns] in the kernels' own layout.
struct PackedMatrix: Sendable {
  let precision: WeightPrecision
  let rowCount, columnCount: Int
  /// Whether the rows are those of an LSTM's four gates.
  let isGates: Bool
  private let memory: PackedMemory

  init(_ matrix: Tensor, precision: WeightPrecision, isGates: Bool) {
    (rowCount, columnCount, self.isGates) = (matrix.shape[0], matrix.shape[1], isGates)
    // Sums of integers that are longer might overflow.
    let isTooLong = precision == .int8 && columnCount > Int(MYNAH_INT8_MOST_COLUMNS)
    self.precision = isTooLong ? .float32 : precision
    let kernels = unsafe Kernels.inference.pointee
    memory = PackedMemory(
      byteCount: unsafe kernels.packed_bytes(self.precision.forKernels, rowCount, columnCount, isGates))
    var target = unsafe forKernels
    unsafe matrix.withUnsafeElements { source in
      unsafe ThreadTeam.withCurrent { unsafe kernels.pack($0, memory.base, &target, source.baseAddress) }
    }
  }

  var forKernels: mynah_packed {
    unsafe mynah_packed(
      kind: precision.forKernels, rows: rowCount, columns: columnCount, gates: isGates,
      panels: UnsafeRawPointer(memory.base))
  }
}

extension WeightPrecision {
  fileprivate var forKernels: mynah_weights {
    switch self {
    case .float32: MYNAH_WEIGHTS_FLOAT32
    case .bfloat16: MYNAH_WEIGHTS_BFLOAT16
    case .int8: MYNAH_WEIGHTS_INT8
    }
  }
}
