/// Puts tokens at positions of the text, whatever their probability.
public struct ForcedTokens: SamplingStep, Hashable {
  /// The tokens by position; the first token after the prompt has position 0.
  public let ids: [Int: Int32]

  /// Creates the step.
  public init(_ ids: [Int: Int32]) { self.ids = ids }

  public func callAsFunction(_ logits: inout [Float], at place: SamplingPlace) {
    guard let id = ids[place.position].map(Int.init), logits.indices.contains(id) else { return }
    // It may have been ruled out before.
    logits[id] = max(logits[id], 0)
    logits.keep([id])
  }
}
