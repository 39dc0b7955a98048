import MynahIO

/// A sampling step that divides logits by a temperature: a value below 1 sharpens the predicted distribution, a value
/// above 1 flattens it, and 1 keeps it.
///
/// p(token) ∝ exp(logit / temperature); 0 keeps only the most probable token, the one with the lowest ID if several are
/// equally probable.
public struct Temperature: SamplingStep, Hashable {
  /// The temperature, at least 0.
  public let value: Double

  /// Creates the step.
  ///
  /// - Precondition: the temperature is finite and not negative.
  public init(_ value: Double) {
    require(value >= 0 && value.isFinite, "a temperature must be finite and not negative, got \(value)")
    self.value = value
  }

  public func callAsFunction(_ logits: inout [Float], at place: SamplingPlace) {
    guard value > 0 else { return logits.keep(logits.largest(1)) }
    let inverse = Float(min(1 / value, 1e30))
    for id in logits.indices where logits[id] > -.infinity { logits[id] *= inverse }
  }
}
