import MynahModels
import MynahTensors
import TestSupport
import Testing

/// Properties of every recurrent layer.
struct RecurrentCellConformanceTests {
  static let sizes = [CellSizes(1, 1, 1, 1), CellSizes(3, 2, 3, 5), CellSizes(2, 3, 3, 3), CellSizes(2, 13, 2, 1)]

  @Test("Outputs, states and every gradient match the textbook", arguments: CellCase.all, sizes)
  func textbook(example: CellCase, sizes: CellSizes) {
    let problem = CellProblem(example, sizes)
    let check = GradientCheck(problem.inputs) { inputs in
      problem.textbook(inputs, lengths: Array(repeating: sizes.stepCount, count: sizes.batchSize)).all
    } operation: { variables in
      let (x, layer, state) = problem.parts(variables)
      return CellProblem.vector(layer(x, state: state))
    }
    #expect(check.passes(tolerance: 2e-4), "\(check)")
  }

  @Test("Outputs, states and gradients match the textbook for sequences of different lengths", arguments: CellCase.all)
  func textbookOfLengths(example: CellCase) {
    for lengths in [[4, 0, 2], [3, 1, 3]] {
      let problem = CellProblem(example, CellSizes(4, 3, 2, 3))
      let check = GradientCheck(problem.inputs) { inputs in
        problem.textbook(inputs, lengths: lengths).all
      } operation: { variables in
        let (x, layer, state) = problem.parts(variables)
        return CellProblem.vector(layer(x, state: state, lengths: lengths))
      }
      #expect(check.passes(tolerance: 2e-4), "\(lengths): \(check)")
    }
  }

  @Test(
    "A sequence split anywhere, with its state carried over, gives the same bits as one run",
    arguments: CellCase.all)
  func splitting(example: CellCase) {
    for batchSize in [1, 5, 13] {
      let (x, layer, state) = CellProblem(example, CellSizes(5, batchSize, 3, 7)).constants
      let whole = layer(x, state: state)
      for cut in 0...5 {
        let first = layer(x.slice(0..<cut), state: state)
        let second = layer(x.slice(cut..<5), state: first.state)
        #expect(
          first.output.value.elements.bits + second.output.value.elements.bits == whole.output.value.elements.bits)
        #expect(second.state.bits == whole.state.bits)
      }
    }
  }

  @Test(
    "Past a sequence's end, outputs are zero and the state stays; up to it, both match the sequence alone",
    arguments: CellCase.all)
  func padding(example: CellCase) {
    let lengths = [5, 0, 3, 1]
    let (x, layer, state) = CellProblem(example, CellSizes(5, 4, 3, 7)).constants
    let padded = layer(x, state: state, lengths: lengths)
    #expect(padded.output.shape == [5, 4, layer.outputSize])
    for (row, length) in lengths.enumerated() {
      let own = layer.state(of: state.parts.map { $0.slice(row..<row + 1) })
      let alone = layer(x.slice(0..<length).slice(row..<row + 1, axis: 1), state: own)
      let output = padded.output.slice(row..<row + 1, axis: 1).value
      #expect(output.slice(0..<length).elements.bits == alone.output.value.elements.bits)
      #expect(output.slice(length..<5).elements.allSatisfy { $0.bitPattern == 0 })
      let last = layer.state(of: padded.state.parts.map { $0.slice(row..<row + 1) })
      #expect(last.bits == alone.state.bits)
    }
    let full = layer(x, state: state, lengths: [5, 5, 5, 5])
    let plain = layer(x, state: state)
    #expect(full.output.value.elements.bits == plain.output.value.elements.bits && full.state.bits == plain.state.bits)
  }

  @Test("The contents of padding have no effect, even if they are NaN", arguments: CellCase.all)
  func paddingDoesNotCount(example: CellCase) {
    let lengths = [2, 4, 0]
    let problem = CellProblem(example, CellSizes(4, 3, 2, 3))
    func run(_ padding: Float) -> [[UInt32]] {
      let mask = Tensor.stepMask(lengths: lengths, stepCount: 4)
      let tape = Tape()
      let inputs = [problem.inputs[0].masked(by: mask, otherwise: padding)] + problem.inputs[1...]
      let variables = inputs.map { tape.variable($0) }
      let (x, layer, state) = problem.parts(variables)
      let all = CellProblem.vector(layer(x, state: state, lengths: lengths))
      return [all.value.elements.bits]
        + tape.gradients(of: all, for: variables, seed: Tensor(shape: all.shape, repeating: 1)).map(
          \.dense.elements.bits)
    }
    let zeros = run(0)
    #expect(zeros == run(1000))
    #expect(zeros == run(.nan))
    // The gradient of x is exactly zero in the padding.
    let gradient = zeros[1].enumerated().filter { lengths[$0.offset / 2 % 3] <= $0.offset / 6 }
    #expect(!gradient.isEmpty && gradient.allSatisfy { $0.element == 0 })
  }

  @Test("Without steps or rows there is no output, and the state is unchanged", arguments: CellCase.all)
  func empty(example: CellCase) {
    let (_, layer, state) = CellProblem(example, CellSizes(2, 2, 3, 4)).constants
    let none = layer(Variable(.zeros([0, 2, 3])), state: state)
    #expect(none.output.shape == [0, 2, layer.outputSize] && none.state.bits == state.bits)
    let noLengths = layer(Variable(.zeros([3, 2, 3])), state: state, lengths: [0, 0])
    #expect(noLengths.output.value == .zeros([3, 2, layer.outputSize]) && noLengths.state.bits == state.bits)
    let noRows = layer(Variable(.zeros([2, 0, 3])), state: layer.zeroState(batchSize: 0))
    #expect(noRows.output.shape == [2, 0, layer.outputSize])
  }

  @Test("A detached state has the same values and no history", arguments: CellCase.all)
  func detached(example: CellCase) {
    let problem = CellProblem(example, CellSizes(2, 2, 3, 4))
    let tape = Tape()
    let (x, layer, state) = problem.parts(problem.inputs.map { tape.variable($0) })
    let after = layer(x, state: state).state
    #expect(after.parts.allSatisfy(\.isTracked) && !after.detached.parts.contains(where: \.isTracked))
    #expect(after.detached.bits == after.bits && after.batchSize == 2)
    #expect(after.names.count == after.parts.count)
  }

  @Test("Parameter names are unique, and sizes match the weights", arguments: CellCase.all)
  func parameters(example: CellCase) {
    let problem = CellProblem(example, CellSizes(2, 2, 3, 4))
    let layer = problem.constants.layer
    let names = layer.parameters.map(\.name)
    #expect(Set(names).count == problem.weightCount && names.count == problem.weightCount)
    #expect(layer.inputSize == 3)
    let own = layer.parameters.map(\.value).sorted { $0.elements.count < $1.elements.count }
    let given = problem.inputs[1...problem.weightCount].sorted { $0.elements.count < $1.elements.count }
    #expect(own.map(\.shape.elementCount) == given.map(\.shape.elementCount))
  }
}
