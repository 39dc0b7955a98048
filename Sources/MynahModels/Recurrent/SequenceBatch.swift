import MynahIO
public import MynahTensors

/// A batch of sequences, time-major and padded to one length: [T, B, F], with the length of each sequence.
///
/// The lengths travel with the values through layers, penalties, pooling and losses, so that none of them can overlook
/// the padding. Layers output exact zeros past a sequence's end.
public struct SequenceBatch: Sendable {
  private let contents: Contents
  /// The number of real steps of each of the B sequences, 0 to T; nil if all have T steps.
  public let lengths: [Int]?

  private enum Contents: Sendable {
    case values(Variable)
    case shared(SharedInputs, Shape)
  }

  /// Creates a batch.
  ///
  /// - Precondition: the values have three axes; there are B lengths in 0 ... T.
  public init(_ values: Variable, lengths: [Int]? = nil) {
    self.init(.values(values), shape: values.shape, lengths: lengths)
  }

  /// Creates a batch whose steps share inputs.
  init(_ shared: SharedInputs, stepCount: Int, batchSize: Int, lengths: [Int]? = nil) {
    require(
      shared.indices.count == stepCount * batchSize,
      "\(shared.indices.count) indices do not fill \(stepCount) steps of \(batchSize) sequences")
    let shape: Shape = [stepCount, batchSize, shared.distinct.shape[1]]
    self.init(.shared(shared, shape), shape: shape, lengths: lengths)
  }

  private init(_ contents: Contents, shape: Shape, lengths: [Int]?) {
    require(shape.rank == 3, "sequences have the shape [T, B, F], got \(shape)")
    if let lengths {
      require(
        lengths.count == shape[1] && lengths.allSatisfy { (0...shape[0]).contains($0) },
        "sequences of shape \(shape) need \(shape[1]) lengths in 0 ... \(shape[0]), found \(lengths)")
    }
    (self.contents, self.lengths) = (contents, lengths)
  }

  /// The values, [T, B, F].
  public var values: Variable {
    switch contents {
    case .values(let values): values
    case .shared(let shared, let shape): shared.rows.reshaped(shape)
    }
  }

  /// The distinct inputs, if steps share them.
  package var shared: SharedInputs? {
    guard case .shared(let shared, _) = contents else { return nil }
    return shared
  }

  /// The shape of the values, [T, B, F].
  var shape: Shape {
    switch contents {
    case .values(let values): values.shape
    case .shared(_, let shape): shape
    }
  }

  /// T, the number of steps of the longest sequence, padding included.
  public var stepCount: Int { shape[0] }
  /// B, the number of sequences.
  public var batchSize: Int { shape[1] }
  /// F, the number of features of a step.
  public var featureCount: Int { shape[2] }

  /// The features of all steps, [T·B, F]: step t of sequence b is row t·B + b.
  public var rows: Variable { values.reshaped([stepCount * batchSize, featureCount]) }

  /// The number of real steps of all sequences together.
  public var realStepCount: Int { lengths?.reduce(0, +) ?? stepCount * batchSize }

  /// The mask of the real steps, [T, B, 1]: 1 for real steps and 0 for padding; nil if there is no padding.
  public var mask: Tensor? { lengths.map { .stepMask(lengths: $0, stepCount: stepCount) } }

  /// Returns a batch with the same lengths and other values.
  public func with(_ values: Variable) -> SequenceBatch { SequenceBatch(values, lengths: lengths) }

  /// Returns a batch whose padding is set to exactly zero, even if it was infinite or NaN.
  public func masked() -> SequenceBatch { mask.map { with(values.masked(by: $0)) } ?? self }

  /// Returns the sequences in reverse, each from its own last real step; the padding stays at the end.
  public func reversed() -> SequenceBatch {
    let lengths = lengths ?? [Int](repeating: stepCount, count: batchSize)
    guard shape.elementCount > 0 else { return self }
    let order = (0..<stepCount).flatMap { step in
      lengths.enumerated().map { row, length in (step < length ? length - 1 - step : step) * batchSize + row }
    }
    return with(rows.gathered(order).reshaped(shape))
  }
}

extension Tensor {
  /// Returns the mask of the real steps of padded sequences, [T, B, 1]: 1 for real steps and 0 for padding.
  package static func stepMask(lengths: [Int], stepCount: Int) -> Tensor {
    Tensor(
      shape: [stepCount, lengths.count, 1], (0..<stepCount).flatMap { step in lengths.map { step < $0 ? 1 : 0 } })
  }
}
