package import MynahTensors

/// A configuration and the kinds that it names: everything about a model except its weights.
///
/// Shapes and costs are known before a model's memory is allocated.
public struct ModelArchitecture: Sendable {
  /// The configuration.
  public let configuration: LanguageModelConfiguration
  /// The kinds in which the configuration's names were looked up.
  public let kinds: ModelKinds
  /// The kind and shape of each recurrent layer, the one next to the embedding first.
  public let layers: [(kind: CellKind, shape: LayerShape)]
  /// The kind and shape of the output layer.
  public let output: (kind: OutputKind, shape: OutputShape)

  /// Creates the architecture of a configuration, looking up its kinds by name.
  ///
  /// - Throws: `ModelError.impossible` if no model can be built.
  public init(_ configuration: LanguageModelConfiguration, kinds: ModelKinds = .standard) throws(ModelError) {
    // Configurations come from files and users, so they are checked before anything is allocated.
    if let defect = configuration.ownDefect { throw .impossible(reason: defect) }
    var (layers, size) = ([(CellKind, LayerShape)](), configuration.embeddingSize)
    for layer in configuration.layers {
      let kind = try layer.kind(in: kinds.cells)
      let shape = LayerShape(layer, of: kind, inputSize: size)
      layers.append((kind, shape))
      size = kind.outputSize(shape)
    }
    let outputSizes = layers.map { kind, shape in kind.outputSize(shape) }
    if configuration.connections == .skip && Set(outputSizes).count > 1 {
      throw .impossible(
        reason: "skip connections add the outputs of all layers, which must have the same size, found \(outputSizes)")
    }
    let outputShape = OutputShape(
      hiddenSize: size, vocabularySize: configuration.vocabularySize, embeddingSize: configuration.embeddingSize,
      sizes: configuration.output.sizes, isTied: configuration.output.isTied)
    output = (try configuration.output.kind(in: kinds.outputs, of: outputShape), outputShape)
    guard configuration.dropout.latent == 0 || output.kind.hasLatentVectors else {
      throw .impossible(
        reason: "latent dropout needs an output layer with latent vectors, such as 'mixture', found "
          + "'\(output.kind.name)'")
    }
    (self.configuration, self.kinds, self.layers) = (configuration, kinds, layers)
  }

  /// The size of the embeddings and of each recurrent layer's outputs, in order.
  public var layerSizes: [Int] { layers.map(\.shape.inputSize) + [output.shape.hiddenSize] }

  /// Returns a Boolean value indicating whether a recurrent layer adds its inputs to its outputs.
  package func isResidual(layer index: Int) -> Bool {
    let (kind, shape) = layers[index]
    return configuration.connections == .residual && kind.outputSize(shape) == shape.inputSize
  }

  /// The specs of the parameters, in the order of `visitParameters`.
  public var parameterSpecs: [ParameterSpec] { [embeddingSpec] + layerSpecs.flatMap(\.self) + outputSpecs }

  /// The number of trainable parameters.
  public var parameterCount: Int { parameterSpecs.reduce(0) { $0 + $1.shape.elementCount } }

  /// The number of multiplications in one token's forward pass: one per weight of the layers' matrices, and those of the
  /// output layer.
  ///
  /// Looking up the embedding takes none. Back-propagation takes twice as many.
  public var multiplicationsPerToken: Int { multiplicationsPerToken(training: .full) }

  /// Returns the number of multiplications in one token's forward pass in training with an objective.
  public func multiplicationsPerToken(training objective: TrainingObjective) -> Int {
    layerSpecs.flatMap(\.self).filter { $0.shape.rank == 2 }
      .reduce(output.kind.multiplications(output.shape, objective)) { $0 + $1.shape.elementCount }
  }

  /// Returns the reason why the model cannot be trained with an objective; nil if it can.
  public func defect(of objective: TrainingObjective) -> String? {
    output.kind.objectiveDefect(output.shape, objective)
  }

  var embeddingSpec: ParameterSpec {
    ParameterSpec(
      "embedding.weight", [configuration.vocabularySize, configuration.embeddingSize], .embedding)
  }

  /// The specs of each recurrent layer's parameters, with their names in the model.
  var layerSpecs: [[ParameterSpec]] {
    layers.enumerated().map { index, layer in
      layer.kind.parameters(layer.shape).map { $0.prefixed(by: "recurrent.\(index).") }
    }
  }

  var outputSpecs: [ParameterSpec] { output.kind.parameters(output.shape).map { $0.prefixed(by: "output.") } }

  /// Initialises the parameters, in the order of `parameterSpecs`.
  func initialParameters(using random: inout RandomSource) -> [Tensor] {
    var values = [configuration.initialValue(of: embeddingSpec, using: &random)]
    for (layer, specs) in zip(layers, layerSpecs) {
      for spec in specs {
        values.append(
          spec.draw(
            configuration.initializer, recurrent: configuration.recurrentInitializer,
            bias: configuration.recurrentBiasInitializer, hiddenSize: layer.shape.hiddenSize, using: &random))
      }
    }
    for spec in outputSpecs { values.append(configuration.initialValue(of: spec, using: &random)) }
    return values
  }

  /// Creates the recurrent layers from their parameters, in order.
  package func stack(_ parameters: some Collection<Tensor>) -> RecurrentStack {
    var rest = parameters.map { Variable($0) }[...]
    let layers = layers.map { kind, shape in
      let count = kind.parameters(shape).count
      defer { rest = rest.dropFirst(count) }
      return RecurrentLayer(kind, shape, values: Array(rest.prefix(count)))
    }
    return RecurrentStack(layers, connections: configuration.connections)
  }
}

/// The reasons why a model cannot be built.
public enum ModelError: Error, Equatable, CustomStringConvertible {
  /// The configuration contradicts itself or names an unknown kind.
  case impossible(reason: String)

  public var description: String {
    switch self {
    case .impossible(let reason): reason
    }
  }
}

extension LanguageModelConfiguration {
  /// Initialises a parameter of the embedding or of the output layer.
  fileprivate func initialValue(of spec: ParameterSpec, using random: inout RandomSource) -> Tensor {
    if spec.role == .embedding { return (embeddingInitializer ?? initializer).draw(spec.shape, using: &random) }
    let isBias = spec.shape.rank == 1
    let own = isBias && outputInitializer != nil ? Initializer.zeros : outputInitializer
    return (own ?? initializer).draw(spec.shape, using: &random)
  }
}

extension ParameterSpec {
  /// Initialises a parameter of a recurrent layer.
  ///
  /// - Parameters:
  ///   - initializer: The distribution of weights.
  ///   - recurrent: The distribution of recurrent weights; nil: that of the other weights.
  ///   - bias: The distribution of biases; nil: they start at the values of their role.
  ///   - hiddenSize: H, the layer's number of hidden units.
  func draw(
    _ initializer: Initializer, recurrent: Initializer? = nil, bias: Initializer? = nil, hiddenSize: Int,
    using random: inout RandomSource
  ) -> Tensor {
    func draw(_ initializer: Initializer) -> Tensor {
      initializer.ofLayer(hiddenSize: hiddenSize).draw(shape, using: &random)
    }
    switch role {
    case .recurrentWeight: return draw(recurrent ?? initializer)
    case .bias(let starts):
      if let bias { return draw(bias) }
      let block = shape.elementCount / max(starts.count, 1)
      return Tensor(shape: shape, starts.flatMap { [Float](repeating: $0, count: block) })
    case .embedding, .inputWeight, .projection, .output, .other: return draw(initializer)
    }
  }
}
