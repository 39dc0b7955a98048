public import MynahModels
public import MynahTensors
import MynahText

/// Penalties on large weights, large outputs and fast-changing outputs, added to the loss.
///
///     λ Σ w²  +  α mean(h_t²)  +  β mean((h_{t+1} − h_t)²)
///
/// h is the last recurrent layer's output: after dropout for α (AR), before dropout for β (TAR); padding is excluded.
/// S. Merity, B. McCann, R. Socher, "Revisiting activation regularization for language RNNs", 2017; dropout as in the
/// authors' AWD-LSTM. Reported losses do not include penalties.
public struct Penalties: Hashable, Codable, Sendable {
  /// λ, the coefficient of the sum of all squared weights: 0 or more.
  ///
  /// If it is not 0, every weight has a gradient at every step.
  public var weights: Float
  /// α, the coefficient of the mean square of the outputs: 0 or more.
  public var activation: Float
  /// β, the coefficient of the mean square of the outputs' changes between steps: 0 or more.
  public var temporal: Float

  /// Creates penalties.
  public init(weights: Float = 0, activation: Float = 0, temporal: Float = 0) {
    (self.weights, self.activation, self.temporal) = (weights, activation, temporal)
  }

  /// No penalties.
  public static let none = Penalties()

  /// A description of what is wrong with the penalties; nil if they are valid.
  public var defect: String? {
    [weights, activation, temporal].first { !($0 >= 0 && $0.isFinite) }
      .map { "a penalty must be at least 0, found \($0)" }
  }

  /// Returns the loss with the penalties added.
  ///
  /// - Parameters:
  ///   - loss: The scalar to differentiate.
  ///   - module: The module whose weights are penalised.
  ///   - output: The last layer's outputs after dropout.
  ///   - undropped: The last layer's outputs before dropout. Padding is excluded from both.
  public func added(
    to loss: Variable, of module: some Module, output: SequenceBatch, undropped: SequenceBatch
  ) -> Variable { added(to: loss, of: module, output: output, undropped: undropped, in: PenaltyShares()) }

  /// Returns the loss of some rows of a batch with their shares of the penalties added.
  func added(
    to loss: Variable, of module: some Module, output: SequenceBatch, undropped: SequenceBatch,
    in shares: PenaltyShares
  ) -> Variable {
    var loss = loss
    if weights > 0 && shares.hasWeights {
      var module = module
      module.visitParameters(prefix: "") { _, parameter in loss = loss + weights * parameter.sumOfSquares() }
    }
    if activation > 0 { loss = loss + activation * shares.activation * output.meanSquare() }
    if temporal > 0, let changes = undropped.changes {
      loss = loss + temporal * shares.temporal * changes.meanSquare()
    }
    return loss
  }
}

/// The shares of some rows of a batch in the batch's penalties; the shares of all rows add up to 1.
struct PenaltyShares {
  /// The fraction of the batch's outputs that belong to the rows.
  var activation: Float = 1
  /// The fraction of the batch's changes between steps that belong to the rows.
  var temporal: Float = 1
  /// A Boolean value indicating whether the rows' pass adds the penalty on the weights; only one pass of a batch does.
  var hasWeights = true

  /// Creates the shares of all rows.
  init() {}

  /// Creates the shares of some rows of a batch; nil: all rows.
  init(of rows: Range<Int>?, in batch: Batch) {
    guard let rows, rows.count < batch.batchSize else { return }
    let lengths = batch.lengths ?? [Int](repeating: batch.stepCount, count: batch.batchSize)
    func share(_ count: (Int) -> Int) -> Float {
      let total = lengths.reduce(0) { $0 + count($1) }
      return total == 0 ? 0 : Float(lengths[rows].reduce(0) { $0 + count($1) }) / Float(total)
    }
    activation = share { $0 }
    temporal = share { max($0 - 1, 0) }
    hasWeights = rows.lowerBound == 0
  }
}

extension SequenceBatch {
  /// Returns the mean square of all non-padding elements; 0 if there are none.
  fileprivate func meanSquare() -> Variable {
    masked().values.sumOfSquares() / Float(max(realStepCount * featureCount, 1))
  }

  /// The differences between consecutive steps; nil for sequences of one step.
  fileprivate var changes: SequenceBatch? {
    guard stepCount > 1 else { return nil }
    let changes = values.slice(1..<stepCount) - values.slice(0..<stepCount - 1)
    return SequenceBatch(changes, lengths: lengths?.map { max($0 - 1, 0) })
  }
}

extension Penalties: CustomStringConvertible {
  /// A description of the penalties; empty if there are none.
  public var description: String {
    [("weights", weights), ("activation", activation), ("temporal", temporal)].filter { $0.1 > 0 }
      .map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }
}
