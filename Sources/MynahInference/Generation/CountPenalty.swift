import MynahIO

/// A presence and frequency penalty, which makes generated tokens less probable.
///
/// logit ← logit − presence − frequency · count, for tokens that were generated at least once; tokens of the prompt do
/// not count. Negative penalties make them more probable. This is how OpenAI's API defines `presence_penalty` and
/// `frequency_penalty`.
public struct CountPenalty: SamplingStep, Hashable {
  /// The penalty that is subtracted once.
  public let presence: Double
  /// The penalty that is subtracted for each occurrence.
  public let frequency: Double

  /// Creates the step.
  ///
  /// - Precondition: both penalties are finite.
  public init(presence: Double = 0, frequency: Double = 0) {
    require(presence.isFinite && frequency.isFinite, "penalties must be finite, got \(presence) and \(frequency)")
    (self.presence, self.frequency) = (presence, frequency)
  }

  public var usesCounts: Bool { true }

  public func callAsFunction(_ logits: inout [Float], at place: SamplingPlace) {
    for (id, count) in place.counts { logits[Int(id)] -= Float(presence + frequency * Double(count)) }
  }
}
