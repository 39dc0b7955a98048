/// Rules out all tokens but the k most probable ones; of equal ones the lower numbers stay.
///
/// A. Fan, M. Lewis, Y. Dauphin, "Hierarchical neural story generation", 2018.
public struct TopK: SamplingStep, Hashable {
  /// How many tokens stay: 1 or more.
  public let count: Int

  /// Creates the step.
  ///
  /// - Precondition: the count is positive.
  public init(_ count: Int) {
    precondition(count > 0, "one token has to stay, found \(count)")
    self.count = count
  }

  public func callAsFunction(_ logits: inout [Float], at place: SamplingPlace) {
    if count < logits.count { logits.keep(logits.largest(count)) }
  }
}
