internal import CMynah
import MynahTensors

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
          unsafe parts.append(
            mynah_inference_layer(
              hidden: layer.hiddenSize, input: layer.input.forKernels, recurrent: layer.recurrent.forKernels,
              bias: bases[2 + index], h: next, c: next.map { unsafe $0 + size }))
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
