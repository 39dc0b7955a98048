import Foundation
public import MynahTensors

/// Draws a token from logits.
///
/// p(token) ∝ exp(logit / temperature); temperature 0 takes the most probable token. Below 1 the text is safer, above 1
/// bolder.
public struct TemperatureSampler: Hashable, Sendable {
  /// 0 or more.
  public let temperature: Double
  /// Tokens that are never drawn.
  public let forbidden: Set<Int32>

  /// Creates a sampler.
  ///
  /// - Precondition: the temperature is finite and not negative.
  public init(temperature: Double = 1, forbidding forbidden: Set<Int32> = []) {
    precondition(temperature >= 0 && temperature.isFinite, "a temperature is 0 or more, found \(temperature)")
    self.temperature = temperature
    self.forbidden = forbidden
  }

  /// A token drawn from the logits of all tokens, [V].
  ///
  /// - Precondition: a token is not forbidden.
  public func callAsFunction(_ logits: [Float], using random: inout RandomSource) -> Int32 {
    let allowed = logits.indices.filter { !forbidden.contains(Int32($0)) }
    guard let best = allowed.max(by: { logits[$0] < logits[$1] }) else {
      preconditionFailure("all \(logits.count) tokens are forbidden")
    }
    guard temperature > 0 else { return Int32(best) }
    let weights = allowed.map { exp(Double(logits[$0] - logits[best]) / temperature) }
    return Int32(allowed[random.index(weights: weights)])
  }
}
