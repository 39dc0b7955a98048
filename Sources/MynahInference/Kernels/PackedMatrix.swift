internal import CMynah
internal import MynahModels
internal import MynahTensors

/// A matrix W [rows, columns] in the kernels' own layout, in any precision of weights.
struct PackedMatrix: Sendable {
  let precision: WeightPrecision
  let rowCount, columnCount: Int
  /// The number of equal blocks of rows that are interleaved: the gates of a cell; 1 for other matrices.
  private let blockCount: Int
  private let memory: PackedMemory

  init(_ matrix: Tensor, precision: WeightPrecision, blockCount: Int = 1) {
    (rowCount, columnCount, self.blockCount) = (matrix.shape[0], matrix.shape[1], blockCount)
    // Integer sums over more columns could overflow.
    let isTooLong = precision == .int8 && columnCount > Int(MYNAH_INT8_MOST_COLUMNS)
    self.precision = isTooLong ? .float32 : precision
    let kernels = unsafe Kernels.inference.pointee
    var target = unsafe mynah_packed(
      kind: self.precision.forKernels, rows: rowCount, columns: columnCount, blocks: blockCount, panels: nil)
    memory = PackedMemory(byteCount: unsafe kernels.packed_bytes(&target))
    unsafe matrix.withUnsafeElements { source in
      unsafe ThreadTeam.withCurrent { unsafe kernels.pack($0, memory.base, &target, source.baseAddress) }
    }
  }

  /// The description of the matrix, valid during its lifetime.
  var forKernels: mynah_packed {
    unsafe mynah_packed(
      kind: precision.forKernels, rows: rowCount, columns: columnCount, blocks: blockCount,
      panels: UnsafeRawPointer(memory.base))
  }

  /// Returns x Wᵀ + b: [N, columns] → [N, rows].
  func product(_ x: Tensor, adding bias: Tensor? = nil) -> Tensor {
    let kernels = unsafe Kernels.inference.pointee
    let count = x.shape[0]
    var matrix = unsafe forKernels
    let workspace = PackedMemory(byteCount: unsafe kernels.multiply_packed_bytes(&matrix, count))
    let start = bias ?? Tensor([])
    defer { extendLifetime((self, workspace)) }
    return unsafe withUnsafeBases(of: [start, x]) { bases in
      unsafe Tensor(shape: [count, rowCount]) { y in
        guard count > 0 else { return }
        unsafe ThreadTeam.withCurrent {
          unsafe kernels.multiply_packed(
            $0, y.baseAddress, bias == nil ? nil : bases[0], bases[1], &matrix, count, workspace.base)
        }
      }
    }
  }

  /// Returns x Wᵀ + b for every row of x in the kernels' own order, as a lookup table for the projected inputs of
  /// tokens.
  func table(of x: Tensor, adding bias: Tensor) -> TensorStorage {
    let kernels = unsafe Kernels.inference.pointee
    let rowCount = x.shape[0]
    var matrix = unsafe forKernels
    let table = TensorStorage(uninitialized: rowCount * (unsafe kernels.table_width(&matrix)))
    let workspace = PackedMemory(byteCount: unsafe kernels.tabulate_bytes(&matrix, rowCount))
    unsafe withUnsafeBases(of: [x, bias]) { bases in
      unsafe ThreadTeam.withCurrent {
        unsafe kernels.tabulate($0, table.base, bases[1], bases[0], &matrix, rowCount, workspace.base)
      }
    }
    extendLifetime((self, workspace))
    return table
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
