import MynahIO

/// Makes the generated tokens less probable, the more the more often they have occurred.
///
/// logit ← logit − presence − frequency · count, for tokens that were generated at least once; tokens of the prompt do
/// not count. Negative numbers make them more probable. This is how OpenAI's API defines `presence_penalty` and
/// `frequency_penalty`.
public struct CountPenalty: SamplingStep, Hashable {
  /// The number that is subtracted once.
  public let presence: Double
  /// The number that is subtracted for each occurrence.
  public let frequency: Double

  /// Creates the step.
  ///
  /// - Precondition: both numbers are finite.
  public init(presence: Double = 0, frequency: Double = 0) {
    require(presence.isFinite && frequency.isFinite, "penalties must be finite, got \(presence) and \(frequency)")
    (self.presence, self.frequency) = (presence, frequency)
  }

  /// All tokens count, so the memory of a text grows with its length.
  public var reach: Int { .max }

  public func callAsFunction(_ logits: inout [Float], at place: SamplingPlace) {
    var counts: [Int32: Int] = [:]
    for id in place.recentTokens.suffix(place.position) { counts[id, default: 0] += 1 }
    for (id, count) in counts { logits[Int(id)] -= Float(presence + frequency * Double(count)) }
  }
}
