/// A recurrent layer over whole sequences: [T, B, I] and a state give [T, B, output size] and the state after.
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
  /// the same bits as without padding, whatever the padding contains. (Where matrix products of few rows are computed
  /// differently from those of many, this holds for batches of one size.)
  ///
  /// - Parameters:
  ///   - x: The inputs, [T, B, I].
  ///   - state: The state before the first step.
  func callAsFunction(_ x: SequenceBatch, state: LayerState) -> (output: SequenceBatch, state: LayerState)
}
