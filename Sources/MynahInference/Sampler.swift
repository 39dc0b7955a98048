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
    unsafe logits.withUnsafeBufferPointer { unsafe draw($0, using: &random) }
  }

  /// A token for each stream, drawn from logits [B, V].
  ///
  /// - Precondition: a token is not forbidden.
  public func callAsFunction(_ logits: Tensor, using random: inout RandomSource) -> [Int32] {
    let vocabularySize = logits.shape[logits.shape.rank - 1]
    return unsafe logits.withUnsafeElements { elements in
      stride(from: 0, to: elements.count, by: vocabularySize).map { first in
        unsafe draw(.init(rebasing: elements[first..<first + vocabularySize]), using: &random)
      }
    }
  }

  private func draw(_ logits: UnsafeBufferPointer<Float>, using random: inout RandomSource) -> Int32 {
    let uniform = temperature > 0 ? random.uniform() : 0
    let token = unsafe Kernels.draw(
      logits, temperature: temperature, forbidden: Array(forbidden), uniform: uniform)
    guard let token else { preconditionFailure("all \(logits.count) tokens are forbidden") }
    return token
  }
}
