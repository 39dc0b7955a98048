/// A sampling step that adds biases to the logits of some tokens.
///
/// A bias of −100 practically rules out a token; a bias of 100 practically rules out all others.
public struct LogitBias: SamplingStep, Hashable {
  /// The bias of each token.
  public let biases: [Int32: Double]

  /// Creates the step; tokens outside of the vocabulary are ignored.
  public init(_ biases: [Int32: Double]) { self.biases = biases }

  public func callAsFunction(_ logits: inout [Float], at place: SamplingPlace) {
    for (id, bias) in biases where logits.indices.contains(Int(id)) { logits[Int(id)] += Float(bias) }
  }
}
