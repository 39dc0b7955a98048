internal import CMynah
internal import MynahTensors

/// The results of linear + softmax + cross-entropy for N rows.
struct CrossEntropyPass: Sendable {
  /// Σ weight × negative log-probability, in nats.
  let nats: Double
  /// Each row's negative log-probability; nil if not requested.
  let rowNats: Tensor?
  /// The gradients of hidden [N, H], weight [V, H] and bias [V]; nil if not requested.
  let gradients: [Tensor]?
}

extension Kernels {
  static func crossEntropy(
    hidden: Tensor, weight: Tensor, bias: Tensor, targets: [Int32], rowWeights: [Float]?, scale: Float,
    wantsRows: Bool, wantsGradients: Bool
  ) -> CrossEntropyPass {
    let kernels = unsafe table.pointee
    let inputs = [hidden, weight, bias, Tensor(rowWeights ?? [])]
    let rows = wantsRows ? TensorStorage(uninitialized: targets.count) : nil
    let gradients = wantsGradients ? inputs[..<3].map { TensorStorage(uninitialized: $0.shape.elementCount) } : nil
    let workspace = TensorStorage(
      uninitialized: unsafe kernels.cross_entropy_workspace(
        targets.count, hidden.shape[1], weight.shape[0], wantsGradients, Precision.current.forKernels,
        ThreadTeam.current?.threadCount ?? 1))
    var nats = 0.0
    unsafe withUnsafeBases(of: inputs) { inputs in
      unsafe targets.withUnsafeBufferPointer { targets in
        unsafe withUnsafeMutablePointer(to: &nats) { nats in
          var pass = unsafe mynah_cross_entropy()
          unsafe pass.precision = Precision.current.forKernels
          unsafe pass.rows = targets.count
          unsafe pass.hidden = hidden.shape[1]
          unsafe pass.vocabulary = weight.shape[0]
          unsafe pass.h = inputs[0]
          unsafe pass.weight = inputs[1]
          unsafe pass.bias = inputs[2]
          unsafe pass.targets = targets.baseAddress
          unsafe pass.row_weights = rowWeights == nil ? nil : inputs[3]
          unsafe pass.scale = scale
          unsafe pass.loss = nats
          unsafe pass.row_losses = rows?.base
          unsafe pass.d_h = gradients?[0].base
          unsafe pass.d_weight = gradients?[1].base
          unsafe pass.d_bias = gradients?[2].base
          unsafe pass.workspace = workspace.base
          unsafe ThreadTeam.withCurrent { unsafe kernels.cross_entropy($0, &pass) }
        }
      }
    }
    extendLifetime((rows, gradients, workspace))
    return CrossEntropyPass(
      nats: nats,
      rowNats: rows.map { Tensor(shape: [targets.count], storage: $0) },
      gradients: gradients.map { zip(inputs, $0).map { Tensor(shape: $0.shape, storage: $1) } })
  }
}
