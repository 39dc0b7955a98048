/// The progress of an operation that reads a text, such as an evaluation.
public struct TextProgress: Hashable, Sendable {
  /// The number of tokens that have been read.
  public let tokenCount: Int
  /// The share of the text that has been read, 0 … 1.
  public let share: Double

  /// Creates the progress of an operation.
  public init(tokenCount: Int, share: Double) { (self.tokenCount, self.share) = (tokenCount, share) }
}
