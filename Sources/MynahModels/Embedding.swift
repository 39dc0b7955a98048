public import MynahTensors

/// A table of embeddings, one vector per token.
public struct Embedding: Module {
  /// The table, shape [V, E].
  public var weight: Variable

  /// Creates an embedding from its table.
  public init(weight: Variable) { self.weight = weight }

  /// Creates an embedding with randomly initialised vectors.
  public init(vocabularySize: Int, size: Int, initializer: Initializer, using random: inout RandomSource) {
    weight = Variable(initializer.draw([vocabularySize, size], using: &random))
  }

  /// Returns the embeddings of tokens, shape [ids.count, E].
  ///
  /// The table's gradient has rows for the tokens that occur, not for the whole table.
  ///
  /// - Precondition: 0 ≤ id < V for each.
  public func callAsFunction(_ ids: [Int32]) -> Variable { weight.gathered(ids) }

  public mutating func visitParameters(
    prefix: String, _ body: (ParameterSpec, inout Variable) throws -> Void
  ) rethrows {
    try body(ParameterSpec(prefix + "weight", weight.shape, .embedding), &weight)
  }
}
