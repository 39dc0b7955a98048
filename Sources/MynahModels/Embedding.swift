public import MynahTensors

/// A table of vectors, one a token.
public struct Embedding: Module {
  /// Shape [V, E].
  public var weight: Variable

  /// Creates an embedding from its table.
  public init(weight: Variable) { self.weight = weight }

  /// Creates an embedding with drawn vectors.
  public init(vocabularySize: Int, size: Int, initializer: Initializer, using random: inout RandomSource) {
    weight = Variable(initializer.draw([vocabularySize, size], using: &random))
  }

  /// The vectors of some tokens: shape [ids.count, E].
  ///
  /// The weight's gradient has rows for the tokens that occur, not for the whole table.
  ///
  /// - Precondition: 0 ≤ id < V for each.
  public func callAsFunction(_ ids: [Int32]) -> Variable { weight.gathered(ids) }

  public mutating func visitParameters(prefix: String, _ body: (String, inout Variable) throws -> Void) rethrows {
    try body(prefix + "weight", &weight)
  }
}
