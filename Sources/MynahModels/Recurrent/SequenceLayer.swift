/// A recurrent layer over whole sequences: [T, B, I] and a state → [T, B, output size] and the next state.
///
/// `RecurrentLayer` runs any kind of cell; `Bidirectional` and `DeepOutput` are made of other layers.
public protocol SequenceLayer: Module {
  /// I, the size of the inputs.
  var inputSize: Int { get }
  /// The size of the outputs.
  var outputSize: Int { get }

  /// Returns the state before a text: zeros.
  func zeroState(batchSize: Int) -> LayerState

  /// Returns the outputs of sequences, and the state of each after its own last real step, both differentiable.
  ///
  /// Past a sequence's end the outputs are exactly zero and its state is carried through unchanged. The real steps have
  /// the same bits as without padding, whatever the padding contains. (If matrix products of few rows are computed
  /// differently from products of many rows, this holds only for batches of the same size.)
  ///
  /// - Parameters:
  ///   - x: The inputs, [T, B, I].
  ///   - state: The state before the first step.
  func callAsFunction(_ x: SequenceBatch, state: LayerState) -> (output: SequenceBatch, state: LayerState)
}
