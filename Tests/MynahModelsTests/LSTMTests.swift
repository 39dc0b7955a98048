import MynahModels
import MynahTensors
import TestSupport
import Testing

struct LSTMTests {
  typealias Sizes = Textbook.LSTMSizes
  static let sizes = [
    Sizes(1, 1, 1, 1), Sizes(5, 1, 3, 7), Sizes(3, 4, 2, 8), Sizes(7, 3, 9, 17), Sizes(2, 65, 16, 33),
  ]

  /// x, W_ih, W_hh, b, h0 and c0 as tensors.
  static func inputs(_ sizes: Sizes) -> [Tensor] {
    var random = RandomSource(seed: 17)
    let (rows, state) = (4 * sizes.hiddenSize, [sizes.batchSize, sizes.hiddenSize])
    let shapes = [
      [sizes.stepCount, sizes.batchSize, sizes.inputSize], [rows, sizes.inputSize], [rows, sizes.hiddenSize], [rows],
      state, state,
    ]
    return shapes.map { .random(Shape($0), using: &random) }
  }

  /// A layer and a state from W_ih, W_hh, b, h0 and c0.
  static func layer(_ inputs: some Collection<Variable>) -> (RecurrentLayer, LayerState) {
    let inputs = Array(inputs)
    let layer = LayerConfiguration.lstm(inputs[1].shape[1]).layer(
      inputSize: inputs[0].shape[1], weights: Array(inputs[..<3]))
    return (layer, LayerState(hidden: inputs[3], cell: inputs[4]))
  }

  @Test("The fused sequence matches the stepped cell in outputs, states and all gradients", arguments: sizes)
  func fusedIsStepped(sizes: Sizes) {
    var random = RandomSource(seed: 2)
    let seed = Tensor.random([sizes.stepCount + 2, sizes.batchSize, sizes.hiddenSize], using: &random)
    /// Outputs, last h and last c, concatenated, and the gradients of all inputs.
    func run(
      _ pass: (RecurrentLayer, Variable, LayerState) -> (output: Variable, state: LayerState)
    ) -> [Tensor] {
      let tape = Tape()
      let variables = Self.inputs(sizes).map { tape.variable($0) }
      let (layer, state) = Self.layer(variables[1...])
      let result = pass(layer, variables[0], state)
      let last = [result.state.hidden, result.state.cell].map { $0.reshaped([1, sizes.batchSize, sizes.hiddenSize]) }
      let all = Variable.concatenating([result.output] + last)
      return [all.value] + tape.gradients(of: all, for: variables, seed: seed).map(\.dense)
    }
    let fused = run { $0($1, state: $2) }
    let stepped = run { $0.composed($1, state: $2) }
    for (index, pair) in zip(fused, stepped).enumerated() {
      #expect(pair.0.shape == pair.1.shape)
      #expect(differenceToScale(pair.0.elements, pair.1.elements) < 1e-5, "result \(index)")
    }
  }

  @Test("Final gradients have the same bits as ordinary gradients", arguments: sizes)
  func finalGradients(sizes: Sizes) {
    var random = RandomSource(seed: 2)
    let seed = Tensor.random([sizes.stepCount, sizes.batchSize, sizes.hiddenSize], using: &random)
    func run(_ gradients: (Tape, Variable, [Variable]) -> [Gradient]) -> [[UInt32]] {
      let tape = Tape()
      let variables = Self.inputs(sizes).map { tape.variable($0) }
      let (layer, state) = Self.layer(variables[1...])
      let first = layer(variables[0], state: state)
      return gradients(tape, first.output, variables).map(\.dense.elements.bits)
    }
    let kept = run { tape, output, variables in
      // Called twice to check that the operation keeps its saved values.
      _ = tape.gradients(of: output, for: variables, seed: seed)
      return tape.gradients(of: output, for: variables, seed: seed)
    }
    #expect(run { $0.finalGradients(of: $1, for: $2, seed: seed) } == kept)
  }

  @Test("A sequence split anywhere, with its state carried over, gives the same bits as one run", arguments: sizes)
  func splitting(sizes: Sizes) {
    let variables = Self.inputs(sizes).map { Variable($0) }
    let (layer, state) = Self.layer(variables[1...])
    let whole = layer(variables[0], state: state)
    for cut in 0...sizes.stepCount {
      let first = layer(variables[0].slice(0..<cut), state: state)
      let second = layer(variables[0].slice(cut..<sizes.stepCount), state: first.state)
      #expect(first.output.value.elements + second.output.value.elements == whole.output.value.elements)
      #expect(second.state.hidden.value == whole.state.hidden.value)
      #expect(second.state.cell.value == whole.state.cell.value)
    }
  }

  @Test("Gradients flow through a carried state as through one run, and stop where it is detached")
  func carriedGradients() {
    let sizes = Sizes(4, 2, 3, 5)
    func gradients(cut: Int, detaching: Bool = false) -> [Tensor] {
      let tape = Tape()
      let variables = Self.inputs(sizes).map { tape.variable($0) }
      let (layer, state) = Self.layer(variables[1...])
      let first = layer(variables[0].slice(0..<cut), state: state)
      let carried = detaching ? first.state.detached : first.state
      let second = layer(variables[0].slice(cut..<4), state: carried)
      return tape.gradients(of: (second.state.hidden * second.state.cell).sum(), for: variables).map(\.dense)
    }
    for (cut, whole) in zip(gradients(cut: 2), gradients(cut: 0)) {
      #expect(differenceToScale(cut.elements, whole.elements) < 1e-5)
    }
    let detached = gradients(cut: 2, detaching: true)
    #expect(detached[4].elements.allSatisfy { $0 == 0 } && detached[5].elements.allSatisfy { $0 == 0 })
    #expect(detached[0].elements.prefix(2 * 2 * 3).allSatisfy { $0 == 0 })
    #expect(detached[0].elements.contains { $0 != 0 })
  }

  /// The part of the results that a loss reads, as one variable and from the textbook results.
  enum Part: CaseIterable {
    case lastHidden, lastCell, lastStep, everyStep, squares, product

    func callAsFunction(_ output: Variable, _ state: LayerState) -> Variable {
      switch self {
      case .lastHidden: state.hidden
      case .lastCell: state.cell
      case .lastStep: output.slice(output.shape[0] - 1..<output.shape[0])
      case .everyStep: output
      case .squares: (output * output).sum() + (state.cell * state.cell).sum()
      case .product: (output * state.cell.reshaped(Shape([1] + state.cell.shape.sizes))).sum(axes: [0])
      }
    }

    func callAsFunction(_ result: Textbook.LSTMResult) -> [Double] {
      switch self {
      case .lastHidden, .lastStep: result.lastHidden
      case .lastCell: result.lastCell
      case .everyStep: result.output
      case .squares: [(result.output + result.lastCell).reduce(0) { $0 + $1 * $1 }]
      case .product:
        result.lastCell.indices.map { place in
          stride(from: place, to: result.output.count, by: result.lastCell.count)
            .reduce(0) { $0 + result.output[$1] * result.lastCell[place] }
        }
      }
    }
  }

  @Test("Values and gradients match the textbook, whichever results the loss reads", arguments: Part.allCases)
  func gradients(part: Part) {
    for sizes in [Sizes(3, 2, 3, 4), Sizes(2, 1, 1, 9)] {
      let check = GradientCheck(Self.inputs(sizes)) { inputs in
        part(Textbook.lstm(inputs, sizes))
      } operation: { variables in
        let (layer, state) = Self.layer(variables[1...])
        let result = layer(variables[0], state: state)
        return part(result.output, result.state)
      }
      #expect(check.passes(tolerance: 2e-5), "\(sizes): \(check)")
    }
  }

  @Test("One step of the cell and its gradients match the textbook")
  func cell() {
    let sizes = Sizes(1, 3, 2, 5)
    let check = GradientCheck(Self.inputs(sizes)) { inputs in
      let result = Textbook.lstm(inputs, sizes)
      return result.lastHidden + result.lastCell
    } operation: { variables in
      let (layer, state) = Self.layer(variables[1...])
      let next = layer.cell(variables[0].reshaped([3, 2]), state: state).state
      return .concatenating([next.hidden, next.cell])
    }
    #expect(check.passes(tolerance: 2e-5), "\(check)")
  }

  @Test("Without steps or rows there is no output, and the state is unchanged")
  func empty() {
    let inputs = Self.inputs(Sizes(2, 2, 3, 4)).map { Variable($0) }
    let (layer, state) = Self.layer(inputs[1...])
    let none = layer(Variable(.zeros([0, 2, 3])), state: state)
    #expect(none.output.shape == [0, 2, 4] && none.state.cell.value == state.cell.value)
    let noRows = layer(Variable(.zeros([2, 0, 3])), state: layer.zeroState(batchSize: 0))
    #expect(noRows.output.shape == [2, 0, 4])
  }

  @Test("Randomly initialised weights lie within the bound, biases are zero, and equal seeds give equal layers")
  func drawn() {
    var (random, again) = (RandomSource(seed: 8), RandomSource(seed: 8))
    let layer = RecurrentLayer(.lstm(5), inputSize: 3, initializer: .uniform(0.25), using: &random)
    #expect(layer.parameters.map(\.name) == ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0"])
    #expect(layer.parameters.map(\.value.shape) == [[20, 3], [20, 5], [20]])
    #expect(layer.inputSize == 3 && layer.outputSize == 5 && layer.parameterCount == 180)
    #expect(layer.parameters[2].value == .zeros([20]))
    let drawn = (layer.parameters[0].value.elements + layer.parameters[1].value.elements)
    #expect(
      drawn.allSatisfy { $0 >= -0.25 && $0 < 0.25 } && drawn.contains { $0 < -0.2 } && drawn.contains { $0 > 0.2 })
    let other = RecurrentLayer(.lstm(5), inputSize: 3, initializer: .uniform(0.25), using: &again)
    #expect(other.parameters.map(\.value) == layer.parameters.map(\.value))
  }

  @Test("A forget bias initialises the forget gates' biases and no others")
  func forgetBias() {
    var (random, again) = (RandomSource(seed: 8), RandomSource(seed: 8))
    let layer = RecurrentLayer(
      .lstm(2, forgetBias: 1), inputSize: 3, initializer: .uniform(0.25), using: &random)
    #expect(layer.parameters[2].value == Tensor([0, 0, 1, 1, 0, 0, 0, 0]))
    let other = RecurrentLayer(.lstm(2), inputSize: 3, initializer: .uniform(0.25), using: &again)
    #expect(layer.parameters[1].value == other.parameters[1].value)
  }
}
