/// What a model learns from in one step: T tokens of each of B rows, and the tokens that follow them.
///
/// Everything is time-major: token (t, b) stands at index t·B + b.
public struct Batch: Sendable, Hashable {
  /// The tokens to read, shape [T, B].
  public let inputs: [Int32]
  /// The tokens to predict, shape [T, B].
  public let targets: [Int32]
  /// The number of steps, T.
  public let stepCount: Int
  /// The number of rows, B.
  public let batchSize: Int
  /// The number of real steps of each row, with padding behind them; nil where all rows are T long.
  public let lengths: [Int]?
  /// Whether each row goes on where the same row of the batch before ended, so that it begins with that batch's last
  /// state; if not, with the zero state.
  public let carriesState: Bool
  /// A Boolean value indicating whether the batch is context only: it advances the state, and no target counts.
  public let isContext: Bool

  /// Creates a batch.
  ///
  /// - Precondition: Both arrays hold T·B tokens; there are B lengths in 0 ... T, if any.
  public init(
    inputs: [Int32], targets: [Int32], stepCount: Int, batchSize: Int, lengths: [Int]? = nil,
    carriesState: Bool = false, isContext: Bool = false
  ) {
    precondition(
      inputs.count == stepCount * batchSize && targets.count == inputs.count,
      "a batch of shape [\(stepCount), \(batchSize)] was given \(inputs.count) inputs and \(targets.count) targets")
    precondition(
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

  /// Creates a batch of rows that may be of different lengths, the inputs of each as long as its targets.
  ///
  /// - Parameter stepCount: T, at least the longest row's length.
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

  /// The weight of each target in a loss, shape [T, B]: 1 where it counts and 0 where it is padding or context; nil if
  /// all count.
  public var weights: [Float]? {
    if isContext { return [Float](repeating: 0, count: targets.count) }
    return lengths.map { lengths in (0..<stepCount).flatMap { step in lengths.map { step < $0 ? 1 : 0 } } }
  }

  /// The number of targets that count.
  public var targetCount: Int { isContext ? 0 : lengths?.reduce(0, +) ?? stepCount * batchSize }
}
