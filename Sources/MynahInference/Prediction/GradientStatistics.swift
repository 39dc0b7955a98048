import Foundation
public import MynahModels
import MynahTensors

/// How large a model's gradients are on its training text: the root mean square of each number's.
///
/// B. Krause, E. Kahembwe, I. Murray, S. Renals, "Dynamic evaluation of neural sequence models", 2018, section 4: √(Σ g² / batches), g being the
/// gradient of a batch's mean loss.
public struct GradientStatistics: Sendable {
  /// The root mean squares, a tensor a parameter.
  let roots: [Tensor]
  /// Their mean over all numbers.
  let mean: Float

  init(roots: [Tensor]) {
    self.roots = roots
    let count = roots.reduce(0) { $0 + $1.shape.elementCount }
    mean = Float(roots.reduce(0.0) { $0 + $1.elements.reduce(0.0) { $0 + Double($1) } } / Double(max(count, 1)))
  }

  /// Measures the gradients on a training text, which is cut into rows that are read side by side.
  ///
  /// - Parameters:
  ///   - model: The trained model.
  ///   - ids: Its training text.
  ///   - batchSize: The rows.
  ///   - stepCount: How many tokens of each row make a batch.
  /// - Precondition: the text has a token more than rows.
  public init(of model: LanguageModel, on ids: [Int32], batchSize: Int = 100, stepCount: Int = 5) {
    let rows = max(1, min(batchSize, ids.count - 1))
    let length = (ids.count - 1) / rows
    precondition(length > 0, "statistics need a text of two tokens at least, found \(ids.count)")
    var squares = model.parameters.map { Tensor.zeros($0.value.shape) }
    var state = model.initialState(batchSize: rows)
    var batchCount: Float = 0
    for first in stride(from: 0, to: length, by: stepCount) {
      let steps = first..<min(first + stepCount, length)
      let inputs = steps.flatMap { step in (0..<rows).map { ids[$0 * length + step] } }
      let targets = steps.flatMap { step in (0..<rows).map { ids[$0 * length + step + 1] } }
      let pass = model.gradients(inputs: inputs, targets: targets, state: state)
      state = pass.state
      batchCount += 1
      for (index, gradient) in pass.gradients.enumerated() { squares[index].addSquares(of: gradient) }
    }
    self.init(roots: squares.map { sums in sums.map { ($0 / batchCount).squareRoot() } })
  }
}

extension LanguageModel {
  /// The gradients of a batch's mean loss, and the state after it.
  func gradients(
    inputs: [Int32], targets: [Int32], state: State
  ) -> (gradients: [Gradient], state: State) {
    let tape = Tape()
    let (tracked, parameters) = tracked(by: tape)
    let pass = tracked.loss(inputs: inputs, targets: targets, state: state)
    // The loss is summed over time and averaged over rows.
    let stepCount = Float(targets.count / (state.first?.batchSize ?? 1))
    return (tape.finalGradients(of: pass.value * Variable(1 / stepCount), for: parameters), pass.state)
  }
}

extension Tensor {
  /// Adds the squares of a gradient's numbers in place.
  fileprivate mutating func addSquares(of gradient: Gradient) {
    switch gradient {
    case .dense(let dense): add(dense * dense)
    case .rows(let rows):
      SparseRows(shape: rows.shape, rows: rows.rows, values: rows.values * rows.values).add(to: &self)
    }
  }
}
