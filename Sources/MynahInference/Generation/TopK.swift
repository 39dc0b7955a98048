import MynahIO

/// Top-k sampling, which rules out all tokens except the k most probable ones; ties are broken by the lower ID.
///
/// A. Fan, M. Lewis, Y. Dauphin, "Hierarchical neural story generation", 2018.
public struct TopK: SamplingStep, Hashable {
  /// k, at least 1.
  public let count: Int

  /// Creates the step.
  ///
  /// - Precondition: the count is positive.
  public init(_ count: Int) {
    require(count > 0, "k must be at least 1, got \(count)")
    self.count = count
  }

  public func callAsFunction(_ logits: inout [Float], at place: SamplingPlace) {
    if count < logits.count { logits.keep(logits.largest(count)) }
  }
}
