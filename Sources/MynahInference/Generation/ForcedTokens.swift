/// A sampling step that forces tokens at given positions of the text, regardless of their probability.
public struct ForcedTokens: SamplingStep, Hashable {
  /// The tokens by position; the first token after the prompt has position 0.
  public let ids: [Int: Int32]

  /// Creates the step.
  public init(_ ids: [Int: Int32]) { self.ids = ids }

  public func callAsFunction(_ logits: inout [Float], at place: SamplingPlace) {
    guard let id = ids[place.position].map(Int.init), logits.indices.contains(id) else { return }
    // A previous step may have ruled out the token.
    logits[id] = max(logits[id], 0)
    logits.keep([id])
  }
}
