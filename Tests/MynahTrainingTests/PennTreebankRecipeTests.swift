import MynahDatasets
import MynahModels
import MynahTensors
import MynahText
import MynahTraining
import TestSupport
import Testing

/// The figures of the Penn Treebank benchmark's model and training; those of its data are in `PennTreebankTests`.
struct PennTreebankRecipeTests {
  private func untrained() -> LanguageModel {
    var random = RandomSource(seed: 1)
    return LanguageModel(Recipe.pennTreebank.model(10_000), using: &random)
  }

  @Test("The model has 3,955,088 parameters in the benchmark's seven weights")
  func weights() {
    let model = untrained()
    #expect(model.parameterCount == 3_955_088)
    #expect(model.embedding.weight.shape == [10_000, 200])
    // The benchmark stacks an LSTM's two matrices, transposed: (456, 1024) and (384, 512).
    let layers = model.stack.layers.map { $0.parameters.map(\.value.shape) }
    let stacked = layers.map { [$0[0][1] + $0[1][1], $0[0][0]] }
    #expect(stacked == [[456, 1024], [384, 512]])
    #expect(layers.map { $0[2] } == [[1024], [512]])
    #expect(model.parameters.suffix(2).map(\.value.shape) == [[10_000, 128], [10_000]])
  }

  @Test("Initial weights are uniform in ±0.1, and LSTM biases are zero")
  func initialWeights() {
    for (name, value) in untrained().parameters {
      let elements = value.elements
      if name.contains("bias_ih") {
        #expect(elements.allSatisfy { $0 == 0 })
      } else {
        let (low, high) = (elements.min() ?? 0, elements.max() ?? 0)
        #expect(low >= -0.1 && low < -0.099 && high < 0.1 && high > 0.099, "\(name)")
      }
    }
  }

  @Test("Training takes 15 epochs at rate 1, halved each epoch after the fifth, clipped to a norm of 5")
  func training() {
    let recipe = Recipe.pennTreebank.training
    #expect(
      recipe.epochs == 15 && recipe.clipNorm == 5 && recipe.batches == .contiguous(batchSize: 60, sequenceLength: 20))
    let rates = (1...15).map { recipe.learningRate.rate(epoch: $0) }
    let expected: [Float] = (0..<15).map { index in (0..<max(index - 4, 0)).reduce(Float(1)) { rate, _ in rate / 2 } }
    #expect(rates == expected)
  }

  @Test("The reference run has all 15 epochs and a test perplexity of 117.95")
  func reference() {
    #expect(Recipe.pennTreebank.reference?.epochs.count == 15)
    #expect(Recipe.pennTreebank.reference?.test == 117.95)
  }

  @Test("The state before an epoch is zero, with two matrices [60, hidden] per layer")
  func state() {
    let state = untrained().initialState(batchSize: 60)
    #expect(state.layers.map(\.hidden.shape) == [[60, 256], [60, 128]])
    #expect(state.layers.map(\.cell.shape) == [[60, 256], [60, 128]])
    let elements = state.layers.flatMap { $0.hidden.value.elements + $0.cell.value.elements }
    #expect(elements.allSatisfy { $0 == 0 })
  }

  @Test(
    "The first batch has an untrained loss of 20 · ln 10,000 = 184.2, and all seven weights get gradients",
    .enabled(if: TestData.isExpected("ptb"), "\(TestData.reason("ptb"))"))
  func firstBatch() throws {
    let treebank = try PennTreebank(at: TestData.path("ptb"))
    let batch = try ContiguousBatches(treebank.train, batchSize: 60, stepCount: 20)[0]
    let tape = Tape()
    let (model, parameters) = untrained().tracked(by: tape)
    let pass = model.loss(inputs: batch.inputs, targets: batch.targets, state: model.initialState(batchSize: 60))
    #expect(abs(pass.value.value.scalar - 184.2) < 0.3)
    #expect(abs(pass.loss.mean - 9.21) < 0.015)

    let gradients = tape.gradients(of: pass.value, for: parameters)
    #expect(gradients.count == 9)  // the benchmark has two weights per LSTM, Mynah three
    #expect(gradients.allSatisfy { $0.sumOfSquares > 0 })
    guard case .rows(let rows) = gradients[0] else {
      Issue.record("the embedding's gradient should be rows")
      return
    }
    #expect(rows.rows == Array(Set(batch.inputs)).sorted())
    let norm = globalNorm(of: gradients)
    let dense = gradients.reduce(0.0) { sum, gradient in
      gradient.dense.elements.reduce(sum) { $0 + Double($1) * Double($1) }
    }
    #expect(abs(norm / dense.squareRoot() - 1) < 1e-6)
  }
}
