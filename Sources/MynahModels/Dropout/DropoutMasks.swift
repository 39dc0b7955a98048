import MynahTensors

/// What a training pass drops, in the order in which the model asks for it; each mask is drawn from a source of its own.
struct DropoutMasks {
  private let configuration: LanguageModelConfiguration
  private var random: RandomSource

  init(_ configuration: LanguageModelConfiguration, random: RandomSource) {
    self.configuration = configuration
    self.random = random
  }

  /// The vectors of tokens [T, B, E], some tokens and some elements dropped.
  mutating func vectors(of ids: [Int32], _ embedding: Embedding, shape: Shape) -> Variable {
    let dropout = EmbeddingDropout(keepProbability: configuration.embeddingKeepProbability)
    // What draws nothing takes no source, so that the other masks are those of a model that cannot do this.
    let vectors = dropout.keepProbability < 1 ? dropout(embedding, ids, using: random.split()) : embedding(ids)
    let keep = configuration.vectorKeepProbability
    return keep < 1 ? masked(vectors.reshaped(shape), keep) : vectors.reshaped(shape)
  }

  /// A layer, some of its recurrent weights dropped.
  mutating func weights(of layer: any SequenceLayer) -> any SequenceLayer {
    let dropout = WeightDrop(keepProbability: configuration.weightKeepProbability)
    return dropout.keepProbability < 1 ? dropping(dropout, layer) : layer
  }

  private mutating func dropping(_ dropout: WeightDrop, _ layer: some SequenceLayer) -> any SequenceLayer {
    dropout(layer, using: random.split())
  }

  /// A layer's inputs, some elements dropped.
  mutating func input(_ x: Variable) -> Variable { masked(x, configuration.inputKeepProbability) }

  /// A layer's outputs, some elements dropped.
  mutating func output(_ x: Variable) -> Variable { masked(x, configuration.outputKeepProbability) }

  private mutating func masked(_ x: Variable, _ keepProbability: Float) -> Variable {
    let source = random.split()
    return configuration.locksDropout
      ? LockedDropout(keepProbability: keepProbability)(x, using: source)
      : Dropout(keepProbability: keepProbability)(x, using: source)
  }
}
