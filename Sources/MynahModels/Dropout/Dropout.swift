import MynahIO
public import MynahTensors

/// Dropout with a new mask for every element: y = x·m / (1 − rate), where m is 0 with probability `rate`, else 1.
///
/// The mask is a function of the random source's position, so the backward pass recomputes it instead of storing it.
/// N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014; not used on
/// recurrent connections: W. Zaremba, I. Sutskever, O. Vinyals, "Recurrent neural network regularization", 2014.
public struct Dropout: Hashable, Codable, Sendable {
  /// The probability that an element is dropped: 0 ≤ rate < 1; 0 changes nothing.
  public let rate: Float

  /// Creates dropout.
  ///
  /// - Precondition: 0 ≤ rate < 1.
  public init(rate: Float) {
    require(rate >= 0 && rate < 1, "a dropout rate must be in [0, 1), got \(rate)")
    self.rate = rate
  }

  /// Returns x with some elements dropped and the others scaled up, so that the expectation stays the same.
  public func callAsFunction(_ x: Variable, using random: RandomSource) -> Variable { self(x, using: random, of: nil) }

  /// Returns x [T, b, F], some rows of a batch, with the same elements dropped as in a pass over the whole batch.
  func callAsFunction(_ x: Variable, using random: RandomSource, of rows: BatchRows?) -> Variable {
    guard rate > 0 else { return x }
    let results = Variable.custom(parents: [x], outputs: [masked(x.value, using: random, rows)]) { upstream in
      [upstream[0].map { .dense(masked($0.dense, using: random, rows)) }]
    }
    return results[0]
  }

  private func masked(_ tensor: Tensor, using random: RandomSource, _ rows: BatchRows?) -> Tensor {
    let kept = 1 - rate
    // Below 2³², as the largest number below 1 is 1 − 2⁻²⁴.
    let threshold = UInt32(kept * 0x1p32)
    guard let rows else { return tensor.dropping(keeping: threshold, scale: 1 / kept, using: random) }
    return tensor.dropping(
      keeping: threshold, scale: 1 / kept, using: random, rowsFrom: rows.first, of: rows.total)
  }
}
