import MynahIO
public import MynahModels
public import MynahTensors

/// The pooling that reduces the outputs of a recurrent layer over a text to one vector.
public enum Pooling: String, Hashable, Codable, Sendable, CaseIterable {
  /// The output after the last token.
  case last
  /// The mean over all tokens.
  case mean
  /// The element-wise maximum over all tokens.
  case max

  /// Returns the pooled vectors of texts, [T, B, H] → [B, H], ignoring padding.
  ///
  /// - Precondition: each text has at least one token.
  public func callAsFunction(_ outputs: SequenceBatch) -> Variable {
    let (stepCount, batchSize) = (outputs.stepCount, outputs.batchSize)
    let lengths = outputs.lengths ?? [Int](repeating: stepCount, count: batchSize)
    require(lengths.allSatisfy { $0 > 0 }, "pooling needs at least one token per text, found lengths \(lengths)")
    switch self {
    case .last:
      return outputs.rows.gathered(lengths.enumerated().map { ($1 - 1) * batchSize + $0 })
    case .mean:
      let sums = outputs.masked().values.sum(axes: [0])
      return sums * Variable(Tensor(shape: [batchSize, 1], lengths.map { 1 / Float($0) }))
    case .max:
      let mask = Tensor.stepMask(lengths: lengths, stepCount: stepCount)
      return outputs.values.masked(by: mask, otherwise: -.greatestFiniteMagnitude).maximum(axes: [0])
    }
  }
}
