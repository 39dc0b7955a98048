public import MynahModels
public import MynahTensors

/// The part of a language model that reads: the embeddings and the recurrent layers, without the output layer.
public struct TextReader: Module {
  /// The embeddings of the tokens.
  public var embedding: Embedding
  /// The recurrent layers.
  public var stack: RecurrentStack
  /// The language model's kinds and shapes.
  public let architecture: ModelArchitecture

  /// Takes the parts of a language model.
  public init(_ model: LanguageModel) {
    (embedding, stack, architecture) = (model.embedding, model.stack, model.architecture)
  }

  /// Reads the parameters of a reader.
  ///
  /// - Throws: `CheckpointError` if one is missing or has another shape.
  init(_ architecture: ModelArchitecture, from file: SafetensorsFile, prefix: String) throws(CheckpointError) {
    var values: [Tensor] = []
    for spec in architecture.parameterSpecs where spec.role != .output {
      values.append(try file.parameter(spec.prefixed(by: prefix)))
    }
    embedding = Embedding(weight: Variable(values[0]))
    stack = architecture.stack(values.dropFirst())
    self.architecture = architecture
  }

  /// E + H, the number of features of a token.
  public var outputSize: Int { embedding.weight.shape[1] + stack.outputSize }

  /// Returns the embeddings and the last layer's outputs side by side, [T, B, E + H].
  ///
  /// - Parameters:
  ///   - ids: T·B tokens, time-major.
  ///   - lengths: The number of real tokens of each of the B texts.
  ///   - masks: The dropout masks of training; nil: nothing is dropped.
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
