internal import CMynah
import MynahTensors

extension Kernels {
  /// The name of the kernels in use.
  package static var inferenceName: String { unsafe String(cString: inference.pointee.name) }

  /// What a layer's inputs contribute to its gates, for every token: [V, …] in the kernels' own order.
  static func tabulate(_ weight: PackedMatrix, inputs: Tensor, bias: Tensor) -> TensorStorage {
    let kernels = unsafe inference.pointee
    let rowCount = inputs.shape[0]
    let table = TensorStorage(uninitialized: rowCount * (unsafe kernels.table_width(weight.rowCount / 4)))
    var matrix = unsafe weight.forKernels
    let workspace = PackedMemory(byteCount: unsafe kernels.tabulate_bytes(&matrix, rowCount))
    unsafe withUnsafeBases(of: [inputs, bias]) { bases in
      unsafe ThreadTeam.withCurrent {
        unsafe kernels.tabulate($0, table.base, bases[1], bases[0], &matrix, rowCount, workspace.base)
      }
    }
    extendLifetime((weight, table, workspace))
    return table
  }
}
