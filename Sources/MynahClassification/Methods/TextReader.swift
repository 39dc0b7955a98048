public import MynahModels
public import MynahTensors

/// The part of a language model that reads: the tokens' vectors and the recurrent layers, without the output.
public struct TextReader: Module {
  /// The tokens' vectors.
  public var embedding: Embedding
  /// The recurrent layers, first layer first.
  public var recurrent: [any SequenceLayer]

  /// The shape of the language model that the reader is of.
  public let configuration: LanguageModelConfiguration

  /// Takes a language model's.
  public init(_ model: LanguageModel) {
    (embedding, recurrent, configuration) = (model.embedding, model.recurrent, model.configuration)
  }

  /// Reads the parameters of a reader.
  ///
  /// - Throws: `CheckpointError` if one is missing or has another shape.
  init(_ configuration: LanguageModelConfiguration, from file: SafetensorsFile, prefix: String) throws(CheckpointError)
  {
    self.configuration = configuration
    let shape: Shape = [configuration.vocabularySize, configuration.embeddingSize]
    embedding = Embedding(weight: Variable(try file.tensor(named: prefix + "embedding.weight", shape: shape)))
    recurrent = []
    for (index, entry) in configuration.recurrentInputs.enumerated() {
      var weights: [Variable] = []
      for (name, shape) in entry.layer.parameterShapes(inputSize: entry.inputSize) {
        weights.append(Variable(try file.tensor(named: "\(prefix)recurrent.\(index).\(name)", shape: shape)))
      }
      recurrent.append(entry.layer.layer(weights: weights))
    }
  }

  /// E + H, the size of what is told of each token.
  public var outputSize: Int { embedding.weight.shape[1] + (recurrent.last?.outputSize ?? 0) }

  /// The tokens' vectors and the last layer's outputs side by side, [T, B, E + H].
  ///
  /// - Parameters:
  ///   - ids: T·B tokens, time-major.
  ///   - batchSize: B.
  ///   - dropout: What the vectors and each layer's outputs lose; nil: nothing.
  public func callAsFunction(_ ids: [Int32], batchSize: Int, dropout: ReaderDropout? = nil) -> Variable {
    var random = dropout?.random
    func dropping(_ x: Variable, _ keepProbability: Float) -> Variable {
      guard let source = random?.split() else { return x }
      return LockedDropout(keepProbability: keepProbability)(x, using: source)
    }
    let stepCount = ids.count / batchSize
    var vectors = embedding(ids)
    if let dropout, let source = random?.split() {
      vectors = EmbeddingDropout(keepProbability: dropout.tokenKeepProbability)(embedding, ids, using: source)
    }
    var x = vectors.reshaped([stepCount, batchSize, embedding.weight.shape[1]])
    if let dropout { x = dropping(x, dropout.vectorKeepProbability) }
    vectors = x
    for layer in recurrent {
      let result = layer(x, state: layer.anyZeroState(batchSize: batchSize))
      x = configuration.isResidual && result.output.shape == x.shape ? result.output + x : result.output
      if let dropout { x = dropping(x, dropout.outputKeepProbability) }
    }
    return .concatenating([vectors, x], axis: 2)
  }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try embedding.visitParameters(prefix: prefix + "embedding.", body)
    for index in recurrent.indices {
      try recurrent[index].visitParameters(prefix: prefix + "recurrent.\(index).", body)
    }
  }
}

/// What a reader loses in training.
public struct ReaderDropout: Hashable, Sendable {
  /// The probability that a token is kept, wherever it stands, a number of the tokens' vectors, and one of a layer's outputs.
  public var tokenKeepProbability, vectorKeepProbability, outputKeepProbability: Float
  /// Where the masks are drawn from.
  public var random: RandomSource

  /// Creates a dropout.
  public init(
    tokenKeepProbability: Float, vectorKeepProbability: Float, outputKeepProbability: Float, random: RandomSource
  ) {
    self.tokenKeepProbability = tokenKeepProbability
    (self.vectorKeepProbability, self.outputKeepProbability) = (vectorKeepProbability, outputKeepProbability)
    self.random = random
  }
}
