import MynahTensors

/// How another program lays a recurrent layer's weights out.
public struct KerasLayout: Hashable, Sendable {
  /// The order of an LSTM's gates.
  public var gateOrder: GateOrder
  /// Whether matrices have a row an input and a column an output, as in Keras; else as in PyTorch.
  public var isTransposed: Bool

  /// Keras's own layout, or another.
  public init(gateOrder: GateOrder = .keras, isTransposed: Bool = true) {
    (self.gateOrder, self.isTransposed) = (gateOrder, isTransposed)
  }

  /// A matrix with a row an output.
  func matrix(_ tensor: Tensor) -> Tensor { isTransposed ? tensor.transposed() : tensor }
}

extension LanguageModel {
  /// Takes a language model over from Keras: arrays in a safetensors file, which `Scripts/keras-weights.py` writes of a `.weights.h5`.
  ///
  /// The arrays are `embedding.embeddings`, `recurrent.N.kernel`, `recurrent.N.recurrent_kernel`, `recurrent.N.bias`, `output.kernel`
  /// and `output.bias`. Four gates are an LSTM, three a GRU (reset after the product if it has two rows of biases, else before it),
  /// one is a simple recurrent network of tanh.
  ///
  /// - Parameters:
  ///   - file: float32 arrays.
  ///   - layout: The order of the gates, and which axis of a matrix is the inputs'.
  /// - Throws: `CheckpointError` if an array is missing, or of another type or shape than the others ask for.
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
    self = parts.model(
      output: try file.kerasMatrix("output.kernel", shape: shape, layout),
      bias: try file.optionalTensor(named: "output.bias", shape: [embedding.shape[0]]))
  }
}

extension SafetensorsFile {
  fileprivate func kerasLayer(
    _ prefix: String, inputSize: Int, _ layout: KerasLayout
  ) throws(CheckpointError) -> (RecurrentLayer, [Tensor]) {
    let name = prefix + ".recurrent_kernel"
    let recurrent = layout.matrix(try matrix(named: name))
    let (rows, hiddenSize) = (recurrent.shape[0], recurrent.shape[1])
    let input = try kerasMatrix(prefix + ".kernel", shape: [rows, inputSize], layout)
    let biasName = prefix + ".bias"
    switch rows {
    case 4 * hiddenSize:
      let bias = try optionalTensor(named: biasName, shape: [rows])
      return (
        .lstm(hiddenSize), [input, recurrent, bias].map { layout.gateOrder.converting($0, to: .standard) }
      )
    case 3 * hiddenSize:
      let hasTwo = self[biasName]?.shape.rank == 2
      let bias = try optionalTensor(named: biasName, shape: hasTwo ? [2, rows] : [rows])
      let biases = hasTwo ? [bias.gathered(0), bias.gathered(1)] : [bias]
      return (
        .gru(hiddenSize, reset: hasTwo ? .after : .before),
        ([input, recurrent] + biases).map { $0.reorderingBlocks([1, 0, 2]) }  // z, r, n to r, z, n
      )
    case hiddenSize:
      return (.simple(hiddenSize), [input, recurrent, try optionalTensor(named: biasName, shape: [rows])])
    default:
      throw .unsupportedLayer(
        path: path, name: name,
        reason: "shape \(recurrent.shape) is none of an LSTM, a GRU or a simple recurrent network")
    }
  }

  /// A matrix with a row an output, of a shape.
  fileprivate func kerasMatrix(_ name: String, shape: Shape, _ layout: KerasLayout) throws(CheckpointError) -> Tensor {
    let stored: Shape = layout.isTransposed ? [shape[1], shape[0]] : shape
    return layout.matrix(try tensor(named: name, shape: stored))
  }
}
