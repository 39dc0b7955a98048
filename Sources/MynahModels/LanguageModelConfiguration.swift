/// The shape of a language model, its dropout, and the distributions of its weights before training.
public struct LanguageModelConfiguration: Hashable, Codable, Sendable {
  /// V, the number of tokens; at least 1.
  public var vocabularySize: Int
  /// E, the size of the embeddings; at least 1.
  public var embeddingSize: Int
  /// The recurrent layers, the one next to the embedding first; kinds and sizes may differ; at least one.
  public var layers: [LayerConfiguration]
  /// The output layer.
  public var output: OutputConfiguration
  /// The connections between recurrent layers, besides those from each layer to the one above.
  public var connections = LayerConnections.sequential
  /// The dropout of training.
  public var dropout: DropoutRates
  /// The distribution of the initial weights.
  public var initializer: Initializer
  /// The distribution of the initial recurrent weights; nil: that of the other weights.
  public var recurrentInitializer: Initializer?
  /// The distribution of the initial embeddings; nil: that of the other weights.
  public var embeddingInitializer: Initializer?
  /// The distribution of the output layer's initial weights, whose biases then start at zero; nil: both are initialised
  /// like the other weights.
  public var outputInitializer: Initializer?
  /// The distribution of the recurrent layers' initial biases; nil: they start at the values of their specs.
  public var recurrentBiasInitializer: Initializer?

  /// Creates a configuration.
  public init(
    vocabulary vocabularySize: Int, embedding embeddingSize: Int, layers: [LayerConfiguration],
    output: OutputConfiguration = .softmax(), dropout: DropoutRates = .none, initializer: Initializer = .uniform(0.1)
  ) {
    (self.vocabularySize, self.embeddingSize, self.layers) = (vocabularySize, embeddingSize, layers)
    (self.output, self.dropout, self.initializer) = (output, dropout, initializer)
  }

  /// A Boolean value indicating whether the output layer shares the embedding's table.
  public var isTied: Bool { output.isTied }

  /// The reason why no model can be built; nil if one can.
  ///
  /// - Parameter kinds: The kinds of cells and output layers that the model may have.
  public func defect(kinds: ModelKinds = .standard) -> String? {
    do throws(ModelError) {
      _ = try ModelArchitecture(self, kinds: kinds)
      return nil
    } catch {
      return error.description
    }
  }

  /// The reason why the values that do not depend on the kinds are invalid; nil if they are valid.
  var ownDefect: String? {
    let largest = LayerConfiguration.largestSize
    if layers.isEmpty { return "a language model needs at least one recurrent layer" }
    if let size = [vocabularySize, embeddingSize].first(where: { !(1...largest).contains($0) }) {
      return "sizes must be in 1 ... \(largest), found \(size)"
    }
    let initializers = [
      initializer, recurrentInitializer, embeddingInitializer, outputInitializer, recurrentBiasInitializer,
    ]
    return dropout.defect ?? initializers.lazy.compactMap { $0?.defect }.first
  }
}
