import MynahIO

/// The tokens of a text in contiguous batches, for training with carried state: each row continues the same row of the
/// previous batch.
///
/// The text is cut into B consecutive rows. Batch i contains the columns iT ..< (i+1)T of all rows and, as targets, the
/// same columns shifted by one token. Tokens that do not fill B rows of whole batches are treated in one of two ways.
///
/// - `.drop`: rows have ⌊n/B⌋ tokens and no target is in a different row from its input, so there are
///   ⌊(⌊n/B⌋ − 1) / T⌋ batches, all of length T. Source: Zaremba, Sutskever, Vinyals, "Recurrent neural network
///   regularization", 2014, and the reader of TensorFlow's tutorial on it.
/// - `.keep`: rows have ⌊(n − 1)/B⌋ tokens, the target of a row's last token is the next row's first, and the last
///   batch is shorter if T does not divide the row length. Source: `rnnlm_batch_generator` of Berkeley's course w266.
public struct ContiguousBatches: RandomAccessCollection, Sendable {
  private let tokens: any TokenSource
  /// The batch size, B.
  public let batchSize: Int
  /// The sequence length T; the last batch may be shorter.
  public let stepCount: Int
  /// The number of inputs in a whole row; with `.drop`, the number of tokens.
  public let rowLength: Int
  /// The number of batches, at least 1.
  public let count: Int
  /// The number of a row's tokens that have a target.
  package let inputCount: Int
  /// The columns of each batch if the batch lengths differ from T; nil if each batch has length T.
  private var columns: [Range<Int>]?

  /// Divides tokens into batches.
  ///
  /// - Throws: `TextError` if there are too few tokens for one batch: one batch needs B·(T + 1) tokens, or B + 1 with
  ///   `.keep`.
  /// - Precondition: The sizes are positive.
  public init(
    _ tokens: any TokenSource, batchSize: Int, stepCount: Int, remainder: Remainder = .drop
  ) throws(TextError) {
    require(batchSize > 0 && stepCount > 0, "sizes must be positive, found batch \(batchSize), steps \(stepCount)")
    self.tokens = tokens
    self.batchSize = batchSize
    self.stepCount = stepCount
    switch remainder {
    case .drop:
      rowLength = tokens.count / batchSize
      inputCount = rowLength - 1
      count = inputCount / stepCount
    case .keep:
      rowLength = Swift.max(0, tokens.count - 1) / batchSize
      inputCount = rowLength
      count = rowLength / stepCount + (rowLength.isMultiple(of: stepCount) ? 0 : 1)
    }
    guard count > 0 else {
      throw .tooShortForBatches(
        tokenCount: tokens.count, needed: Self.neededCount(batchSize, stepCount, remainder), batchSize: batchSize,
        stepCount: stepCount)
    }
  }

  /// Divides tokens in memory into batches.
  ///
  /// - Throws: `TextError` if there are too few tokens for one batch: one batch needs B·(T + 1) tokens, or B + 1 with
  ///   `.keep`.
  /// - Precondition: The sizes are positive.
  public init(_ ids: [Int32], batchSize: Int, stepCount: Int, remainder: Remainder = .drop) throws(TextError) {
    let tokens: any TokenSource = ids
    try self.init(tokens, batchSize: batchSize, stepCount: stepCount, remainder: remainder)
  }

  /// Returns the number of tokens needed for one batch, for error messages only: user-supplied sizes may be so large
  /// that the exact number overflows.
  private static func neededCount(_ batchSize: Int, _ stepCount: Int, _ remainder: Remainder) -> Int {
    let needed =
      remainder == .drop
      ? batchSize.multipliedReportingOverflow(by: stepCount.addingReportingOverflow(1).partialValue)
      : batchSize.addingReportingOverflow(1)
    return needed.overflow || needed.partialValue < 0 ? .max : needed.partialValue
  }

  /// Returns the same rows divided into batches of the given lengths.
  ///
  /// - Parameter lengths: The lengths of the batches, whose sum is `inputCount`.
  /// - Precondition: The lengths are positive and have this sum.
  package func divided(into lengths: [Int]) -> ContiguousBatches {
    ContiguousBatches(self, lengths)
  }

  private init(_ whole: ContiguousBatches, _ lengths: [Int]) {
    require(
      lengths.allSatisfy { $0 > 0 } && lengths.reduce(0, +) == whole.inputCount,
      "lengths must be positive and add up to \(whole.inputCount), found \(lengths)")
    (tokens, batchSize, rowLength, inputCount) = (whole.tokens, whole.batchSize, whole.rowLength, whole.inputCount)
    (stepCount, count) = (lengths.max() ?? 0, lengths.count)
    var start = 0
    columns = lengths.map { length in
      defer { start += length }
      return start..<start + length
    }
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { count }

  /// The batch at an index, in text order; all but the first carry the state.
  public subscript(index: Int) -> Batch {
    require(indices.contains(index), "batch \(index) is outside of \(count) batches")
    let columns = columns?[index] ?? index * stepCount..<Swift.min((index + 1) * stepCount, rowLength)
    let (first, width) = (columns.lowerBound, columns.count)
    var inputs = [Int32](repeating: 0, count: width * batchSize)
    var targets = inputs
    for row in 0..<batchSize {
      let start = row * rowLength + first
      let ids = tokens.ids(in: start..<start + width + 1)
      for step in 0..<width {
        inputs[step * batchSize + row] = ids[step]
        targets[step * batchSize + row] = ids[step + 1]
      }
    }
    return Batch(
      inputs: inputs, targets: targets, stepCount: width, batchSize: batchSize, carriesState: index > 0)
  }
}
