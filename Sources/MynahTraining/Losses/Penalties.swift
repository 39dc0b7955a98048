public import MynahModels
public import MynahTensors

/// Penalties on large weights, large outputs and fast-changing outputs, added to the loss.
///
///     λ Σ w²  +  α mean(h_t²)  +  β mean((h_{t+1} − h_t)²)
///
/// h is the last recurrent layer's output: after its dropout in the mean of α (AR), before it in that of β (TAR); padding does
/// not count. S. Merity, B. McCann, R. Socher, "Revisiting activation regularization for language RNNs", 2017; dropout as in
/// the authors' AWD-LSTM. Reported losses do not include penalties.
public struct Penalties: Hashable, Codable, Sendable {
  /// λ, of the sum of all weights' squares: 0 or more.
  ///
  /// Where it is not 0, every weight gets a gradient at every step.
  public var weights: Float
  /// α, of the mean square of the outputs: 0 or more.
  public var activation: Float
  /// β, of the mean square of the outputs' changes from step to step: 0 or more.
  public var temporal: Float

  /// Creates penalties.
  public init(weights: Float = 0, activation: Float = 0, temporal: Float = 0) {
    (self.weights, self.activation, self.temporal) = (weights, activation, temporal)
  }

  /// No penalties.
  public static let none = Penalties()

  /// What is wrong with them, in words; nil if they can be computed.
  public var defect: String? {
    [weights, activation, temporal].first { !($0 >= 0 && $0.isFinite) }.map { "a penalty is 0 or more, found \($0)" }
  }

  /// Returns the loss with the penalties added.
  ///
  /// - Parameters:
  ///   - loss: The scalar to differentiate.
  ///   - module: The module whose weights count.
  ///   - output: The last layer's outputs after dropout.
  ///   - undropped: The same before dropout. Only real steps count in both.
  public func added(
    to loss: Variable, of module: some Module, output: SequenceBatch, undropped: SequenceBatch
  ) -> Variable {
    var loss = loss
    if weights > 0 {
      var module = module
      module.visitParameters(prefix: "") { _, parameter in loss = loss + weights * parameter.sumOfSquares() }
    }
    if activation > 0 { loss = loss + activation * output.meanSquare() }
    if temporal > 0, let changes = undropped.changes { loss = loss + temporal * changes.meanSquare() }
    return loss
  }
}

extension SequenceBatch {
  /// The mean of the squares of all real elements; 0 without any.
  fileprivate func meanSquare() -> Variable {
    masked().values.sumOfSquares() / Float(max(realStepCount * featureCount, 1))
  }

  /// The differences between successive steps; nil for sequences of one step.
  fileprivate var changes: SequenceBatch? {
    guard stepCount > 1 else { return nil }
    let changes = values.slice(1..<stepCount) - values.slice(0..<stepCount - 1)
    return SequenceBatch(changes, lengths: lengths?.map { max($0 - 1, 0) })
  }
}

extension Penalties: CustomStringConvertible {
  /// The penalties in words; empty if there are none.
  public var description: String {
    [("weights", weights), ("activation", activation), ("temporal", temporal)].filter { $0.1 > 0 }
      .map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }
}
