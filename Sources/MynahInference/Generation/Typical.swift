import Foundation
import MynahIO
import MynahTensors

/// Locally typical sampling, which keeps the tokens whose surprisal is nearest to the expected surprisal, until their
/// probabilities add up to a mass.
///
/// Tokens are ordered by |−ln p − H|, where H is the entropy of the next token: neither the least nor the most
/// surprising ones come first. C. Meister, T. Pimentel, G. Wiher, R. Cotterell, "Locally typical sampling", 2023.
public struct Typical: SamplingStep, Hashable {
  /// The probability mass, above 0 and at most 1.
  public let mass: Double

  /// Creates the step.
  ///
  /// - Precondition: the mass is above 0 and at most 1.
  public init(_ mass: Double) {
    require(mass > 0 && mass <= 1, "a probability mass must be above 0 and at most 1, got \(mass)")
    self.mass = mass
  }

  public func callAsFunction(_ logits: inout [Float], at place: SamplingPlace) {
    guard mass < 1 else { return }
    let probabilities = logits.softmax()
    let surprisals = probabilities.map { $0 > 0 ? -log($0) : .infinity }
    let entropy = zip(probabilities, surprisals).reduce(0) { $1.0 > 0 ? $0 + $1.0 * $1.1 : $0 }
    let order = logits.indices.filter { probabilities[$0] > 0 }
      .sorted { (abs(surprisals[$0] - entropy), $0) < (abs(surprisals[$1] - entropy), $1) }
    _ = logits.keep(order, untilReaching: mass, probabilities)
  }
}
