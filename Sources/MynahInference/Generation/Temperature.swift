import MynahIO

/// Divides logits by a temperature: below 1 sharpens the predicted distribution, above 1 flattens it, 1 keeps it.
///
/// p(token) ∝ exp(logit / temperature); 0 keeps only the most probable token, of equal ones the one with the lowest id.
public struct Temperature: SamplingStep, Hashable {
  /// 0 or more.
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
