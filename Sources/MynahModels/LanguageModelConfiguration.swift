/// What determines a language model's shape and its weights before training.
public struct LanguageModelConfiguration: Hashable, Sendable {
  /// V, the number of tokens; at least 1.
  public var vocabularySize: Int
  /// E, the size of a token's vector; at least 1.
  public var embeddingSize: Int
  /// The recurrent layers, the one next to the embedding first; sizes may differ; at least one.
  public var recurrent: [RecurrentLayer]
  /// Whether the output's weights are the embedding's, so that the last layer puts out vectors of the embedding's size.
  ///
  /// O. Press, L. Wolf, "Using the output embedding to improve language models", 2017.
  public var isTied = false
  /// Whether a recurrent layer whose outputs have the size of its inputs adds these to them.
  public var isResidual = false
  /// What the weights are drawn from.
  public var initializer: Initializer
  /// What the weights from state to state are drawn from; nil: as all others.
  public var recurrentInitializer: Initializer?
  /// What the embedding is drawn from; nil: as all others.
  public var embeddingInitializer: Initializer?
  /// What the output's weights are drawn from, whose biases then begin at zero; nil: both as all others.
  public var outputInitializer: Initializer?
  /// What the recurrent layers' biases are drawn from; nil: they begin at zero, forget gates' at a number of their own.
  public var recurrentBiasInitializer: Initializer?
  /// The probability that an element of a recurrent layer's input is kept in training; 1 is no dropout.
  public var inputKeepProbability: Float
  /// The same for a recurrent layer's output.
  public var outputKeepProbability: Float
  /// The same for the tokens' vectors, once, before the first layer sees them.
  ///
  /// With it and the outputs' there is one mask between two layers, as in W. Zaremba, I. Sutskever, O. Vinyals, 2014.
  public var vectorKeepProbability: Float = 1
  /// Whether those masks are the same at every step of a sequence: `LockedDropout`.
  public var locksDropout = false
  /// The probability that a token's vector is kept in training: `EmbeddingDropout`.
  public var embeddingKeepProbability: Float = 1
  /// The probability that a weight from state to state is kept in training: `WeightDrop`.
  public var weightKeepProbability: Float = 1

  /// Creates a configuration; what is not asked for here has its usual value and can be set afterwards.
  public init(
    vocabularySize: Int, embedding: Int, recurrent: [RecurrentLayer], initializer: Initializer = .uniform(0.1),
    inputKeepProbability: Float = 1, outputKeepProbability: Float = 1
  ) {
    self.vocabularySize = vocabularySize
    self.embeddingSize = embedding
    self.recurrent = recurrent
    self.initializer = initializer
    self.inputKeepProbability = inputKeepProbability
    self.outputKeepProbability = outputKeepProbability
  }

  /// The size of what the last recurrent layer puts out.
  var outputSize: Int { recurrent.last?.outputSize ?? embeddingSize }

  /// Each recurrent layer with the size of its inputs.
  package var recurrentInputs: [(layer: RecurrentLayer, inputSize: Int)] {
    Array(zip(recurrent, [embeddingSize] + recurrent.map(\.outputSize)))
  }

  /// The multiplications of a token's forward pass: one a weight of the layers and of the output.
  ///
  /// Looking up the token's vector takes none. Gradients take twice as many.
  package var multiplicationsPerToken: Int {
    recurrentInputs.reduce(vocabularySize * outputSize) { $0 + $1.layer.multiplicationCount(inputSize: $1.inputSize) }
  }

  /// What is wrong with the configuration, in words; nil if it can be built.
  ///
  /// Configurations come from files and command lines, so sizes are checked before anything is allocated.
  public var defect: String? {
    let sizes = [vocabularySize, embeddingSize] + recurrent.flatMap { [$0.hiddenSize, $0.outputSize] }
    if recurrent.isEmpty { return "a language model needs at least one recurrent layer" }
    if let size = sizes.first(where: { $0 < 1 || $0 > 1 << 24 }) {
      return "sizes must lie between 1 and \(1 << 24), found \(size)"
    }
    if isTied && outputSize != embeddingSize {
      return "an output that is tied to the embedding needs a last layer of its size, "
        + "found a layer of \(outputSize) and an embedding of \(embeddingSize)"
    }
    let keeps = [
      inputKeepProbability, outputKeepProbability, vectorKeepProbability, embeddingKeepProbability,
      weightKeepProbability,
    ]
    if let keep = keeps.first(where: { !($0 > 0 && $0 <= 1) }) {
      return "keep probabilities must be above 0 and at most 1, found \(keep)"
    }
    if let bias = recurrent.map(\.forgetBias).first(where: { !$0.isFinite }) {
      return "forget biases must be finite, found \(bias)"
    }
    let initializers = [
      initializer, recurrentInitializer, embeddingInitializer, outputInitializer, recurrentBiasInitializer,
    ]
    return initializers.lazy.compactMap { $0?.defect }.first
  }
}
