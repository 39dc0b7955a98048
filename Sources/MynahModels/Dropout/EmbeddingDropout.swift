public import MynahTensors

/// Dropout of whole tokens: some rows of the table are zero in a batch, wherever these tokens stand.
///
/// Y. Gal, Z. Ghahramani, 2016; S. Merity, N. Keskar, R. Socher, "Regularizing and optimizing LSTM language models", 2017.
public struct EmbeddingDropout: Hashable, Codable, Sendable {
  /// The probability that a token's vector is kept: 0 < keep ≤ 1; 1 changes nothing.
  public var keepProbability: Float { mask.keepProbability }
  private let mask: Dropout

  /// Creates a dropout.
  ///
  /// - Precondition: 0 < keepProbability ≤ 1.
  public init(keepProbability: Float) { mask = Dropout(keepProbability: keepProbability) }

  /// The vectors of some tokens, [ids.count, E]: zero for the tokens that are dropped, the others scaled up.
  public func callAsFunction(_ embedding: Embedding, _ ids: [Int32], using random: RandomSource) -> Variable {
    guard keepProbability < 1 else { return embedding(ids) }
    let tokens = mask(Variable(Tensor(shape: [embedding.weight.shape[0]], repeating: 1)), using: random).value
    return embedding(ids) * Variable(tokens.gathered(ids).reshaped([ids.count, 1]))
  }
}
