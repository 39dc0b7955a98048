import MynahIO
import MynahTensors

/// Top-p (nucleus) sampling, which keeps the smallest set of most probable tokens whose probabilities add up to p.
///
/// A. Holtzman, J. Buys, L. Du, M. Forbes, Y. Choi, "The curious case of neural text degeneration", 2020.
public struct TopP: SamplingStep, Hashable {
  /// p, above 0 and at most 1.
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
    // Most nuclei are small: finding the first tokens takes one pass, sorting all tokens takes many.
    var limit = 64
    while true {
      let order = logits.largest(limit)
      // Rounding may keep the sum of all probabilities below the mass.
      if logits.keep(order, untilReaching: mass, probabilities) || order.count < limit { return }
      limit *= 8
    }
  }
}
