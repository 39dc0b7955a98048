package import CMynah
import MynahIO
internal import MynahTensors

/// The fused kernels of one kind of cell: whole sequences as one operation with a hand-written backward pass.
///
/// The kernels identify a layer's parameters by their roles: W_ih, W_hh, W_hr, one or two biases, and vectors of the
/// role `other`.
package struct ScanKernel: Sendable {
  /// The kernels' identifier of the cell.
  package let cell: mynah_cell

  init(_ cell: mynah_cell) { self.cell = cell }

  /// The traits of the cell.
  package var traits: mynah_cell_traits {
    guard let traits = unsafe mynah_traits_of(cell) else {
      requirementFailure("the kernels have no cell \(cell.rawValue)")
    }
    return unsafe traits.pointee
  }
}

extension ScanKernel {
  /// Runs a sequence; returns the outputs and the state after the last step, differentiable.
  ///
  /// If the state has the part `input`, the kernels read windows: each input and the one before it.
  ///
  /// - Parameters:
  ///   - x: The inputs; T and B are positive. Their lengths are ignored.
  ///   - parameters: The layer's parameters in the order of their specs.
  func pass(
    _ x: SequenceBatch, state: LayerState, outputSize: Int, shape: LayerShape, specs: [ParameterSpec],
    parameters: [Variable]
  ) -> (output: Variable, state: LayerState) {
    guard let index = state.names.firstIndex(of: "input") else {
      return scan(x, state: state, outputSize: outputSize, shape: shape, specs: specs, parameters: parameters)
    }
    let x = x.values
    let result = scan(
      SequenceBatch(x.windows(after: state.parts[index])), state: state.removing(at: index), outputSize: outputSize,
      shape: shape, specs: specs, parameters: parameters)
    let last = x.slice(x.shape[0] - 1..<x.shape[0]).reshaped(state.parts[index].shape)
    var parts = result.state.parts
    parts.insert(last, at: index)
    return (result.output, state.with(parts))
  }

  private func scan(
    _ x: SequenceBatch, state: LayerState, outputSize: Int, shape: LayerShape, specs: [ParameterSpec],
    parameters: [Variable]
  ) -> (output: Variable, state: LayerState) {
    // The identity skip reads each step's own input.
    let shared = unsafe traits.has_identity_skip ? nil : x.shared
    let source = shared?.distinct ?? x.values
    let parents = [source] + parameters + state.parts
    let problem = ScanProblem(
      kernel: self, sizes: sizes(x, shape, outputSize, shared), inputs: parents.map(\.value),
      inputRows: shared?.indices, roles: specs.map(\.role), stateNames: state.names,
      wantsInputGradient: source.isTracked)
    let run = problem.forward()
    let outputShape: Shape = [x.stepCount, x.batchSize, outputSize]
    let last = state.names.map { $0 == "cell" ? run.lastCell : run.lastHidden(of: problem) }
    let outputs = [Tensor(shape: outputShape, storage: run.output)] + last
    let results = Variable.custom(parents: parents, outputs: outputs) { (arrived: consuming [Gradient?]) in
      var dense = arrived.map { $0?.dense }
      arrived = []
      return StepProfile.measure(.backward) { problem.backward(run, gradients: &dense) }
    }
    return (results[0], state.with(Array(results.dropFirst())))
  }

  private func sizes(
    _ x: SequenceBatch, _ shape: LayerShape, _ outputSize: Int, _ shared: SharedInputs?
  ) -> mynah_scan_sizes {
    mynah_scan_sizes(
      cell: cell, steps: x.stepCount, batch: x.batchSize, input: x.featureCount, hidden: shape.hiddenSize,
      output: outputSize, distinct: shared?.distinct.shape[0] ?? 0)
  }
}

extension LayerState {
  /// Returns a state without one of the parts.
  fileprivate func removing(at index: Int) -> LayerState {
    let rest = names.indices.filter { $0 != index }
    return LayerState(names: rest.map { names[$0] }, parts: rest.map { parts[$0] })
  }
}

/// The indices of a layer's parameters in a list of tensors, by role.
package struct ScanParameters: Sendable {
  package var inputWeight, recurrentWeight, projection, inputBias, recurrentBias: Int?
  package var vectors: [Int] = []

  /// Sorts parameters by their roles.
  ///
  /// - Parameter offset: The index of the first parameter.
  package init(_ roles: [ParameterRole], offset: Int = 0) {
    for (place, role) in roles.enumerated() {
      let index = offset + place
      switch role {
      case .inputWeight: inputWeight = index
      case .recurrentWeight: recurrentWeight = index
      case .projection: projection = index
      case .bias: if inputBias == nil { inputBias = index } else { recurrentBias = index }
      case .embedding, .output, .other: vectors.append(index)
      }
    }
  }
}

/// The buffers of one forward pass, which the backward pass reads.
private struct ScanRun: Sendable {
  let gates, cells, intermediate, output: TensorStorage
  let lastCell: Tensor

  /// Returns the outputs of the last step, [B, P].
  func lastHidden(of problem: ScanProblem) -> Tensor {
    let shape: Shape = [problem.sizes.batch, problem.sizes.output]
    let result = TensorStorage(uninitialized: shape.elementCount)
    unsafe result.base.update(from: output.base + output.count - result.count, count: result.count)
    return Tensor(shape: shape, storage: result)
  }
}

/// One pass of the kernels: sizes and inputs, x or the distinct inputs first, then the parameters, then the state.
private struct ScanProblem: Sendable {
  let kernel: ScanKernel
  let sizes: mynah_scan_sizes
  let inputs: [Tensor]
  /// The row of x that each step of each sequence reads, if steps share inputs.
  let inputRows: [Int32]?
  let parameters: ScanParameters
  /// The indices of h0 and c0 among the inputs.
  let hidden, cell: Int?
  private let firstStateIndex: Int
  let wantsInputGradient: Bool
  /// The precision of the forward pass; its task-local value may no longer be set when the backward pass runs.
  let precision = Precision.current

  init(
    kernel: ScanKernel, sizes: mynah_scan_sizes, inputs: [Tensor], inputRows: [Int32]?, roles: [ParameterRole],
    stateNames: [String], wantsInputGradient: Bool
  ) {
    (self.kernel, self.sizes, self.inputs, self.inputRows) = (kernel, sizes, inputs, inputRows)
    (parameters, self.wantsInputGradient) = (ScanParameters(roles, offset: 1), wantsInputGradient)
    let first = 1 + roles.count
    firstStateIndex = first
    hidden = stateNames.firstIndex(of: "hidden").map { first + $0 }
    cell = stateNames.firstIndex(of: "cell").map { first + $0 }
  }

  private var hasIntermediate: Bool {
    var traits = unsafe kernel.traits
    return unsafe mynah_has_intermediate(&traits)
  }

  func forward() -> ScanRun {
    let kernels = unsafe Kernels.table.pointee
    var sizes = sizes
    let rows = sizes.steps * sizes.batch
    let lastCell = TensorStorage(uninitialized: cell == nil ? 0 : sizes.batch * sizes.hidden)
    let run = ScanRun(
      gates: TensorStorage(uninitialized: unsafe kernels.scan_gates_size(&sizes)),
      cells: TensorStorage(uninitialized: unsafe kernels.scan_cells_size(&sizes)),
      intermediate: TensorStorage(uninitialized: hasIntermediate ? rows * sizes.hidden : 0),
      output: TensorStorage(uninitialized: rows * sizes.output),
      lastCell: Tensor(shape: cell == nil ? [0] : [sizes.batch, sizes.hidden], storage: lastCell))
    let workspace = TensorStorage(uninitialized: unsafe kernels.scan_forward_workspace(&sizes))
    unsafe withForwardPass(run) { pass in
      unsafe pass.last_c = lastCell.base
      unsafe pass.workspace = workspace.base
      unsafe ThreadTeam.withCurrent { unsafe kernels.scan_forward($0, &pass) }
    }
    extendLifetime((workspace, lastCell))
    return run
  }

  /// Returns the gradients of all inputs, given those of the outputs and of the state's parts after the last step,
  /// which are released as soon as they have been read.
  func backward(_ run: ScanRun, gradients: inout [Tensor?]) -> [Gradient?] {
    let kernels = unsafe Kernels.table.pointee
    var sizes = sizes
    // The gates' gradients are computed element by element, so they can replace the gates if these are not needed
    // again.
    let gateGradients = Tape.isEnding ? run.gates : TensorStorage(uninitialized: run.gates.count)
    let projected = TensorStorage(uninitialized: unsafe kernel.traits.has_projection ? run.output.count : 0)
    // The gradients of weights and inputs are large, so they are allocated once the workspace and the inputs of the
    // pass through time are free again.
    let late = [0, parameters.inputWeight, parameters.recurrentWeight, parameters.projection].compactMap(\.self)
    var results = [TensorStorage?](repeating: nil, count: inputs.count)
    let allocate = { (indices: [Int]) in
      for index in indices where index > 0 || wantsInputGradient {
        results[index] = TensorStorage(uninitialized: inputs[index].shape.elementCount)
      }
    }
    let launch = { (gradients: [Tensor?], workspaceCount: Int, kernel: BackwardKernel?) in
      let workspace = TensorStorage(uninitialized: workspaceCount)
      unsafe withBackwardPass(run, gradients, results) { pass in
        unsafe pass.d_gates = gateGradients.base
        unsafe pass.d_projected = projected.base
        unsafe pass.workspace = workspace.base
        unsafe ThreadTeam.withCurrent { unsafe kernel?($0, &pass) }
      }
      extendLifetime(workspace)
    }
    allocate(inputs.indices.filter { !late.contains($0) })
    unsafe launch(gradients, kernels.scan_backward_workspace(&sizes), kernels.scan_backward)
    gradients = gradients.map { _ in nil }
    allocate(late)
    unsafe launch(gradients, kernels.scan_gradients_workspace(&sizes), kernels.scan_gradients)
    extendLifetime((gateGradients, projected))
    return zip(inputs, results).map { input, storage in
      storage.map { .dense(Tensor(shape: input.shape, storage: $0)) }
    }
  }

  private typealias BackwardKernel = @convention(c) (OpaquePointer?, UnsafePointer<mynah_scan_backward>?) -> Void

  /// Calls `body` with the descriptor of a backward pass, which contains the results that have been allocated.
  private func withBackwardPass(
    _ run: ScanRun, _ gradients: [Tensor?], _ results: [TensorStorage?], _ body: (inout mynah_scan_backward) -> Void
  ) {
    let none = Tensor(0)
    unsafe withUnsafeBases(of: gradients.map { $0 ?? none }) { given in
      let arrived = { (index: Int) in unsafe gradients[index] == nil ? nil : given[index] }
      let result = { (index: Int?) in unsafe index.flatMap { unsafe results[$0]?.base } }
      // The gradient of the outputs comes before those of the state's parts.
      let ofState = { (index: Int?) in unsafe index.flatMap { unsafe arrived($0 - firstStateIndex + 1) } }
      unsafe withForwardPass(run) { forward in
        var pass = unsafe mynah_scan_backward()
        unsafe pass.forward = forward
        unsafe pass.d_output = unsafe arrived(0)
        unsafe pass.d_last_h = unsafe ofState(hidden)
        unsafe pass.d_last_c = unsafe ofState(cell)
        unsafe pass.d_x = unsafe result(0)
        unsafe pass.d_weight_ih = unsafe result(parameters.inputWeight)
        unsafe pass.d_weight_hh = unsafe result(parameters.recurrentWeight)
        unsafe pass.d_weight_hr = unsafe result(parameters.projection)
        unsafe pass.d_bias_ih = unsafe result(parameters.inputBias)
        unsafe pass.d_bias_hh = unsafe result(parameters.recurrentBias)
        unsafe setVectors(&pass.d_vectors, to: parameters.vectors.map { unsafe result($0) })
        unsafe pass.d_h0 = unsafe result(hidden)
        unsafe pass.d_c0 = unsafe result(cell)
        unsafe body(&pass)
      }
    }
    extendLifetime(results)
  }

  /// Calls `body` with the descriptor of a forward pass.
  private func withForwardPass(_ run: ScanRun, _ body: (inout mynah_scan_forward) -> Void) {
    unsafe withUnsafeBases(of: inputs) { bases in
      let base = { (index: Int?) in unsafe index.map { unsafe bases[$0] } }
      var pass = unsafe mynah_scan_forward()
      unsafe pass.precision = precision.forKernels
      unsafe pass.sizes = sizes
      unsafe pass.x = bases[0]
      unsafe pass.weight_ih = unsafe base(parameters.inputWeight)
      unsafe pass.weight_hh = unsafe base(parameters.recurrentWeight)
      unsafe pass.weight_hr = unsafe base(parameters.projection)
      unsafe pass.bias_ih = unsafe base(parameters.inputBias)
      unsafe pass.bias_hh = unsafe base(parameters.recurrentBias)
      unsafe setVectors(&pass.vectors, to: parameters.vectors.map { unsafe base($0) })
      unsafe pass.h0 = unsafe base(hidden)
      unsafe pass.c0 = unsafe base(cell)
      unsafe pass.gates = run.gates.base
      unsafe pass.cells = run.cells.base
      unsafe pass.intermediate = run.intermediate.base
      unsafe pass.output = run.output.base
      unsafe (inputRows ?? []).withUnsafeBufferPointer { rows in
        unsafe pass.x_rows = inputRows == nil ? nil : rows.baseAddress
        unsafe body(&pass)
      }
    }
    extendLifetime(run)
  }
}

/// Sets a C array, which Swift imports as a tuple.
package func setVectors<Pointer>(_ array: inout (Pointer?, Pointer?, Pointer?), to pointers: [Pointer?]) {
  let all = pointers + [nil, nil, nil]
  array = (all[0], all[1], all[2])
}

extension ScanKernel {
  static let lstm = ScanKernel(MYNAH_CELL_LSTM)
  static let rnn = ScanKernel(MYNAH_CELL_RNN_TANH)
  static let reluRNN = ScanKernel(MYNAH_CELL_RNN_RELU)
  static let gru = ScanKernel(MYNAH_CELL_GRU)
  static let gruResetBefore = ScanKernel(MYNAH_CELL_GRU_RESET_BEFORE)
  static let peepholeLSTM = ScanKernel(MYNAH_CELL_PEEPHOLE_LSTM)
  static let coupledLSTM = ScanKernel(MYNAH_CELL_COUPLED_LSTM)
  static let cappedLSTM = ScanKernel(MYNAH_CELL_CAPPED_LSTM)
  static let projectedLSTM = ScanKernel(MYNAH_CELL_PROJECTED_LSTM)
  static let minGRU = ScanKernel(MYNAH_CELL_MIN_GRU)
  static let sru = ScanKernel(MYNAH_CELL_SRU)
  static let sruWithIdentity = ScanKernel(MYNAH_CELL_SRU_IDENTITY)
  static let qrnn = ScanKernel(MYNAH_CELL_QRNN)
}

extension Kernels {
  /// The number of rows up to which a product may be computed differently from one of more rows.
  static var fewRows: Int { Int(MYNAH_FEW_ROWS) }
}
