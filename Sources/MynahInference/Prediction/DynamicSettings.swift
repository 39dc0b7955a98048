import MynahIO

/// The settings of dynamic evaluation.
public struct DynamicSettings: Hashable, Sendable {
  /// η, the learning rate.
  public var learningRate: Float
  /// λ, the decay of the weights towards the trained ones, 0 … 1.
  public var decay: Float
  /// ε, which is added to the root mean square of a gradient.
  public var epsilon: Float
  /// The number of tokens before each update.
  public var segmentLength: Int

  /// Creates settings; the defaults are those of the paper.
  ///
  /// - Precondition: rate, decay and ε are not negative, the decay at most 1; the segment length is positive.
  public init(learningRate: Float = 5e-5, decay: Float = 0.002, epsilon: Float = 2e-5, segmentLength: Int = 5) {
    require(
      learningRate >= 0 && (0...1).contains(decay) && epsilon >= 0,
      "rate \(learningRate), decay \(decay) or ε \(epsilon) is out of range")
    require(segmentLength > 0, "a segment must have at least 1 token, got \(segmentLength)")
    (self.learningRate, self.decay, self.epsilon, self.segmentLength) = (learningRate, decay, epsilon, segmentLength)
  }
}
