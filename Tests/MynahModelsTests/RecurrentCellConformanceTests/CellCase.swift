import MynahModels
import MynahTensors
import TestSupport
import Testing

/// A recurrent layer with its textbook: what the conformance tests are run with.
struct CellCase: CustomTestStringConvertible, Sendable {
  let name: String
  /// The weights' shapes from I and H.
  let shapes: @Sendable (_ inputSize: Int, _ hiddenSize: Int) -> [Shape]
  let layer: @Sendable (_ weights: [Variable]) -> any SequenceLayer
  let step: @Sendable (_ weights: [[Double]]) -> Textbook.Step
  var testDescription: String { name }

  /// A kind of layer that a model's configuration names.
  init(
    _ kind: @escaping @Sendable (Int) -> RecurrentLayer, _ step: @escaping @Sendable ([[Double]]) -> Textbook.Step
  ) {
    name = kind(1).name
    shapes = { inputSize, hiddenSize in kind(hiddenSize).parameterShapes(inputSize: inputSize).map(\.shape) }
    // The rows of a layer of one unit are its gates.
    let gateCount = kind(1).parameterShapes(inputSize: 1)[2].shape[0]
    layer = { weights in kind(weights[2].shape[0] / gateCount).layer(weights: weights) }
    self.step = step
  }

  init(
    _ name: String, shapes: @escaping @Sendable (Int, Int) -> [Shape],
    layer: @escaping @Sendable ([Variable]) -> any SequenceLayer,
    step: @escaping @Sendable ([[Double]]) -> Textbook.Step
  ) {
    (self.name, self.shapes, self.layer, self.step) = (name, shapes, layer, step)
  }

  static let all: [CellCase] = kinds + compositions

  private static let kinds = [
    CellCase({ .lstm($0) }, { Textbook.lstm($0) }),
    CellCase({ .simple($0) }, { Textbook.simple($0) }),
    CellCase({ .simple($0, activation: .relu) }, { Textbook.simple($0, relu: true) }),
    CellCase({ .gru($0) }, { Textbook.gru($0) }),
    CellCase({ .gru($0, reset: .before) }, { Textbook.gru($0) }),
    CellCase({ .peepholeLSTM($0) }, { Textbook.lstm($0) }),
    CellCase({ .coupledLSTM($0) }, { Textbook.coupled($0) }),
    CellCase({ .projectedLSTM($0, to: ($0 + 1) / 2) }, { Textbook.lstm($0) }),
  ]

  private static let compositions = [
    CellCase(
      "LSTM, composed", shapes: { [[4 * $1, $0], [4 * $1, $1], [4 * $1]] },
      layer: { Recurrence(LSTMCell(inputWeight: $0[0], recurrentWeight: $0[1], bias: $0[2])) },
      step: { Textbook.lstm($0) }),
    CellCase(
      "deep input", shapes: { [[3, $0], [3], [$1, 3], [$1, $1], [$1]] },
      layer: { weights in
        Recurrence(
          DeepInputCell(
            network: FeedForward([Linear(weight: weights[0], bias: weights[1])]),
            cell: SimpleRNNCell(inputWeight: weights[2], recurrentWeight: weights[3], bias: weights[4])))
      },
      step: { weights in
        let cell = Textbook.simple(Array(weights[2...]))
        return { x, state in cell(Textbook.feedForward(Array(weights[..<2]), x), state) }
      }),
    CellCase(
      "deep transition", shapes: { [[$1, $0], [$1, $1], [$1], [2, $1], [2], [$1, 2], [$1]] },
      layer: { weights in
        Recurrence(
          DeepTransitionCell(
            cell: SimpleRNNCell(inputWeight: weights[0], recurrentWeight: weights[1], bias: weights[2]),
            network: FeedForward([
              Linear(weight: weights[3], bias: weights[4]), Linear(weight: weights[5], bias: weights[6]),
            ])))
      },
      step: { weights in
        let cell = Textbook.simple(Array(weights[..<3]))
        return { x, state in
          let h = Textbook.feedForward(Array(weights[3...]), cell(x, state).output)
          return (h, [h])
        }
      }),
    CellCase(
      "deep output", shapes: { [[3 * $1, $0], [3 * $1, $1], [3 * $1], [3 * $1], [2, $1], [2]] },
      layer: { weights in
        DeepOutput(
          layer: Recurrence(
            GRUCell(
              inputWeight: weights[0], recurrentWeight: weights[1], inputBias: weights[2], recurrentBias: weights[3])),
          network: FeedForward([Linear(weight: weights[4], bias: weights[5])]))
      },
      step: { weights in
        let cell = Textbook.gru(Array(weights[..<4]))
        return { x, state in
          let next = cell(x, state)
          return (Textbook.feedForward(Array(weights[4...]), next.output), next.state)
        }
      }),
    CellCase(
      "residual stack", shapes: { [[$0, $0], [$0, $0], [$0], [4 * $1, $0], [4 * $1, $1], [4 * $1]] },
      layer: { weights in
        Stack(
          [
            Recurrence(SimpleRNNCell(inputWeight: weights[0], recurrentWeight: weights[1], bias: weights[2])),
            LSTM(cell: LSTMCell(inputWeight: weights[3], recurrentWeight: weights[4], bias: weights[5])),
          ], isResidual: true)
      },
      step: { weights in
        let (below, above) = (Textbook.simple(Array(weights[..<3])), Textbook.lstm(Array(weights[3...])))
        return { x, state in
          let first = below(x, [state[0]])
          let between = zip(first.output, x).map { $0 + $1 }
          let second = above(between, Array(state[1...]))
          let isSquare = x.count == second.output.count
          let output = isSquare ? zip(second.output, between).map { $0 + $1 } : second.output
          return (output, first.state + second.state)
        }
      }),
  ]
}

/// T, B, I and H.
struct CellSizes: CustomTestStringConvertible, Sendable {
  let stepCount, batchSize, inputSize, hiddenSize: Int

  init(_ stepCount: Int, _ batchSize: Int, _ inputSize: Int, _ hiddenSize: Int) {
    (self.stepCount, self.batchSize, self.inputSize, self.hiddenSize) = (stepCount, batchSize, inputSize, hiddenSize)
  }

  var testDescription: String { "T \(stepCount), B \(batchSize), I \(inputSize), H \(hiddenSize)" }
}

/// A layer with drawn weights, inputs and state.
struct CellProblem {
  let example: CellCase
  let sizes: CellSizes
  /// x, the weights, and the parts of the state.
  let inputs: [Tensor]
  let weightCount: Int

  init(_ example: CellCase, _ sizes: CellSizes) {
    (self.example, self.sizes) = (example, sizes)
    var random = RandomSource(seed: 17)
    let shapes = example.shapes(sizes.inputSize, sizes.hiddenSize)
    let weights = shapes.map { Tensor.random($0, using: &random) }
    let zero = example.layer(weights.map { Variable($0) }).anyZeroState(batchSize: sizes.batchSize)
    let parts = zero.parts.map { Tensor.random($0.shape, using: &random) }
    let x = Tensor.random([sizes.stepCount, sizes.batchSize, sizes.inputSize], using: &random)
    inputs = [x] + weights + parts
    weightCount = weights.count
  }

  /// Inputs, layer and state of given variables.
  func parts(_ variables: [Variable]) -> (x: Variable, layer: any SequenceLayer, state: any RecurrentState) {
    let layer = example.layer(Array(variables[1...weightCount]))
    return (variables[0], layer, layer.state(of: Array(variables[(weightCount + 1)...])))
  }

  var constants: (x: Variable, layer: any SequenceLayer, state: any RecurrentState) {
    parts(inputs.map { Variable($0) })
  }

  func textbook(_ inputs: [[Double]], lengths: [Int]) -> Textbook.Scan {
    Textbook.scan(
      inputs[0], state: Array(inputs[(weightCount + 1)...]), stepCount: sizes.stepCount, lengths: lengths,
      outputSize: constants.layer.outputSize, example.step(Array(inputs[1...weightCount])))
  }

  /// All results as one vector.
  static func vector(_ result: (output: Variable, state: any RecurrentState)) -> Variable {
    .concatenating(([result.output] + result.state.parts).map { $0.reshaped([$0.shape.elementCount]) })
  }
}

extension RecurrentState {
  /// The bits of all parts.
  var bits: [[UInt32]] { parts.map(\.value.elements.bits) }
}
