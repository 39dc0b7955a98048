import Foundation

import MynahIO
/// Min-p sampling, which rules out tokens with less than a given share of the highest probability.
///
/// M. Nguyen et al., "Turning up the heat: min-p sampling for creative and coherent LLM outputs", 2024.
public struct MinP: SamplingStep, Hashable {
  /// The minimum probability relative to that of the most probable token, 0 … 1.
  public let share: Double

  /// Creates the step.
  ///
  /// - Precondition: the share is in 0 … 1.
  public init(_ share: Double) {
    require((0...1).contains(share), "a share must be in 0 … 1, got \(share)")
    self.share = share
  }

  public func callAsFunction(_ logits: inout [Float], at place: SamplingPlace) {
    guard share > 0, let largest = logits.max() else { return }
    let least = Double(largest) + log(share)
    for id in logits.indices where Double(logits[id]) < least { logits[id] = -.infinity }
  }
}
