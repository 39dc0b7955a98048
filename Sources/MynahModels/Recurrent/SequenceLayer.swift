public import MynahTensors

/// A recurrent layer over whole sequences, time-major: [T, B, I] and a state give [T, B, output size] and the state after.
///
/// `Recurrence` scans any cell, `LSTM` computes the common one faster; `Bidirectional`, `Stack` and `DeepOutput` are made of others.
public protocol SequenceLayer: Module {
  /// What the layer remembers.
  associatedtype State: RecurrentState

  /// I.
  var inputSize: Int { get }
  /// The size of the output.
  var outputSize: Int { get }

  /// The state before a text: zeros.
  func zeroState(batchSize: Int) -> State
  /// The outputs of a sequence, and the state after the last step.
  ///
  /// - Parameters:
  ///   - x: The inputs, time-major: [T, B, I].
  ///   - state: The state before the first step.
  /// - Returns: The outputs [T, B, output size] and the state after the last step, both differentiable.
  func callAsFunction(_ x: Variable, state: State) -> (output: Variable, state: State)
  /// The same for sequences of different lengths; see `callAsFunction(_:state:lengths:)`.
  func outputs(_ x: Variable, state: State, lengths: [Int]) -> (output: Variable, state: State)
}

// MARK: Layers of any kind

extension SequenceLayer {
  /// A state of this layer from its parts.
  ///
  /// - Precondition: there are as many as the layer's states have.
  package func state(of parts: [Variable]) -> any RecurrentState {
    zeroState(batchSize: parts[0].shape[0]).with(parts: parts)
  }

  /// The state before a text: zeros, of whatever kind the layer keeps.
  package func anyZeroState(batchSize: Int) -> any RecurrentState { zeroState(batchSize: batchSize) }

  /// The outputs of a sequence and the state after the last step, for a layer whose kind is not known.
  ///
  /// - Precondition: the state is of the layer's kind.
  public func callAsFunction(
    _ x: Variable, state: any RecurrentState
  ) -> (output: Variable, state: any RecurrentState) {
    let result: (output: Variable, state: State) = self(x, state: own(state))
    return (result.output, result.state)
  }

  /// The same for sequences of different lengths.
  ///
  /// - Precondition: the state is of the layer's kind.
  public func callAsFunction(
    _ x: Variable, state: any RecurrentState, lengths: [Int]
  ) -> (output: Variable, state: any RecurrentState) {
    let result: (output: Variable, state: State) = self(x, state: own(state), lengths: lengths)
    return (result.output, result.state)
  }

  private func own(_ state: any RecurrentState) -> State {
    guard let own = state as? State else {
      preconditionFailure("a layer that keeps a \(State.self) was given a \(type(of: state))")
    }
    return own
  }
}
