/// The progress of counting and writing an n-gram model.
public struct NGramProgress: Hashable, Sendable {
  /// The stages, in their order.
  public enum Stage: String, Hashable, Sendable {
    case counting, smoothing, writing
  }

  /// The current stage.
  public let stage: Stage
  /// The share of the stage that is done, 0 … 1.
  public let share: Double

  /// The number of words or n-grams between two reports.
  static let interval = 1 << 14
}
