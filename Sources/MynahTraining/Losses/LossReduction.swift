/// The reduction of the losses of a batch's targets to the one number that is differentiated.
public enum LossReduction: String, Hashable, Codable, Sendable, CaseIterable {
  /// Summed over the steps, mean over the rows: gradients grow with the steps.
  case sumOverSteps
  /// The mean over all targets.
  case meanPerTarget
  /// Summed over all targets: gradients grow with the steps and the rows.
  case sum

  /// The factor of the sum over all targets.
  func scale(targetCount: Int, batchSize: Int) -> Float {
    switch self {
    case .sumOverSteps: 1 / Float(batchSize)
    // A batch of padding alone has the loss 0, not 0 / 0.
    case .meanPerTarget: 1 / Float(max(targetCount, 1))
    case .sum: 1
    }
  }
}
