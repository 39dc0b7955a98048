internal import CMynah
internal import MynahTensors

/// What an LSTM pass reads.
struct LSTMInputs: Sendable {
  let x, inputWeight, recurrentWeight, bias, hidden, cell: Tensor

  init(_ tensors: [Tensor]) {
    (x, inputWeight, recurrentWeight) = (tensors[0], tensors[1], tensors[2])
    (bias, hidden, cell) = (tensors[3], tensors[4], tensors[5])
  }

  var all: [Tensor] { [x, inputWeight, recurrentWeight, bias, hidden, cell] }
}

/// What the backward pass of an LSTM needs of the forward pass; gates and cells stand as the kernels like them.
struct LSTMSaved: Sendable {
  let inputs: LSTMInputs
  let gates, cells, output: TensorStorage
  /// That of the forward pass; the backward pass may run outside of its task-local value.
  let precision = Precision.current
}

/// The results of an LSTM pass.
struct LSTMPass: Sendable {
  let output, lastHidden, lastCell: Tensor
  let saved: LSTMSaved
}

extension Kernels {
  static func lstmForward(_ sizes: LSTMSizes, _ inputs: LSTMInputs) -> LSTMPass {
    let kernels = unsafe table.pointee
    let (rows, hidden) = (sizes.stepCount * sizes.batchSize, sizes.hiddenSize)
    let state: Shape = [sizes.batchSize, hidden]
    let lastCell = TensorStorage(uninitialized: state.elementCount)
    let saved = LSTMSaved(
      inputs: inputs,
      gates: TensorStorage(uninitialized: unsafe kernels.lstm_gates_size(rows, hidden)),
      cells: TensorStorage(uninitialized: unsafe kernels.lstm_cells_size(sizes.stepCount, sizes.batchSize, hidden)),
      output: TensorStorage(uninitialized: rows * hidden))
    let workspace = TensorStorage(uninitialized: unsafe kernels.lstm_forward_workspace(sizes.inputSize, hidden))
    unsafe withForwardPass(sizes, saved) { pass in
      unsafe pass.last_c = lastCell.base
      unsafe pass.workspace = workspace.base
      unsafe ThreadTeam.withCurrent { unsafe kernels.lstm_forward($0, &pass) }
    }
    extendLifetime(workspace)
    return LSTMPass(
      output: Tensor(shape: [sizes.stepCount, sizes.batchSize, hidden], storage: saved.output),
      lastHidden: lastRows(of: saved.output, state),
      lastCell: Tensor(shape: state, storage: lastCell),
      saved: saved)
  }

  /// The gradients of x, W_ih, W_hh, b, h0 and c0, given those of the output, the last h and the last c.
  static func lstmBackward(
    _ sizes: LSTMSizes, _ saved: LSTMSaved, gradients: [Tensor?], wantsInputGradient: Bool
  ) -> [Gradient?] {
    let kernels = unsafe table.pointee
    let shapes = saved.inputs.all.map(\.shape)
    // The gates' gradients are made element by element, so they may take the gates' place when those are read no more.
    let gateGradients =
      Tape.isEnding ? saved.gates : TensorStorage(uninitialized: saved.gates.count)
    // Large results are made room for when the workspace of the way through time is free again.
    var results = [TensorStorage?](repeating: nil, count: shapes.count)
    let run = { (filled: Range<Int>, workspaceCount: Int, kernel: BackwardKernel?) in
      for index in filled where index > 0 || wantsInputGradient {
        results[index] = TensorStorage(uninitialized: shapes[index].elementCount)
      }
      let workspace = TensorStorage(uninitialized: workspaceCount)
      unsafe withBackwardPass(sizes, saved, gradients, results) { pass in
        unsafe pass.d_gates = gateGradients.base
        unsafe pass.workspace = workspace.base
        unsafe ThreadTeam.withCurrent { unsafe kernel?($0, &pass) }
      }
      extendLifetime(workspace)
    }
    unsafe run(3..<6, kernels.lstm_backward_workspace(sizes.batchSize, sizes.hiddenSize), kernels.lstm_backward)
    unsafe run(
      0..<3,
      kernels.lstm_gradients_workspace(sizes.stepCount, sizes.batchSize, sizes.inputSize, sizes.hiddenSize),
      kernels.lstm_gradients)
    extendLifetime(gateGradients)
    return zip(shapes, results).map { shape, storage in storage.map { .dense(Tensor(shape: shape, storage: $0)) } }
  }

  private typealias BackwardKernel = @convention(c) (OpaquePointer?, UnsafePointer<mynah_lstm_backward>?) -> Void

  /// Calls `body` with the description of a backward pass: arriving gradients of the output, the last h and the last c; results
  /// as in `lstmBackward`, those that are there.
  private static func withBackwardPass(
    _ sizes: LSTMSizes, _ saved: LSTMSaved, _ gradients: [Tensor?], _ results: [TensorStorage?],
    _ body: (inout mynah_lstm_backward) -> Void
  ) {
    let none = Tensor(0)
    unsafe withUnsafeBases(of: gradients.map { $0 ?? none }) { given in
      unsafe withForwardPass(sizes, saved) { forward in
        var pass = unsafe mynah_lstm_backward()
        unsafe pass.forward = forward
        unsafe pass.d_output = gradients[0] == nil ? nil : given[0]
        unsafe pass.d_last_h = gradients[1] == nil ? nil : given[1]
        unsafe pass.d_last_c = gradients[2] == nil ? nil : given[2]
        unsafe pass.d_x = results[0]?.base
        unsafe pass.d_weight_ih = results[1]?.base
        unsafe pass.d_weight_hh = results[2]?.base
        unsafe pass.d_bias = results[3]?.base
        unsafe pass.d_h0 = results[4]?.base
        unsafe pass.d_c0 = results[5]?.base
        unsafe body(&pass)
      }
    }
    extendLifetime(results)
  }

  /// Calls `body` with the description of a forward pass over saved memory.
  private static func withForwardPass(
    _ sizes: LSTMSizes, _ saved: LSTMSaved, _ body: (inout mynah_lstm_forward) -> Void
  ) {
    unsafe withUnsafeBases(of: saved.inputs.all) { inputs in
      var pass = unsafe mynah_lstm_forward()
      unsafe pass.precision = saved.precision.forKernels
      unsafe pass.steps = sizes.stepCount
      unsafe pass.batch = sizes.batchSize
      unsafe pass.input = sizes.inputSize
      unsafe pass.hidden = sizes.hiddenSize
      unsafe pass.x = inputs[0]
      unsafe pass.weight_ih = inputs[1]
      unsafe pass.weight_hh = inputs[2]
      unsafe pass.bias = inputs[3]
      unsafe pass.h0 = inputs[4]
      unsafe pass.c0 = inputs[5]
      unsafe pass.gates = saved.gates.base
      unsafe pass.cells = saved.cells.base
      unsafe pass.output = saved.output.base
      unsafe body(&pass)
    }
    extendLifetime(saved)
  }

  /// The last [B, H] rows of memory.
  private static func lastRows(of storage: TensorStorage, _ shape: Shape) -> Tensor {
    let result = TensorStorage(uninitialized: shape.elementCount)
    unsafe result.base.update(from: storage.base + storage.count - result.count, count: result.count)
    return Tensor(shape: shape, storage: result)
  }
}
