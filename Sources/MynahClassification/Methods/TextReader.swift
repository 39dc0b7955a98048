public import MynahModels
public import MynahTensors

/// The encoder of a language model: the embeddings and the recurrent layers, without the output layer.
public struct TextReader: Module {
  /// The embeddings of the tokens.
  public var embedding: Embedding
  /// The recurrent layers.
  public var stack: RecurrentStack
  /// The architecture of the language model.
  public let architecture: ModelArchitecture

  /// Creates a reader from the embeddings and the recurrent layers of a language model.
  public init(_ model: LanguageModel) {
    (embedding, stack, architecture) = (model.embedding, model.stack, model.architecture)
  }

  /// Creates a reader with parameters from a file.
  ///
  /// - Throws: `CheckpointError` if a parameter is missing or has the wrong shape.
  init(_ architecture: ModelArchitecture, from file: SafetensorsFile, prefix: String) throws(CheckpointError) {
    var values: [Tensor] = []
    for spec in architecture.parameterSpecs where spec.role != .output {
      values.append(try file.parameter(spec.prefixed(by: prefix)))
    }
    embedding = Embedding(weight: Variable(values[0]))
    stack = architecture.stack(values.dropFirst())
    self.architecture = architecture
  }

  /// E + H, the number of features per token.
  public var outputSize: Int { embedding.weight.shape[1] + stack.outputSize }

  /// Returns the concatenated embeddings and outputs of the last layer, [T, B, E + H].
  ///
  /// - Parameters:
  ///   - ids: T·B tokens, time-major.
  ///   - lengths: The number of tokens of each of the B texts, without padding.
  ///   - masks: The dropout masks for training; nil for no dropout.
  public func callAsFunction(_ ids: [Int32], lengths: [Int], masks: DropoutMasks? = nil) -> SequenceBatch {
    let (embeddings, pass) = stack.pass(
      embedding, ids, state: stack.zeroState(batchSize: lengths.count), lengths: lengths, masks: masks)
    return pass.output.with(.concatenating([embeddings.values, pass.output.values], axis: 2))
  }

  public mutating func visitParameters(
    prefix: String, _ body: (ParameterSpec, inout Variable) throws -> Void
  ) rethrows {
    try embedding.visitParameters(prefix: prefix + "embedding.", body)
    try stack.visitParameters(prefix: prefix + "recurrent.", body)
  }
}
