public import MynahTensors

/// Variational dropout: one mask a sequence, the same at every step.
///
/// Y. Gal, Z. Ghahramani, "A theoretically grounded application of dropout in recurrent neural networks", 2016.
public struct LockedDropout: Hashable, Codable, Sendable {
  /// The probability that an element is kept: 0 < keep ≤ 1; 1 changes nothing.
  public var keepProbability: Float { mask.keepProbability }
  private let mask: Dropout

  /// Creates a dropout.
  ///
  /// - Precondition: 0 < keepProbability ≤ 1.
  public init(keepProbability: Float) { mask = Dropout(keepProbability: keepProbability) }

  /// x [T, B, F] with some of each row's features dropped at all steps and the others scaled up.
  public func callAsFunction(_ x: Variable, using random: RandomSource) -> Variable {
    guard keepProbability < 1 else { return x }
    let ones = Tensor(shape: [1, x.shape[1], x.shape[2]], repeating: 1)
    return x * mask(Variable(ones), using: random)
  }
}
