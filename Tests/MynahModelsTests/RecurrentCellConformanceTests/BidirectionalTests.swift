import MynahModels
import MynahTensors
import TestSupport
import Testing

struct BidirectionalTests {
  /// x, both directions' W_ih, W_hh, b and d, and both states.
  static func inputs() -> [Tensor] {
    var random = RandomSource(seed: 6)
    let weights: [Shape] = [[15, 2], [15, 5], [15], [15]]
    let state: Shape = [3, 5]
    let shapes: [Shape] = [[4, 3, 2]] + weights + weights + [state, state]
    return shapes.map { Tensor.random($0, using: &random) }
  }

  static func layer(_ v: [Variable]) -> Bidirectional {
    func one(_ first: Int) -> RecurrentLayer {
      RecurrentLayer(.gru(5), of: .gru, inputSize: 2, parameters: Array(v[first..<first + 4]))
    }
    return Bidirectional(forward: one(1), backward: one(5))
  }

  /// The textbook version: one scan over the sequences, one over the reversed sequences.
  static func textbook(_ inputs: [[Double]], lengths: [Int]) -> [Double] {
    func reversed(_ x: [Double], width: Int) -> [Double] {
      (0..<4).flatMap { step in
        lengths.enumerated().flatMap { row, length in
          let from = ((step < length ? length - 1 - step : step) * 3 + row) * width
          return x[from..<from + width]
        }
      }
    }
    func scan(_ x: [Double], _ first: Int, _ state: [Double]) -> Textbook.Scan {
      Textbook.scan(
        x, state: [state], stepCount: 4, lengths: lengths, outputSize: 5,
        Textbook.gru(Array(inputs[first..<first + 4])))
    }
    let ahead = scan(inputs[0], 1, inputs[9])
    let back = scan(reversed(inputs[0], width: 2), 5, inputs[10])
    let backOutput = reversed(back.output, width: 5)
    var joined: [Double] = []
    for place in 0..<12 {
      let range = place * 5..<place * 5 + 5
      joined += ahead.output[range]
      joined += backOutput[range]
    }
    return joined + ahead.state[0] + back.state[0]
  }

  @Test(
    "Both directions and their gradients match the textbook at any lengths",
    arguments: [[4, 4, 4], [4, 0, 3], [1, 2, 1]])
  func textbook(lengths: [Int]) {
    let check = GradientCheck(Self.inputs()) { inputs in
      Self.textbook(inputs, lengths: lengths)
    } operation: { v in
      let layer = Self.layer(v)
      let state = layer.zeroState(batchSize: 3).with([v[9], v[10]])
      let result = layer(v[0], state: state, lengths: lengths)
      return CellProblem.vector((result.output, result.state))
    }
    #expect(check.passes(tolerance: 2e-4), "\(check)")
  }

  @Test("Without lengths, no step is padding; sizes, names and states are those of both directions")
  func plain() {
    let layer = Self.layer(Self.inputs().map { Variable($0) })
    let x = Variable(Self.inputs()[0])
    let state = layer.zeroState(batchSize: 3)
    let result = layer(x, state: state)
    #expect(result.output.value == layer(x, state: state, lengths: [4, 4, 4]).output.value)
    #expect(layer.inputSize == 2 && layer.outputSize == 10 && result.output.shape == [4, 3, 10])
    #expect(
      result.state.parts.map(\.shape) == [[3, 5], [3, 5]]
        && result.state.names == ["forward.hidden", "backward.hidden"])
    #expect(layer.parameters.map(\.name).prefix(1) == ["forward.weight_ih_l0"])
  }

  @Test("A stack whose top layer has 7 units outputs [10, B, 7] over 10 steps, whatever the layers below")
  func stack() {
    var random = RandomSource(seed: 6)
    let below = Self.layer(Self.inputs().map { Variable($0) })
    let above = RecurrentLayer(.lstm(7), inputSize: 10, initializer: .uniform(0.3), using: &random)
    let stack = StackedLayer(stack: RecurrentStack([below, above]))
    let x = Variable(Tensor.random([10, 3, 2], using: &random))
    let result = stack(x, state: stack.zeroState(batchSize: 3), lengths: [10, 4, 0])
    #expect(result.output.shape == [10, 3, 7] && stack.outputSize == 7)
    #expect(result.state.names == ["0.forward.hidden", "0.backward.hidden", "1.hidden", "1.cell"])
    #expect(result.output.value.slice(4..<10).slice(1..<2, axis: 1).elements.allSatisfy { $0 == 0 })
    // The shorter sequence alone gives the same outputs.
    let alone = stack(x.slice(0..<4).slice(1..<2, axis: 1), state: stack.zeroState(batchSize: 1), lengths: [4])
    #expect(
      alone.output.value.elements.bits == result.output.value.slice(0..<4).slice(1..<2, axis: 1).elements.bits)
  }
}
