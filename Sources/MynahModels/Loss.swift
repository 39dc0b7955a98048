import Foundation

/// A negative log-likelihood in nats, and the number of targets that it is summed over.
public struct Loss: Hashable, Codable, Sendable {
  /// The sum of −log p(target), natural logarithm.
  public var nats: Double
  /// The number of predicted targets.
  public var targetCount: Int

  /// Creates a loss.
  public init(nats: Double = 0, targetCount: Int = 0) {
    self.nats = nats
    self.targetCount = targetCount
  }

  /// The nats per target; NaN if nothing was predicted.
  public var mean: Double { nats / Double(targetCount) }

  /// The perplexity exp(nats / targets): that of a uniform distribution over this many tokens.
  public var perplexity: Double { exp(mean) }

  /// The loss of two texts together.
  public static func + (left: Loss, right: Loss) -> Loss {
    Loss(nats: left.nats + right.nats, targetCount: left.targetCount + right.targetCount)
  }

  /// Adds another text's loss.
  public static func += (left: inout Loss, right: Loss) { left = left + right }
}
