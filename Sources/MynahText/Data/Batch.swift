import MynahIO

/// The input of one training step: T tokens of each of B rows, and the tokens that follow them.
///
/// Everything is time-major: token (t, b) is at index t·B + b.
public struct Batch: Sendable, Hashable {
  /// The input tokens, shape [T, B].
  public let inputs: [Int32]
  /// The target tokens, shape [T, B].
  public let targets: [Int32]
  /// The sequence length, T.
  public let stepCount: Int
  /// The batch size, B.
  public let batchSize: Int
  /// The length of each row without its trailing padding; nil if all rows have length T.
  public let lengths: [Int]?
  /// A Boolean value indicating whether each row continues the same row of the previous batch.
  ///
  /// If true, the rows start from that batch's final state; otherwise, from the zero state.
  public let carriesState: Bool
  /// A Boolean value indicating whether the batch is context only: it advances the state, but no target counts.
  public let isContext: Bool

  /// Creates a batch.
  ///
  /// - Precondition: Both arrays contain T·B tokens; there are B lengths in 0 ... T, if any.
  public init(
    inputs: [Int32], targets: [Int32], stepCount: Int, batchSize: Int, lengths: [Int]? = nil,
    carriesState: Bool = false, isContext: Bool = false
  ) {
    require(
      inputs.count == stepCount * batchSize && targets.count == inputs.count,
      "a batch of shape [\(stepCount), \(batchSize)] was given \(inputs.count) inputs and \(targets.count) targets")
    require(
      lengths.map { $0.count == batchSize && $0.allSatisfy((0...stepCount).contains) } ?? true,
      "\(batchSize) rows of at most \(stepCount) steps cannot have the lengths \(lengths ?? [])")
    self.inputs = inputs
    self.targets = targets
    self.stepCount = stepCount
    self.batchSize = batchSize
    self.lengths = lengths.flatMap { $0.allSatisfy { $0 == stepCount } ? nil : $0 }
    self.carriesState = carriesState
    self.isContext = isContext
  }

  /// Creates a batch from rows that may differ in length; each row has as many inputs as targets.
  ///
  /// - Parameter stepCount: The sequence length T, at least the length of the longest row.
  init(
    rows inputs: [some Collection<Int32>], targets: [some Collection<Int32>], stepCount: Int, paddingID: Int32 = 0,
    carriesState: Bool = false, isContext: Bool = false
  ) {
    self.init(
      inputs: Self.timeMajor(inputs, stepCount, paddingID), targets: Self.timeMajor(targets, stepCount, paddingID),
      stepCount: stepCount, batchSize: inputs.count, lengths: inputs.map(\.count), carriesState: carriesState,
      isContext: isContext)
  }

  private static func timeMajor(
    _ rows: [some Collection<Int32>], _ stepCount: Int, _ paddingID: Int32
  ) -> [Int32] {
    var result = Array(repeating: paddingID, count: stepCount * rows.count)
    for (row, ids) in rows.enumerated() {
      for (step, id) in ids.enumerated() { result[step * rows.count + row] = id }
    }
    return result
  }

  /// The input tokens of each row, shape [B][T], with any padding at the end.
  ///
  /// `inputs` contains the same tokens in time-major order; for printing, rows are more readable.
  public var rows: [[Int32]] { rows(of: inputs) }

  /// The target tokens of each row, shape [B][T], with any padding at the end.
  public var targetRows: [[Int32]] { rows(of: targets) }

  private func rows(of ids: [Int32]) -> [[Int32]] {
    (0..<batchSize).map { row in (0..<stepCount).map { ids[$0 * batchSize + row] } }
  }

  /// The weight of each target in the loss, shape [T, B]: 1 where it counts and 0 for padding and context; nil if all
  /// targets count.
  public var weights: [Float]? {
    if isContext { return [Float](repeating: 0, count: targets.count) }
    return lengths.map { lengths in (0..<stepCount).flatMap { step in lengths.map { step < $0 ? 1 : 0 } } }
  }

  /// The number of targets that count.
  public var targetCount: Int { isContext ? 0 : lengths?.reduce(0, +) ?? stepCount * batchSize }
}
