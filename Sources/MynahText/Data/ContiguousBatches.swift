/// The tokens of a text in batches for training with carried state: each row goes on where it stopped a batch before.
///
/// The text is cut into B rows that follow each other in it. Batch i holds the columns iT ..< (i+1)T of all rows and, as
/// targets, the tokens one further on. What does not fill B rows of whole batches is treated in one of two ways.
///
/// - `.drop`: rows have ⌊n/B⌋ tokens and no target lies in another row than its input, so there are ⌊(⌊n/B⌋ − 1) / T⌋
///   batches, all T wide. Source: Zaremba, Sutskever, Vinyals, "Recurrent neural network regularization", 2014, and the
///   reader of TensorFlow's tutorial on it.
/// - `.keep`: rows have ⌊(n − 1)/B⌋ tokens, the target of a row's last is the next row's first, and the last batch is
///   narrower if T does not divide the rows. Source: `rnnlm_batch_generator` of the course w266 at Berkeley.
public struct ContiguousBatches: RandomAccessCollection, Sendable {
  private let tokens: any TokenSource
  /// The number of rows, B.
  public let batchSize: Int
  /// The number of tokens in a row of a batch, T; the last batch may have fewer.
  public let stepCount: Int
  /// The number of inputs, or with `.drop` of tokens, in a whole row.
  public let rowLength: Int
  /// The number of batches, at least 1.
  public let count: Int

  /// Cuts tokens into batches.
  ///
  /// - Throws: When they do not fill one batch, which takes B·(T + 1) tokens, or B + 1 if narrower ones are kept.
  /// - Precondition: The sizes are positive.
  public init(
    _ tokens: any TokenSource, batchSize: Int, stepCount: Int, remainder: Remainder = .drop
  ) throws(TextError) {
    precondition(batchSize > 0 && stepCount > 0, "sizes must be positive, found batch \(batchSize), steps \(stepCount)")
    self.tokens = tokens
    self.batchSize = batchSize
    self.stepCount = stepCount
    switch remainder {
    case .drop:
      rowLength = tokens.count / batchSize
      count = (rowLength - 1) / stepCount
    case .keep:
      rowLength = Swift.max(0, tokens.count - 1) / batchSize
      count = rowLength / stepCount + (rowLength.isMultiple(of: stepCount) ? 0 : 1)
    }
    guard count > 0 else {
      throw .tooShortForBatches(
        tokenCount: tokens.count, needed: Self.neededCount(batchSize, stepCount, remainder), batchSize: batchSize,
        stepCount: stepCount)
    }
  }

  /// Cuts tokens in memory into batches.
  ///
  /// - Throws: When they do not fill one batch, which takes B·(T + 1) tokens, or B + 1 if narrower ones are kept.
  /// - Precondition: The sizes are positive.
  public init(_ ids: [Int32], batchSize: Int, stepCount: Int, remainder: Remainder = .drop) throws(TextError) {
    let tokens: any TokenSource = ids
    try self.init(tokens, batchSize: batchSize, stepCount: stepCount, remainder: remainder)
  }

  /// The tokens that fill one batch; reported, not computed with: sizes from a command line may be near the largest integer.
  private static func neededCount(_ batchSize: Int, _ stepCount: Int, _ remainder: Remainder) -> Int {
    let needed =
      remainder == .drop
      ? batchSize.multipliedReportingOverflow(by: stepCount.addingReportingOverflow(1).partialValue)
      : batchSize.addingReportingOverflow(1)
    return needed.overflow || needed.partialValue < 0 ? .max : needed.partialValue
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { count }

  /// The batch at a position in the text's order; all but the first carry the state.
  public subscript(index: Int) -> Batch {
    precondition(indices.contains(index), "batch \(index) is outside of \(count) batches")
    let first = index * stepCount
    let width = Swift.min(stepCount, rowLength - first)
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
