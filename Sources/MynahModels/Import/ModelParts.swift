import MynahTensors

/// The parts of another program's model, in the order in which they are read.
struct ModelParts {
  private var layers: [LayerConfiguration] = []
  private var parameters: [Tensor]
  private let vocabularySize, embeddingSize: Int
  /// The size of the outputs of the last layer so far.
  private(set) var outputSize: Int

  init(embedding: Tensor) {
    parameters = [embedding]
    (vocabularySize, embeddingSize) = (embedding.shape[0], embedding.shape[1])
    outputSize = embeddingSize
  }

  /// Adds a layer of a standard kind.
  mutating func append(_ layer: LayerConfiguration, _ weights: [Tensor]) {
    if let kind = CellKinds.standard[layer.kind] {
      outputSize = kind.outputSize(LayerShape(layer, of: kind, inputSize: outputSize))
    }
    layers.append(layer)
    parameters += weights
  }

  /// Returns the model; without output weights it is tied.
  ///
  /// - Throws: `CheckpointError.unexpectedMetadata` if the sizes do not fit together.
  func model(output: Tensor?, bias: Tensor, path: String) throws(CheckpointError) -> LanguageModel {
    let configuration = LanguageModelConfiguration(
      vocabulary: vocabularySize, embedding: embeddingSize, layers: layers, output: .softmax(tied: output == nil))
    do throws(ModelError) {
      return LanguageModel(
        try ModelArchitecture(configuration), parameters: parameters + (output.map { [$0] } ?? []) + [bias])
    } catch {
      throw .unsupportedLayer(path: path, name: "the whole model", reason: error.description)
    }
  }
}
