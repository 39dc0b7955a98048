import MynahModels
import MynahTensors
import TestSupport
import Testing

/// A recurrent layer with its textbook version; the argument of the conformance tests.
struct CellCase: CustomTestStringConvertible, Sendable {
  let name: String
  /// The shapes of the weights for I and H.
  let shapes: @Sendable (_ inputSize: Int, _ hiddenSize: Int) -> [Shape]
  let layer: @Sendable (_ weights: [Variable]) -> any SequenceLayer
  let step: @Sendable (_ weights: [[Double]]) -> Textbook.Step
  var testDescription: String { name }

  /// A layer of a built-in kind.
  init(
    _ layer: @escaping @Sendable (Int) -> LayerConfiguration,
    _ step: @escaping @Sendable ([[Double]]) -> Textbook.Step
  ) {
    let kind = CellKinds.standard[layer(1).kind] ?? .lstm
    self.init(kind, layer, step)
  }

  /// A layer of a kind.
  init(
    _ kind: CellKind, _ layer: @escaping @Sendable (Int) -> LayerConfiguration,
    _ step: @escaping @Sendable ([[Double]]) -> Textbook.Step
  ) {
    name = kind.title
    shapes = { inputSize, hiddenSize in layer(hiddenSize).parameterSpecs(inputSize: inputSize, of: kind).map(\.shape) }
    self.layer = { weights in
      // Find the sizes whose parameters have these shapes; W_ih may have columns for two inputs.
      let columns = weights[0].shape[1]
      for inputSize in Set([columns, max(1, columns / 2)]).sorted(by: >) {
        let size = (1...64).first {
          layer($0).parameterSpecs(inputSize: inputSize, of: kind).map(\.shape) == weights.map(\.shape)
        }
        if let size { return RecurrentLayer(layer(size), of: kind, inputSize: inputSize, parameters: weights) }
      }
      preconditionFailure("no layer has parameters of the shapes \(weights.map(\.shape))")
    }
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
    CellCase({ .rnn($0) }, { Textbook.rnn($0) }),
    CellCase({ .rnn($0, activation: .relu) }, { Textbook.rnn($0, relu: true) }),
    CellCase({ .gru($0) }, { Textbook.gru($0) }),
    CellCase({ .gru($0, reset: .before) }, { Textbook.gru($0) }),
    CellCase({ .peepholeLSTM($0) }, { Textbook.lstm($0) }),
    CellCase({ .coupledLSTM($0) }, { Textbook.coupled($0) }),
    CellCase({ .cappedLSTM($0) }, { Textbook.lstm($0, capsInput: true) }),
    CellCase({ .projectedLSTM($0, to: ($0 + 1) / 2) }, { Textbook.lstm($0) }),
    CellCase({ .minGRU($0) }, { Textbook.minGRU($0) }),
    CellCase({ .sru($0) }, { Textbook.sru($0) }),
    CellCase({ .qrnn($0) }, { Textbook.qrnn($0) }),
    CellCase({ .qrnn($0, window: 2) }, { Textbook.qrnn($0) }),
    CellCase({ .mogrifierLSTM($0) }, { Textbook.mogrifier($0) }),
    CellCase({ .mogrifierLSTM($0, rounds: 0) }, { Textbook.mogrifier($0) }),
    CellCase(
      { .mogrifierLSTM($0, rounds: 4, rank: 2, capsInputGate: true) },
      { Textbook.mogrifier($0, isFactorised: true, capsInput: true) }),
  ]

  private static let compositions = [
    CellCase(
      .composedLSTM, { LayerConfiguration(.composedLSTM, $0) }, { Textbook.lstm($0) }),
    CellCase(
      .rnn.withDeepInput(sizes: [3]), { LayerConfiguration(.rnn.withDeepInput(sizes: [3]), $0) },
      { weights in
        let cell = Textbook.rnn(Array(weights[2...]))
        return { x, state in cell(Textbook.feedForward(Array(weights[..<2]), x), state) }
      }),
    CellCase(
      .qrnn.withDeepInput(sizes: [3]),
      { LayerConfiguration(.qrnn.withDeepInput(sizes: [3]), $0, settings: ["window": 2]) },
      { weights in
        let cell = Textbook.qrnn(Array(weights[2...]))
        return { x, state in cell(Textbook.feedForward(Array(weights[..<2]), x), state) }
      }),
    CellCase(
      .composedQRNN, { LayerConfiguration(.composedQRNN, $0, settings: ["window": 2]) }, { Textbook.qrnn($0) }),
    CellCase(
      .rnn.withDeepTransition(sizes: [2]), { LayerConfiguration(.rnn.withDeepTransition(sizes: [2]), $0) },
      { weights in
        let cell = Textbook.rnn(Array(weights[..<3]))
        return { x, state in
          let h = Textbook.feedForward(Array(weights[3...]), cell(x, state).output)
          return (h, [h])
        }
      }),
    CellCase(
      "deep output", shapes: { [[3 * $1, $0], [3 * $1, $1], [3 * $1], [3 * $1], [2, $1], [2]] },
      layer: { weights in
        let layer = RecurrentLayer(
          .gru(weights[1].shape[1]), of: .gru, inputSize: weights[0].shape[1], parameters: Array(weights[..<4]))
        return DeepOutput(layer: layer, network: FeedForward([Linear(weight: weights[4], bias: weights[5])]))
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
        let inputSize = weights[0].shape[1]
        let (below, above) = (Array(weights[..<3]), Array(weights[3...]))
        return StackedLayer(
          stack: RecurrentStack(
            [
              RecurrentLayer(.rnn(inputSize), of: .rnn, inputSize: inputSize, parameters: below),
              RecurrentLayer(.lstm(above[1].shape[1]), of: .lstm, inputSize: inputSize, parameters: above),
            ], connections: .residual))
      },
      step: { weights in
        let (below, above) = (Textbook.rnn(Array(weights[..<3])), Textbook.lstm(Array(weights[3...])))
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

extension CellKind {
  /// The LSTM without its fused kernels.
  static let composedLSTM: CellKind = {
    CellKind(
      "composed-lstm", title: "LSTM, composed", state: CellKind.lstm.state,
      parameters: { layer in
        let rows = 4 * layer.hiddenSize
        return [
          ParameterSpec("weight_ih", [rows, layer.inputSize], .inputWeight),
          ParameterSpec("weight_hh", [rows, layer.hiddenSize], .recurrentWeight),
          ParameterSpec("bias", [rows], .bias()),
        ]
      },
      cell: { LSTMCell(inputWeight: $1[0], recurrentWeight: $1[1], bias: $1[2]) })
  }()
}

extension CellKind {
  /// The QRNN without its fused kernels.
  static let composedQRNN = CellKind(
    "composed-qrnn", title: "QRNN, composed", settings: CellKind.qrnn.settings, state: CellKind.qrnn.state,
    parameters: CellKind.qrnn.parameters, cell: CellKind.qrnn.cell)
}

/// A stack as one layer, whose state has the parts of all layers.
struct StackedLayer: SequenceLayer {
  var stack: RecurrentStack

  var inputSize: Int { stack.inputSize }
  var outputSize: Int { stack.outputSize }

  func zeroState(batchSize: Int) -> LayerState { joined(stack.zeroState(batchSize: batchSize)) }

  func callAsFunction(_ x: SequenceBatch, state: LayerState) -> (output: SequenceBatch, state: LayerState) {
    var (rest, layers) = (state.parts[...], [LayerState]())
    for layer in stack.layers {
      let zero = layer.zeroState(batchSize: x.batchSize)
      layers.append(zero.with(Array(rest.prefix(zero.parts.count))))
      rest = rest.dropFirst(zero.parts.count)
    }
    let pass = stack(x, state: RecurrentState(layers))
    return (pass.output, joined(pass.state))
  }

  private func joined(_ state: RecurrentState) -> LayerState {
    LayerState(
      names: state.layers.enumerated().flatMap { index, layer in layer.names.map { "\(index).\($0)" } },
      parts: state.layers.flatMap(\.parts))
  }

  mutating func visitParameters(prefix: String, _ body: (ParameterSpec, inout Variable) throws -> Void) rethrows {
    try stack.visitParameters(prefix: prefix, body)
  }
}

/// T, B, I and H.
struct CellSizes: CustomTestStringConvertible, Sendable {
  let stepCount, batchSize, inputSize, hiddenSize: Int

  init(_ stepCount: Int, _ batchSize: Int, _ inputSize: Int, _ hiddenSize: Int) {
    (self.stepCount, self.batchSize, self.inputSize, self.hiddenSize) = (stepCount, batchSize, inputSize, hiddenSize)
  }

  var testDescription: String { "T \(stepCount), B \(batchSize), I \(inputSize), H \(hiddenSize)" }
}

/// A layer with random weights, inputs and state.
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
    let zero = example.layer(weights.map { Variable($0) }).zeroState(batchSize: sizes.batchSize)
    let parts = zero.parts.map { Tensor.random($0.shape, using: &random) }
    let x = Tensor.random([sizes.stepCount, sizes.batchSize, sizes.inputSize], using: &random)
    inputs = [x] + weights + parts
    weightCount = weights.count
  }

  /// The inputs, layer and state made of given variables.
  func parts(_ variables: [Variable]) -> (x: Variable, layer: any SequenceLayer, state: LayerState) {
    let layer = example.layer(Array(variables[1...weightCount]))
    return (variables[0], layer, layer.state(of: Array(variables[(weightCount + 1)...])))
  }

  var constants: (x: Variable, layer: any SequenceLayer, state: LayerState) {
    parts(inputs.map { Variable($0) })
  }

  func textbook(_ inputs: [[Double]], lengths: [Int]) -> Textbook.Scan {
    Textbook.scan(
      inputs[0], state: Array(inputs[(weightCount + 1)...]), stepCount: sizes.stepCount, lengths: lengths,
      outputSize: constants.layer.outputSize, example.step(Array(inputs[1...weightCount])))
  }

  /// All results as one vector.
  static func vector(_ result: (output: Variable, state: LayerState)) -> Variable {
    .concatenating(([result.output] + result.state.parts).map { $0.reshaped([$0.shape.elementCount]) })
  }
}

extension LayerState {
  /// The bits of all parts.
  var bits: [[UInt32]] { parts.map(\.value.elements.bits) }
}

extension SequenceLayer {
  /// A state of this layer from its parts.
  func state(of parts: [Variable]) -> LayerState { zeroState(batchSize: parts[0].shape[0]).with(parts) }

  /// The outputs of sequences [T, B, I] of given lengths, and the state after each sequence.
  func callAsFunction(
    _ x: Variable, state: LayerState, lengths: [Int]? = nil
  ) -> (output: Variable, state: LayerState) {
    let result = self(SequenceBatch(x, lengths: lengths), state: state)
    return (result.output.values, result.state)
  }
}

extension LayerConfiguration {
  /// The built-in kind of the layer.
  var builtInKind: CellKind { CellKinds.standard[kind] ?? .lstm }

  /// The specs of the layer's parameters.
  func parameterSpecs(inputSize: Int, of kind: CellKind? = nil) -> [ParameterSpec] {
    var random = RandomSource(seed: 0)
    let kinds = CellKinds.standard.adding(kind ?? builtInKind)
    return RecurrentLayer(self, inputSize: inputSize, kinds: kinds, initializer: .zeros, using: &random).parameterSpecs
  }

  /// The layer of a built-in kind with given parameters.
  func layer(inputSize: Int, weights: [Variable]) -> RecurrentLayer {
    RecurrentLayer(self, of: builtInKind, inputSize: inputSize, parameters: weights)
  }
}
