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
  /// `.keras`, `.h5` or `.weights.h5` file.
  ///
  /// The arrays are `embedding.embeddings`, `recurrent.N.kernel`, `recurrent.N.recurrent_kernel`, `recurrent.N.bias`,
  /// `output.kernel` and `output.bias`. Four gates are an LSTM, three a GRU (reset after the product if it has two rows
  /// of biases, before it if it has one; without biases the metadata `recurrent.N.reset_after` is `true` or `false`),
  /// one is a simple recurrent network with tanh. An array of the file that is not read is an error.
  ///
  /// - Parameters:
  ///   - file: Floating-point arrays.
  ///   - layout: The order of the gates, and whether matrices are transposed.
  /// - Throws: `CheckpointError` if an array is missing, of another type or shape than the others require, or part of
  ///   something that a language model does not have.
  public static func importing(
    keras file: SafetensorsFile, layout: KerasLayout = KerasLayout()
  ) throws(CheckpointError) -> ImportedModel {
    var reader = TensorReader(file)
    let embedding = try reader.matrix(named: "embedding.embeddings")
    var parts = ModelParts(embedding: embedding)
    var index = 0
    repeat {
      let (layer, weights) = try reader.kerasLayer("recurrent.\(index)", inputSize: parts.outputSize, layout)
      parts.append(layer, weights)
      index += 1
    } while reader.contains("recurrent.\(index).kernel")
    let shape: Shape = [embedding.shape[0], parts.outputSize]
    let output = try reader.kerasMatrix("output.kernel", shape: shape, layout)
    let bias = try reader.optionalTensor(named: "output.bias", shape: [embedding.shape[0]])
    try reader.finish()
    return ImportedModel(model: try parts.model(output: output, bias: bias, path: file.path), notes: reader.notes)
  }
}

extension TensorReader {
  fileprivate mutating func kerasLayer(
    _ prefix: String, inputSize: Int, _ layout: KerasLayout
  ) throws(CheckpointError) -> (LayerConfiguration, [Tensor]) {
    let name = prefix + ".recurrent_kernel"
    let recurrent = layout.matrix(try matrix(named: name))
    let (rows, hiddenSize) = (recurrent.shape[0], recurrent.shape[1])
    let biasName = prefix + ".bias"
    let kinds = CellKinds.standard.all.compactMap { kind in kind.interchange.keras.map { (kind, $0) } }
      .filter { $0.1.blockCount * hiddenSize == rows }
    var biasCount = shape(of: biasName).map { $0.rank == 2 ? 2 : 1 }
    if biasCount == nil, Set(kinds.map(\.1.biasCount)).count > 1 {
      switch metadata[prefix + ".reset_after"] {
      case "true": biasCount = 2
      case "false": biasCount = 1
      default: throw .unstatedSetting(path: path, name: name, setting: "reset_after", choices: ["true", "false"])
      }
    }
    guard let (kind, keras) = kinds.first(where: { $0.1.biasCount == biasCount ?? 1 }) else {
      throw .unsupportedLayer(
        path: path, name: name,
        reason: "shape \(recurrent.shape) does not fit an LSTM, a GRU or a simple recurrent network")
    }
    let input = try kerasMatrix(prefix + ".kernel", shape: [rows, inputSize], layout)
    let bias = try optionalTensor(named: biasName, shape: biasCount == 2 ? [2, rows] : [rows])
    let biases = biasCount == 2 ? [bias.gathered(0), bias.gathered(1)] : [bias]
    let order = keras.blockOrder ?? GateOrder.standard.gates.map { layout.gateOrder.index(of: $0) }
    return (LayerConfiguration(kind, hiddenSize), ([input, recurrent] + biases).map { $0.reorderingBlocks(order) })
  }

  /// Reads a matrix with the given shape, a row per output.
  fileprivate mutating func kerasMatrix(
    _ name: String, shape: Shape, _ layout: KerasLayout
  ) throws(CheckpointError) -> Tensor {
    let stored: Shape = layout.isTransposed ? [shape[1], shape[0]] : shape
    return layout.matrix(try tensor(named: name, shape: stored))
  }
}
