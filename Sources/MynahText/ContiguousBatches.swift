/// The tokens of a text in batches for training with carried state: each row goes on where it stopped a batch before.
///
/// The text is cut into B rows of ⌊n/B⌋ tokens; what is left over is not used. Batch i holds the columns iT ..< (i+1)T of
/// all rows and, as targets, the columns one further on: no target lies in another row than its input. The last columns
/// that do not fill T steps are not used. Source: Zaremba, Sutskever, Vinyals, "Recurrent neural network
/// regularization", 2014, and the reader of TensorFlow's tutorial on it.
public struct ContiguousBatches: RandomAccessCollection, Sendable {
  /// T consecutive tokens of each of B rows, time-major: token (t, b) at index t·B + b.
  public struct Batch: Sendable, Hashable {
    /// The tokens to read, shape [T, B].
    public let inputs: [Int32]
    /// The tokens to predict: the inputs' successors, shape [T, B].
    public let targets: [Int32]
    public let stepCount: Int
    public let batchSize: Int
  }

  private let ids: [Int32]
  /// The number of rows, B.
  public let batchSize: Int
  /// The number of tokens in a row of a batch, T.
  public let stepCount: Int
  /// The number of tokens in a whole row, ⌊n/B⌋.
  public let rowLength: Int
  /// The number of batches, ⌊(⌊n/B⌋ − 1) / T⌋, at least 1.
  public let count: Int

  /// Cuts tokens into batches.
  ///
  /// - Throws: When they do not fill one batch, which takes B·(T + 1) tokens.
  /// - Precondition: The sizes are positive.
  public init(_ ids: [Int32], batchSize: Int, stepCount: Int) throws(TextError) {
    precondition(batchSize > 0 && stepCount > 0, "sizes must be positive, found batch \(batchSize), steps \(stepCount)")
    self.ids = ids
    self.batchSize = batchSize
    self.stepCount = stepCount
    rowLength = ids.count / batchSize
    count = (rowLength - 1) / stepCount
    guard rowLength > stepCount else {
      // Reported, not computed with: sizes from a command line may be near the largest integer.
      let needed = batchSize.multipliedReportingOverflow(by: stepCount.addingReportingOverflow(1).partialValue)
      throw .tooShortForBatches(
        tokenCount: ids.count, needed: needed.overflow || needed.partialValue < 0 ? .max : needed.partialValue,
        batchSize: batchSize, stepCount: stepCount)
    }
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { count }

  /// The batch at a position in the text's order.
  public subscript(index: Int) -> Batch {
    precondition(indices.contains(index), "batch \(index) is outside of \(count) batches")
    let first = index * stepCount
    return Batch(
      inputs: columns(from: first), targets: columns(from: first + 1), stepCount: stepCount, batchSize: batchSize)
  }

  private func columns(from first: Int) -> [Int32] {
    var result: [Int32] = []
    result.reserveCapacity(stepCount * batchSize)
    for column in first..<(first + stepCount) {
      for row in 0..<batchSize { result.append(ids[row * rowLength + column]) }
    }
    return result
  }
}
