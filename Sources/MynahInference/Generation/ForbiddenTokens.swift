/// A sampling step that rules out tokens.
public struct ForbiddenTokens: SamplingStep, Hashable {
  /// The tokens that are never drawn.
  public let ids: Set<Int32>

  /// Creates the step.
  public init(_ ids: some Sequence<Int32>) { self.ids = Set(ids) }

  public func callAsFunction(_ logits: inout [Float], at place: SamplingPlace) {
    for id in ids where logits.indices.contains(Int(id)) { logits[Int(id)] = -.infinity }
  }
}
