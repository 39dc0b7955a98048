import MynahIO

/// A repetition penalty, which makes recent tokens less probable.
///
/// logit ← logit / penalty if it is positive, else logit · penalty, once regardless of how often the token occurred. N.
/// Keskar et al., "CTRL: a conditional transformer language model for controllable generation", 2019, section 4.1.
public struct RepetitionPenalty: SamplingStep, Hashable {
  /// The penalty, at least 1; 1 changes nothing.
  public let penalty: Double
  /// The number of most recent tokens that are penalised.
  public let reach: Int

  /// Creates the step.
  ///
  /// - Precondition: the penalty is finite and at least 1, the reach not negative.
  public init(_ penalty: Double, reach: Int = 64) {
    require(penalty >= 1 && penalty.isFinite, "a penalty must be finite and at least 1, got \(penalty)")
    require(reach >= 0, "the number of recent tokens must not be negative, got \(reach)")
    (self.penalty, self.reach) = (penalty, reach)
  }

  public func callAsFunction(_ logits: inout [Float], at place: SamplingPlace) {
    let factor = Float(penalty)
    for id in Set(place.recentTokens.suffix(reach)) {
      let logit = logits[Int(id)]
      logits[Int(id)] = logit > 0 ? logit / factor : logit * factor
    }
  }
}
