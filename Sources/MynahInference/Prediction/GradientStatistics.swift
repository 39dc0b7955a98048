import Foundation
public import MynahModels
import MynahTensors
public import MynahText

/// The root mean square of each gradient of a model on its training text.
///
/// B. Krause, E. Kahembwe, I. Murray, S. Renals, "Dynamic evaluation of neural sequence models", 2018, section 4:
/// √(Σ g² / batches), where g is the gradient of a batch's mean loss.
public struct GradientStatistics: Sendable {
  /// The root mean squares, one tensor per parameter.
  let roots: [Tensor]
  /// The mean of the root mean squares over all elements.
  let mean: Float

  init(roots: [Tensor]) {
    self.roots = roots
    let count = roots.reduce(0) { $0 + $1.shape.elementCount }
    mean = Float(roots.reduce(0.0) { $0 + $1.elements.reduce(0.0) { $0 + Double($1) } } / Double(max(count, 1)))
  }

  /// Measures the gradients on a training text, which is cut into parallel rows.
  ///
  /// - Parameters:
  ///   - model: The trained model.
  ///   - ids: Its training text.
  ///   - batchSize: The number of rows.
  ///   - stepCount: The number of steps of a batch.
  ///   - report: Called with the progress after each batch; an error that it throws ends the measurement.
  /// - Throws: `TextError` if the text has fewer than two tokens, and what `report` throws.
  public init(
    of model: LanguageModel, on ids: [Int32], batchSize: Int = 100, stepCount: Int = 5,
    report: (TextProgress) throws -> Void = { _ in }
  ) throws {
    let rowCount = max(1, min(batchSize, ids.count - 1))
    let batches = try ContiguousBatches(ids, batchSize: rowCount, stepCount: stepCount, remainder: .keep)
    var squares = model.parameters.map { Tensor.zeros($0.value.shape) }
    var state = model.initialState(batchSize: rowCount)
    var tokenCount = 0
    for (index, batch) in batches.enumerated() {
      let pass = model.gradients(inputs: batch.inputs, targets: batch.targets, state: state)
      state = pass.state
      for (index, gradient) in pass.gradients.enumerated() { squares[index].addSquares(of: gradient) }
      tokenCount += batch.targets.count
      try report(TextProgress(tokenCount: tokenCount, share: Double(index + 1) / Double(batches.count)))
    }
    let batchCount = Float(batches.count)
    self.init(roots: squares.map { sums in sums.map { ($0 / batchCount).squareRoot() } })
  }
}

extension LanguageModel {
  /// Returns the gradients of a batch's mean loss, and the state after it.
  func gradients(
    inputs: [Int32], targets: [Int32], state: State
  ) -> (gradients: [Gradient], state: State) {
    let tape = Tape()
    let (tracked, parameters) = tracked(by: tape)
    let pass = tracked.loss(inputs: inputs, targets: targets, state: state)
    // The loss is summed over time and averaged over rows.
    let stepCount = Float(targets.count / max(state.batchSize, 1))
    return (tape.finalGradients(of: pass.value * Variable(1 / stepCount), for: parameters), pass.state)
  }
}

extension Tensor {
  /// Adds the squares of a gradient's elements in place.
  fileprivate mutating func addSquares(of gradient: Gradient) {
    switch gradient {
    case .dense(let dense): add(dense * dense)
    case .rows(let rows):
      SparseRows(shape: rows.shape, rows: rows.rows, values: rows.values * rows.values).add(to: &self)
    }
  }
}
