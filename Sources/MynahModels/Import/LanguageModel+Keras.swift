import MynahTensors

/// The layout of a recurrent layer's weights in another program.
public struct KerasLayout: Hashable, Sendable {
  /// The order of an LSTM's gates.
  public var gateOrder: GateOrder
  /// A Boolean value indicating whether matrices have one row per input and one column per output, as in Keras;
  /// otherwise they are as in PyTorch.
  public var isTransposed: Bool

  /// Creates a layout, by default Keras's own.
  public init(gateOrder: GateOrder = .keras, isTransposed: Bool = true) {
    (self.gateOrder, self.isTransposed) = (gateOrder, isTransposed)
  }

  /// Returns a matrix with a row per output.
  func matrix(_ tensor: Tensor) -> Tensor { isTransposed ? tensor.transposed() : tensor }
}

extension LanguageModel {
  /// Imports a language model from Keras: arrays in a safetensors file, which `Scripts/keras-weights.py` makes from a
  /// `.weights.h5` file.
  ///
  /// The arrays are `embedding.embeddings`, `recurrent.N.kernel`, `recurrent.N.recurrent_kernel`, `recurrent.N.bias`,
  /// `output.kernel` and `output.bias`. Four gates are an LSTM, three a GRU (reset after the product if it has two rows
  /// of biases, else before it), one is a simple recurrent network with tanh.
  ///
  /// - Parameters:
  ///   - file: float32 arrays.
  ///   - layout: The order of the gates, and whether matrices are transposed.
  /// - Throws: `CheckpointError` if an array is missing, or of another type or shape than the others require.
  public init(keras file: SafetensorsFile, layout: KerasLayout = KerasLayout()) throws(CheckpointError) {
    let embedding = try file.matrix(named: "embedding.embeddings")
    var parts = ModelParts(embedding: embedding)
    var index = 0
    repeat {
      let (layer, weights) = try file.kerasLayer("recurrent.\(index)", inputSize: parts.outputSize, layout)
      parts.append(layer, weights)
      index += 1
    } while file["recurrent.\(index).kernel"] != nil
    let shape: Shape = [embedding.shape[0], parts.outputSize]
    self = try parts.model(
      output: try file.kerasMatrix("output.kernel", shape: shape, layout),
      bias: try file.optionalTensor(named: "output.bias", shape: [embedding.shape[0]]), path: file.path)
  }
}

extension SafetensorsFile {
  fileprivate func kerasLayer(
    _ prefix: String, inputSize: Int, _ layout: KerasLayout
  ) throws(CheckpointError) -> (LayerConfiguration, [Tensor]) {
    let name = prefix + ".recurrent_kernel"
    let recurrent = layout.matrix(try matrix(named: name))
    let (rows, hiddenSize) = (recurrent.shape[0], recurrent.shape[1])
    let biasName = prefix + ".bias"
    let biasCount = self[biasName]?.shape.rank == 2 ? 2 : 1
    let found = CellKinds.standard.all.lazy.compactMap { kind in kind.interchange.keras.map { (kind, $0) } }
      .first { $0.1.blockCount * hiddenSize == rows && $0.1.biasCount == biasCount }
    guard let (kind, keras) = found else {
      throw .unsupportedLayer(
        path: path, name: name,
        reason: "shape \(recurrent.shape) is none of an LSTM, a GRU or a simple recurrent network")
    }
    let input = try kerasMatrix(prefix + ".kernel", shape: [rows, inputSize], layout)
    let bias = try optionalTensor(named: biasName, shape: biasCount == 2 ? [2, rows] : [rows])
    let biases = biasCount == 2 ? [bias.gathered(0), bias.gathered(1)] : [bias]
    let order = keras.blockOrder ?? GateOrder.standard.gates.map { layout.gateOrder.index(of: $0) }
    return (LayerConfiguration(kind, hiddenSize), ([input, recurrent] + biases).map { $0.reorderingBlocks(order) })
  }

  /// A matrix with a row per output, of a shape.
  fileprivate func kerasMatrix(_ name: String, shape: Shape, _ layout: KerasLayout) throws(CheckpointError) -> Tensor {
    let stored: Shape = layout.isTransposed ? [shape[1], shape[0]] : shape
    return layout.matrix(try tensor(named: name, shape: stored))
  }
}
