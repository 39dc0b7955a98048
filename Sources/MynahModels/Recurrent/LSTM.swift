public import MynahTensors

/// A long short-term memory over a whole sequence: what `Recurrence` makes of an `LSTMCell`, as one operation.
///
/// The input projection runs ahead of the recurrence, the recurrent weights are packed once per sequence, and the
/// backward pass is written by hand (`mynah_scan_forward` and `mynah_scan_backward`).
public struct LSTM: SequenceLayer {
  /// The weights and the step.
  public var cell: LSTMCell

  /// Creates a layer from its cell.
  public init(cell: LSTMCell) { self.cell = cell }

  /// Creates a layer with drawn weights; the biases begin at zero, or the forget gates' at a number of their own.
  public init(
    inputSize: Int, hiddenSize: Int, initializer: Initializer, forgetBias: Float = 0, using random: inout RandomSource
  ) {
    cell = LSTMCell(
      inputSize: inputSize, hiddenSize: hiddenSize, initializer: initializer, forgetBias: forgetBias, using: &random)
  }

  public var inputSize: Int { cell.inputSize }
  public var outputSize: Int { cell.hiddenSize }

  public func zeroState(batchSize: Int) -> LSTMState { cell.zeroState(batchSize: batchSize) }

  /// The outputs and the final state of a sequence.
  ///
  /// Cost: 8·T·B·H·(I + H) floating-point operations forward, twice that backward.
  ///
  /// - Parameters:
  ///   - x: The inputs, time-major: [T, B, I].
  ///   - state: The state before the first step: [B, H] each.
  /// - Returns: The outputs [T, B, H] and the state after the last step, both differentiable.
  public func callAsFunction(_ x: Variable, state: LSTMState) -> (output: Variable, state: LSTMState) {
    let sizes = LSTMSizes(of: x, cell: cell, state: state)
    guard sizes.stepCount > 0 && sizes.batchSize > 0 else {
      return (Variable(Tensor.zeros([sizes.stepCount, sizes.batchSize, sizes.hiddenSize])), state)
    }
    let parents = [x, cell.inputWeight, cell.recurrentWeight, cell.bias, state.hidden, state.cell]
    let pass = Kernels.lstmForward(sizes, LSTMInputs(parents.map(\.value)))
    let (saved, wantsInputGradient) = (pass.saved, x.isTracked)
    let results = Variable.custom(parents: parents, outputs: [pass.output, pass.lastHidden, pass.lastCell]) { arrived in
      let dense = arrived.map { $0?.dense }
      return StepProfile.measure(.backward) {
        Kernels.lstmBackward(sizes, saved, gradients: dense, wantsInputGradient: wantsInputGradient)
      }
    }
    return (results[0], LSTMState(hidden: results[1], cell: results[2]))
  }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try cell.visitParameters(prefix: prefix, body)
  }
}

/// The sizes of one pass, checked against each other.
package struct LSTMSizes: Sendable {
  package let stepCount, batchSize, inputSize, hiddenSize: Int

  init(of x: Variable, cell: LSTMCell, state: LSTMState) {
    let shape = x.value.shape
    precondition(
      shape.rank == 3 && shape[2] == cell.inputSize, "an LSTM reads [T, B, \(cell.inputSize)], found \(shape)")
    (stepCount, batchSize, inputSize, hiddenSize) = (shape[0], shape[1], shape[2], cell.hiddenSize)
    let expected: Shape = [batchSize, hiddenSize]
    precondition(
      state.hidden.value.shape == expected && state.cell.value.shape == expected,
      "an LSTM's state must be two of \(expected), found \(state.hidden.value.shape) and \(state.cell.value.shape)")
  }
}
