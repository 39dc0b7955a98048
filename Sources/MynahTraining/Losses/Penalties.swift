public import MynahModels
public import MynahTensors

/// What is added to the loss so that weights and outputs stay small and outputs change slowly.
///
///     λ Σ w²  +  α mean(h_t²)  +  β mean((h_{t+1} − h_t)²)
///
/// h is the last recurrent layer's output: with its dropout in the mean of α, before it in that of β. α and β: S. Merity, B.
/// McCann, R. Socher, "Revisiting activation regularization for language RNNs", 2017; dropout as in the authors' AWD-LSTM.
/// Reported losses are without penalties.
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

  /// The loss with the penalties added.
  ///
  /// - Parameters:
  ///   - loss: The scalar to differentiate.
  ///   - module: Whose weights count.
  ///   - hidden: The last layer's outputs, time-major [T·B, H], after dropout.
  ///   - raw: The same before dropout.
  ///   - batchSize: B.
  public func added(
    to loss: Variable, of module: some Module, hidden: Variable, raw: Variable, batchSize: Int
  ) -> Variable {
    var loss = loss
    if weights > 0 {
      var module = module
      module.visitParameters(prefix: "") { _, parameter in loss = loss + weights * parameter.sumOfSquares() }
    }
    if activation > 0 { loss = loss + activation * hidden.meanSquare() }
    if temporal > 0 && raw.shape[0] > batchSize {
      let changes = raw.slice(batchSize..<raw.shape[0]) - raw.slice(0..<raw.shape[0] - batchSize)
      loss = loss + temporal * changes.meanSquare()
    }
    return loss
  }
}

extension Variable {
  /// The mean of the elements' squares.
  fileprivate func meanSquare() -> Variable { sumOfSquares() / Float(shape.elementCount) }
}

extension Penalties: CustomStringConvertible {
  /// The penalties in words; empty if there are none.
  public var description: String {
    [("weights", weights), ("activation", activation), ("temporal", temporal)].filter { $0.1 > 0 }
      .map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }
}
