public import MynahTensors

/// Embedding dropout: some tokens' embeddings are zero in a batch, at every position of these tokens.
///
/// Y. Gal, Z. Ghahramani, 2016; S. Merity, N. Keskar, R. Socher, "Regularizing and optimizing LSTM language models",
/// 2018.
public struct EmbeddingDropout: Hashable, Codable, Sendable {
  private let mask: Dropout

  /// The probability that a token's embedding is dropped: 0 ≤ rate < 1; 0 changes nothing.
  public var rate: Float { mask.rate }

  /// Creates dropout.
  ///
  /// - Precondition: 0 ≤ rate < 1.
  public init(rate: Float) { mask = Dropout(rate: rate) }

  /// Returns the embeddings of tokens, [ids.count, E]: zero for the dropped tokens, the others scaled up.
  public func callAsFunction(_ embedding: Embedding, _ ids: [Int32], using random: RandomSource) -> Variable {
    guard rate > 0 else { return embedding(ids) }
    let tokens = mask(Variable(Tensor(shape: [embedding.weight.shape[0]], repeating: 1)), using: random).value
    return embedding(ids) * Variable(tokens.gathered(ids).reshaped([ids.count, 1]))
  }
}
