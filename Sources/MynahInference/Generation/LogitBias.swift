/// Adds numbers to the logits of some tokens.
///
/// A bias of −100 rules out practically all texts with a token, one of 100 all without it.
public struct LogitBias: SamplingStep, Hashable {
  /// The numbers by token.
  public let biases: [Int32: Double]

  /// Creates the step; tokens outside of the vocabulary are ignored.
  public init(_ biases: [Int32: Double]) { self.biases = biases }

  public func callAsFunction(_ logits: inout [Float], at place: SamplingPlace) {
    for (id, bias) in biases where logits.indices.contains(Int(id)) { logits[Int(id)] += Float(bias) }
  }
}
