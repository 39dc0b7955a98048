public import MynahTensors

/// Dropout with a new mask at every element: y = x·m / keep, where m is 1 with probability `keep`, else 0.
///
/// The mask is a function of the random source's position, so the backward pass makes it anew instead of storing it.
/// N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014; not used on recurrent
/// connections: W. Zaremba, I. Sutskever, O. Vinyals, "Recurrent neural network regularization", 2014.
public struct Dropout: Hashable, Codable, Sendable {
  /// The probability that an element is kept: 0 < keep ≤ 1; 1 changes nothing.
  public let keepProbability: Float

  /// Creates a dropout.
  ///
  /// - Precondition: 0 < keepProbability ≤ 1.
  public init(keepProbability: Float) {
    precondition(
      keepProbability > 0 && keepProbability <= 1, "a keep probability lies in (0, 1], found \(keepProbability)")
    self.keepProbability = keepProbability
  }

  /// x with some elements dropped and the others scaled up, so that the expectation stays.
  public func callAsFunction(_ x: Variable, using random: RandomSource) -> Variable {
    guard keepProbability < 1 else { return x }
    let results = Variable.custom(parents: [x], outputs: [masked(x.value, using: random)]) { upstream in
      [upstream[0].map { .dense(masked($0.dense, using: random)) }]
    }
    return results[0]
  }

  private func masked(_ tensor: Tensor, using random: RandomSource) -> Tensor {
    // Below 2³², as the largest number below 1 is 1 − 2⁻²⁴.
    let threshold = UInt32(keepProbability * 0x1p32)
    return tensor.dropping(keeping: threshold, scale: 1 / keepProbability, using: random)
  }
}
