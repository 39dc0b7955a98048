import Foundation

/// The learning rate as a function of the epoch: constant for some epochs, then multiplied by a factor at each one.
///
///     rate(epoch) = initial · factor^max(epoch − constantEpochs, 0),   epoch = 1, 2, …
public struct LearningRateSchedule: Hashable, Codable, Sendable {
  /// The rate of the first epochs: positive.
  public let initial: Float
  /// What the rate is multiplied with at each epoch after the constant ones: 0 < factor ≤ 1.
  public let factor: Float
  /// The number of epochs at the initial rate.
  public let constantEpochs: Int

  /// Creates a step decay.
  public init(initial: Float, factor: Float, constantEpochs: Int) {
    self.initial = initial
    self.factor = factor
    self.constantEpochs = constantEpochs
  }

  /// The same rate at every epoch.
  public static func constant(_ rate: Float) -> Self { .init(initial: rate, factor: 1, constantEpochs: 0) }

  /// Halved at each epoch after the first `epochs` ones.
  public static func halving(from rate: Float, after epochs: Int) -> Self {
    .init(initial: rate, factor: 0.5, constantEpochs: epochs)
  }

  /// The rate of an epoch; the first epoch is 1.
  public func rate(epoch: Int) -> Float { initial * pow(factor, Float(max(epoch - constantEpochs, 0))) }
}
