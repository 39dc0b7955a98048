public import MynahTensors

/// Variational (locked) dropout: one mask per sequence, the same at every step.
///
/// Y. Gal, Z. Ghahramani, "A theoretically grounded application of dropout in recurrent neural networks", 2016.
public struct VariationalDropout: Hashable, Codable, Sendable {
  private let mask: Dropout

  /// The probability that an element is dropped: 0 ≤ rate < 1; 0 changes nothing.
  public var rate: Float { mask.rate }

  /// Creates dropout.
  ///
  /// - Precondition: 0 ≤ rate < 1.
  public init(rate: Float) { mask = Dropout(rate: rate) }

  /// Returns x [T, B, F] with some of each row's features dropped at all steps and the others scaled up.
  public func callAsFunction(_ x: Variable, using random: RandomSource) -> Variable { self(x, using: random, of: nil) }

  /// Returns x [T, b, F], some rows of a batch, with the same features dropped as in a pass over the whole batch.
  func callAsFunction(_ x: Variable, using random: RandomSource, of rows: BatchRows?) -> Variable {
    guard rate > 0 else { return x }
    let ones = Tensor(shape: [1, x.shape[1], x.shape[2]], repeating: 1)
    return x * mask(Variable(ones), using: random, of: rows)
  }
}
