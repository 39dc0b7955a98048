// The door from this module to CMynah: the only file here that sees a pointer.
import Foundation
internal import CMynah
internal import MynahModels
internal import MynahTensors

/// A block of memory that kernels fill once and then only read.
@safe
final class PackedMemory: Sendable {
  fileprivate nonisolated(unsafe) let base: UnsafeMutableRawPointer
  let byteCount: Int

  init(byteCount leastByteCount: Int) {
    // Large pages keep weights that are walked through for every token in fewer entries of the translation cache, and in
    // a neater order in the second-level cache.
    let largePage = 1 << 21
    let isLarge = leastByteCount >= largePage
    byteCount = isLarge ? (leastByteCount + largePage - 1) / largePage * largePage : max(leastByteCount, 64)
    unsafe base = .allocate(byteCount: byteCount, alignment: isLarge ? largePage : 64)
    #if os(Linux)
      if isLarge { _ = unsafe madvise(base, byteCount, Int32(MADV_HUGEPAGE)) }
    #endif
  }

  deinit { unsafe base.deallocate() }
}

/// A matrix [rows, columns] in the kernels' own layout.
struct PackedMatrix: Sendable {
  let precision: WeightPrecision
  let rowCount, columnCount: Int
  /// The number of gate blocks that the rows consist of; 1 for other matrices.
  let blockCount: Int
  private let memory: PackedMemory

  init(_ matrix: Tensor, precision: WeightPrecision, blockCount: Int) {
    (rowCount, columnCount, self.blockCount) = (matrix.shape[0], matrix.shape[1], blockCount)
    // Sums of integers that are longer might overflow.
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

  fileprivate var forKernels: mynah_packed {
    unsafe mynah_packed(
      kind: precision.forKernels, rows: rowCount, columns: columnCount, blocks: blockCount,
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

extension Kernels {
  /// The name of the kernels in use.
  package static var inferenceName: String { unsafe String(cString: inference.pointee.name) }

  /// What a layer's inputs contribute to its gates, for every token: [V, …] in the kernels' own order.
  static func tabulate(_ weight: PackedMatrix, inputs: Tensor, bias: Tensor) -> TensorStorage {
    let kernels = unsafe inference.pointee
    let rowCount = inputs.shape[0]
    var matrix = unsafe weight.forKernels
    let table = TensorStorage(uninitialized: rowCount * (unsafe kernels.table_width(&matrix)))
    let workspace = PackedMemory(byteCount: unsafe kernels.tabulate_bytes(&matrix, rowCount))
    unsafe withUnsafeBases(of: [inputs, bias]) { bases in
      unsafe ThreadTeam.withCurrent {
        unsafe kernels.tabulate($0, table.base, bases[1], bases[0], &matrix, rowCount, workspace.base)
      }
    }
    extendLifetime((weight, table, workspace))
    return table
  }

  /// Writes a tensor's elements to memory of as many.
  static func copy(_ numbers: Tensor, to storage: TensorStorage) {
    unsafe numbers.withUnsafeElements { source in
      if let first = source.baseAddress { unsafe storage.base.update(from: first, count: source.count) }
    }
    extendLifetime(storage)
  }

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

// MARK: Passes

extension PackedModel {
  /// What a pass is for.
  enum Purpose {
    /// The state alone.
    case state
    /// The logits after the last step, [B, V].
    case logits(TensorStorage)
    /// The negative log-probability of each of T·B targets.
    case losses([Int32])
  }

  /// Moves the state past T·B tokens, time-major; returns the losses if they are the purpose.
  ///
  /// - Parameter workspace: Memory to work in, replaced if it is too small; a long text's passes share it.
  func pass(
    _ ids: [Int32], _ state: inout InferenceState, for purpose: Purpose, in workspace: inout PackedMemory
  ) -> [Double] {
    let kernels = unsafe Kernels.inference.pointee
    let (batchSize, stepCount) = (state.batchSize, ids.count / state.batchSize)
    var losses: [Double] = []
    var pass = unsafe mynah_inference_pass()
    unsafe pass.steps = stepCount
    unsafe pass.batch = batchSize
    unsafe pass.vocabulary = output.rowCount
    unsafe pass.layer_count = layers.count
    unsafe pass.output = output.forKernels
    unsafe pass.reversed = !state.stepCount.isMultiple(of: 2)
    unsafe pass.table = UnsafePointer(table?.base)
    var targets: [Int32] = []
    switch purpose {
    case .state: break
    case .logits(let storage): unsafe pass.logits = storage.base
    case .losses(let given):
      targets = given
      losses = [Double](repeating: 0, count: ids.count)
    }
    unsafe withUnsafeBases(of: [embedding, outputBias] + layers.map(\.bias)) { bases in
      unsafe pass.embedding = bases[0]
      unsafe pass.output_bias = bases[1]
      unsafe state.values.withUnsafeMutableBufferPointer { values in
        var next = values.baseAddress
        var parts: [mynah_inference_layer] = unsafe []
        for (index, layer) in layers.enumerated() {
          let size = batchSize * layer.hiddenSize
          var part = unsafe mynah_inference_layer()
          unsafe part.cell = MYNAH_CELL_LSTM
          unsafe part.hidden = layer.hiddenSize
          unsafe part.output = layer.hiddenSize
          unsafe part.input = layer.input.forKernels
          unsafe part.recurrent = layer.recurrent.forKernels
          unsafe part.bias = bases[2 + index]
          unsafe part.h = next
          unsafe part.c = next.map { unsafe $0 + size }
          unsafe parts.append(part)
          unsafe next = next.map { unsafe $0 + 2 * size }
        }
        unsafe parts.withUnsafeBufferPointer { parts in
          unsafe pass.layers = parts.baseAddress
          unsafe ids.withUnsafeBufferPointer { ids in
            unsafe pass.ids = ids.baseAddress
            unsafe targets.withUnsafeBufferPointer { targets in
              unsafe pass.targets = targets.isEmpty ? nil : targets.baseAddress
              unsafe losses.withUnsafeMutableBufferPointer { losses in
                unsafe pass.row_losses = losses.baseAddress
                let threadCount = ThreadTeam.current?.threadCount ?? 1
                let byteCount = unsafe kernels.advance_bytes(&pass, threadCount)
                if workspace.byteCount < byteCount { workspace = PackedMemory(byteCount: byteCount) }
                unsafe pass.workspace = workspace.base
                unsafe ThreadTeam.withCurrent { unsafe kernels.advance($0, &pass) }
                extendLifetime(workspace)
              }
            }
          }
        }
      }
    }
    extendLifetime((self, purpose))
    state.stepCount += stepCount
    return losses
  }
}
