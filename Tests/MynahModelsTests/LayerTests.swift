import MynahModels
import MynahTensors
import TestSupport
import Testing

struct LayerTests {
  var random = RandomSource(seed: 31)

  @Test("An embedding returns rows of its table; its gradient has only the rows read, and repeated ids add up")
  mutating func embedding() {
    let ids: [Int32] = [4, 0, 4, 4, 2]
    let table = Tensor.random([6, 3], using: &random)
    let check = GradientCheck([table]) { inputs in
      Textbook.gather(inputs[0], width: 3, ids: ids)
    } operation: { variables in
      Embedding(weight: variables[0])(ids)
    }
    #expect(check.passes(tolerance: 1e-5), "\(check)")

    let tape = Tape()
    let (layer, parameters) = Embedding(weight: Variable(table)).tracked(by: tape)
    let seed = Tensor(shape: [5, 3], (0..<15).map { Float($0) })
    guard case .rows(let rows) = tape.gradients(of: layer(ids), for: parameters, seed: seed)[0] else {
      Issue.record("the gradient of a table should be rows")
      return
    }
    #expect(rows.rows == [0, 2, 4] && rows.shape == [6, 3])
    #expect(rows.values == Tensor(shape: [3, 3], [3, 4, 5, 12, 13, 14, 0 + 6 + 9, 1 + 7 + 10, 2 + 8 + 11]))
  }

  @Test("An embedding of no ids has no rows, and initial weights are within the bound")
  mutating func drawnEmbedding() {
    let layer = Embedding(vocabularySize: 50, size: 10, initializer: .uniform(0.05), using: &random)
    #expect(layer([]).shape == [0, 10])
    #expect(layer.parameters.map(\.name) == ["weight"] && layer.parameterCount == 500)
    #expect(layer.weight.value.elements.allSatisfy { abs($0) <= 0.05 })
  }

  @Test("A linear layer and its gradients match the textbook version", arguments: [(1, 1, 1), (3, 5, 2), (9, 17, 33)])
  mutating func linear(rows: Int, inputSize: Int, outputSize: Int) {
    let inputs = [
      Tensor.random([rows, inputSize], using: &random), .random([outputSize, inputSize], using: &random),
      .random([outputSize], using: &random),
    ]
    let check = GradientCheck(inputs, floor: 0.1) { inputs in
      Textbook.linear(inputs[0], weight: inputs[1], bias: inputs[2])
    } operation: { variables in
      Linear(weight: variables[1], bias: variables[2])(variables[0])
    }
    #expect(check.passes(tolerance: 2e-5), "\(check.valueError), \(check.gradientError)")
  }

  @Test(
    "Fused and composed cross-entropy match the textbook, with gradients, weights and scale",
    arguments: [nil, [1, 0, 2.5, -1]] as [[Float]?])
  mutating func crossEntropy(weights: [Float]?) {
    let targets: [Int32] = [2, 0, 6, 2]
    let inputs = [
      Tensor.random([4, 5], using: &random), .random([7, 5], using: &random), .random([7], using: &random),
    ]
    let rowWeights = Tensor(weights ?? [1, 1, 1, 1])
    let textbook = { (inputs: [[Double]]) -> [Double] in
      let logits = Textbook.linear(inputs[0], weight: inputs[1], bias: inputs[2])
      let rows = Textbook.negativeLogProbabilities(logits, targets: targets)
      return [0.5 * zip(rows, rowWeights.elements.doubles).reduce(0) { $0 + $1.0 * $1.1 }]
    }
    let fused = GradientCheck(inputs, textbook: textbook) { variables in
      Linear(weight: variables[1], bias: variables[2])
        .crossEntropy(of: variables[0], targets: targets, weights: weights, scale: 0.5).value
    }
    #expect(fused.passes(tolerance: 2e-5), "\(fused)")
    let composed = GradientCheck(inputs, textbook: textbook) { variables in
      let logits = Linear(weight: variables[1], bias: variables[2])(variables[0])
      let chosen = logits.logSoftmax().gathered(
        coordinates: targets.enumerated().flatMap { [$0, Int($1)] }, shape: [4, 2])
      return (chosen * Variable(rowWeights)).sum() * -0.5
    }
    #expect(composed.passes(tolerance: 2e-5), "\(composed)")
  }

  @Test("Scaling a loss scales its gradients, and a loss of constants is not tracked")
  mutating func crossEntropyFactor() {
    let layer = Linear(inputSize: 3, outputSize: 4, initializer: .uniform(1), using: &random)
    let x = Tensor.random([2, 3], using: &random)
    func gradient(_ factor: Float) -> Tensor {
      let tape = Tape()
      let variable = tape.variable(x)
      return tape.gradient(of: layer.crossEntropy(of: variable, targets: [1, 3]).value * factor, for: variable)
    }
    #expect(differenceToScale(gradient(-3).elements, gradient(1).elements.map { $0 * -3 }) < 1e-6)
    #expect(!layer.crossEntropy(of: Variable(x), targets: [1, 3]).value.isTracked)
    let rows = layer.negativeLogProbabilities(of: x, targets: [1, 3])
    let expected = Textbook.negativeLogProbabilities(
      Textbook.linear(
        x.elements.doubles, weight: layer.weight.value.elements.doubles, bias: layer.bias.value.elements.doubles),
      targets: [1, 3])
    #expect(differenceToScale(rows.rows.elements, expected) < 1e-6)
    #expect(abs(rows.nats - expected.reduce(0, +)) < 1e-6)
    #expect(layer.crossEntropy(of: Variable(.zeros([0, 3])), targets: []).nats == 0)
    #expect(layer.negativeLogProbabilities(of: .zeros([0, 3]), targets: []).rows.shape == [0])
  }
}
