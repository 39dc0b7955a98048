/// The reduction of the losses of a batch's targets to the scalar that is differentiated.
public enum LossReduction: String, Hashable, Codable, Sendable, CaseIterable {
  /// The sum over the steps, averaged over the rows: gradients grow with the sequence length.
  case sumOverSteps
  /// The mean over all targets.
  case meanPerTarget
  /// The sum over all targets: gradients grow with the sequence length and the batch size.
  case sum

  /// Returns the factor of the sum over all targets.
  func scale(targetCount: Int, batchSize: Int) -> Float {
    switch self {
    case .sumOverSteps: 1 / Float(batchSize)
    // A batch that is all padding has a loss of 0, not 0 / 0.
    case .meanPerTarget: 1 / Float(max(targetCount, 1))
    case .sum: 1
    }
  }
}
