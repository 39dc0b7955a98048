import MynahIO
public import MynahModels
public import MynahTensors

/// A classifier that reads a text forwards, optionally also backwards, and applies a linear layer to the pooled
/// outputs.
///
///     z = W · [pool(v_1, h→_1 … v_T, h→_T); pool(v_T, h←_1 … v_1, h←_T)] + b,   p = softmax(z)
///
/// Both readers are initialised from language models, as in J. Howard, S. Ruder, "Universal language model fine-tuning
/// for text classification", 2018, who concatenate the last, the mean and the maximum output h. The embeddings v are
/// pooled as well, because the words of a text are informative regardless of their order.
public struct RecurrentClassifier: Module {
  /// The reader that reads texts forwards.
  public var forward: TextReader
  /// The reader that reads texts backwards; nil if the classifier is unidirectional.
  public var backward: TextReader?
  /// The kinds of pooling whose results are concatenated.
  public let pooling: [Pooling]
  /// The linear layer that computes the logits.
  public var output: Linear

  /// Creates a classifier from its parts.
  ///
  /// - Precondition: the input size of `output` equals the total size of the pooled outputs, and `pooling` is not
  ///   empty.
  public init(forward: TextReader, backward: TextReader?, pooling: [Pooling], output: Linear) {
    let size = Self.pooledSize(forward, backward, pooling)
    require(
      !pooling.isEmpty && output.weight.shape[1] == size,
      "an output layer with \(output.weight.shape[1]) inputs does not fit readers with outputs of size \(size)")
    (self.forward, self.backward, self.pooling, self.output) = (forward, backward, pooling, output)
  }

  /// Creates a classifier from language models, with a randomly initialised output layer.
  public init(
    forward: LanguageModel, backward: LanguageModel?, pooling: [Pooling], classCount: Int,
    using random: inout RandomSource
  ) {
    let (forward, backward) = (TextReader(forward), backward.map { TextReader($0) })
    let weight = Initializer.glorotUniform.draw(
      [classCount, Self.pooledSize(forward, backward, pooling)], using: &random)
    self.init(
      forward: forward, backward: backward, pooling: pooling,
      output: Linear(weight: Variable(weight), bias: Variable(Tensor.zeros([classCount]))))
  }

  private static func pooledSize(_ forward: TextReader, _ backward: TextReader?, _ pooling: [Pooling]) -> Int {
    pooling.count * (forward.outputSize + (backward?.outputSize ?? 0))
  }

  /// K, the number of classes.
  public var classCount: Int { output.weight.shape[0] }

  /// Returns the logits of texts, [B, K].
  ///
  /// - Parameters:
  ///   - texts: B texts of at least one token each.
  ///   - dropout: The dropout for training; nil for no dropout.
  public func callAsFunction(_ texts: [[Int32]], dropout: ClassifierDropout? = nil) -> Variable {
    var random = dropout?.random
    func pooled(_ reader: TextReader, _ texts: [[Int32]]) -> [Variable] {
      let source = random?.split()
      let masks = dropout.flatMap { dropout in
        source.map { DropoutMasks(dropout.reader, dropsLayerInputs: false, random: $0) }
      }
      let outputs = reader(Self.timeMajor(texts), lengths: texts.map(\.count), masks: masks)
      return pooling.map { $0(outputs) }
    }
    var parts = pooled(forward, texts)
    if let backward { parts += pooled(backward, texts.map { $0.reversed() }) }
    var vectors = Variable.concatenating(parts, axis: 1)
    if let dropout, let source = random?.split() { vectors = Dropout(rate: dropout.pooled)(vectors, using: source) }
    return output(vectors)
  }

  /// Returns the texts as one time-major batch, padded to the longest: [T, B].
  private static func timeMajor(_ texts: [[Int32]]) -> [Int32] {
    let stepCount = texts.map(\.count).max() ?? 0
    var ids = [Int32](repeating: 0, count: stepCount * texts.count)
    for (row, text) in texts.enumerated() {
      for (step, id) in text.enumerated() { ids[step * texts.count + row] = id }
    }
    return ids
  }

  public mutating func visitParameters(
    prefix: String, _ body: (ParameterSpec, inout Variable) throws -> Void
  ) rethrows {
    try forward.visitParameters(prefix: prefix + "forward.", body)
    try backward?.visitParameters(prefix: prefix + "backward.", body)
    try output.visitParameters(prefix: prefix + "output.", body)
  }
}

/// The dropout of a recurrent classifier during training.
public struct ClassifierDropout: Hashable, Sendable {
  /// The dropout rates of the readers.
  public var reader: DropoutRates
  /// The dropout rate of the pooled vectors.
  public var pooled: Float
  /// The random number generator for the masks.
  public var random: RandomSource

  /// Creates a dropout configuration.
  public init(reader: DropoutRates, pooled: Float, random: RandomSource) {
    (self.reader, self.pooled, self.random) = (reader, pooled, random)
  }
}
