import MynahModels
public import MynahTensors

/// What becomes of a recurrent layer's outputs over a whole text: one vector.
public enum Pooling: String, Hashable, Codable, Sendable, CaseIterable {
  /// The output after the last token.
  case last
  /// The mean over all tokens.
  case mean
  /// The largest of each number over all tokens.
  case max

  /// The vectors of texts that are padded to one length, [T, B, H] → [B, H].
  ///
  /// - Parameter lengths: The tokens of each text that are real, at least 1; what stands behind them does not count.
  public func callAsFunction(_ outputs: Variable, lengths: [Int]) -> Variable {
    let (stepCount, batchSize, size) = (outputs.shape[0], outputs.shape[1], outputs.shape[2])
    precondition(
      lengths.count == batchSize && lengths.allSatisfy { (1...stepCount).contains($0) },
      "outputs of shape \(outputs.shape) need \(batchSize) lengths of 1 ... \(stepCount), found \(lengths)")
    switch self {
    case .last:
      let rows = lengths.enumerated().map { ($1 - 1) * batchSize + $0 }
      return outputs.reshaped([stepCount * batchSize, size]).gathered(rows)
    case .mean:
      let sums = outputs.masked(by: .stepMask(lengths: lengths, stepCount: stepCount)).sum(axes: [0])
      return sums * Variable(Tensor(shape: [batchSize, 1], lengths.map { 1 / Float($0) }))
    case .max:
      let mask = Tensor.stepMask(lengths: lengths, stepCount: stepCount)
      return outputs.masked(by: mask, otherwise: -.greatestFiniteMagnitude).maximum(axes: [0])
    }
  }
}
