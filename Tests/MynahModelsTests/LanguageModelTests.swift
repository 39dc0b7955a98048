import Foundation
import MynahModels
import MynahTensors
import TestSupport
import Testing

struct LanguageModelTests {
  static let ids: [Int32] = [3, 1, 0, 6, 3, 3]
  static let targets: [Int32] = [1, 2, 3, 4, 0, 6]

  static func configuration(_ hiddenSizes: [Int], layerInput: Float = 0, output: Float = 0)
    -> LanguageModelConfiguration
  {
    LanguageModelConfiguration(
      vocabulary: 7, embedding: 3, layers: hiddenSizes.map { .lstm($0) },
      dropout: DropoutRates(layerInput: layerInput, hidden: output, output: output), initializer: .uniform(0.8))
  }

  /// A model whose parameters are the given variables.
  static func model(_ configuration: LanguageModelConfiguration, _ parameters: some Sequence<Variable>) -> LanguageModel
  {
    var random = RandomSource(seed: 0)
    var model = LanguageModel(configuration, using: &random)
    var next = parameters.makeIterator()
    model.visitParameters(prefix: "") { _, parameter in parameter = next.next() ?? parameter }
    return model
  }

  /// The loss of 3 steps of 2 rows in double precision; `inputs` are the parameters, then each layer's h and c.
  static func textbook(
    _ configuration: LanguageModelConfiguration, _ inputs: [[Double]], masks: [[Double]]
  ) -> Double {
    let layerCount = configuration.layers.count
    let parameterCount = 3 * layerCount + 3
    var x = Textbook.gather(inputs[0], width: configuration.embeddingSize, ids: ids)
    var inputSize = configuration.embeddingSize
    for (index, layer) in configuration.layers.enumerated() {
      if !masks.isEmpty { x = zip(x, masks[2 * index]).map(*) }
      let sizes = Textbook.LSTMSizes(3, 2, inputSize, layer.hiddenSize)
      let weights = inputs[(1 + 3 * index)...].prefix(3)
      let state = inputs[(parameterCount + 2 * index)...].prefix(2)
      x = Textbook.lstm([x] + weights + state, sizes).output
      if !masks.isEmpty { x = zip(x, masks[2 * index + 1]).map(*) }
      inputSize = layer.hiddenSize
    }
    let logits = Textbook.linear(x, weight: inputs[parameterCount - 2], bias: inputs[parameterCount - 1])
    return Textbook.negativeLogProbabilities(logits, targets: targets).reduce(0, +) / 2
  }

  /// Values and gradients of the loss for all parameters and states.
  static func check(_ configuration: LanguageModelConfiguration, dropout: RandomSource? = nil) -> GradientCheck {
    var random = RandomSource(seed: 23)
    let states = configuration.layers.flatMap { layer in
      [0, 1].map { _ in Tensor.random([2, layer.hiddenSize], using: &random) }
    }
    let parameters = LanguageModel(configuration, using: &random).parameters.map(\.value)
    // The masks that the model should use: one for each layer's input and output, each from its own random source.
    var masks: [[Double]] = []
    if var source = dropout {
      var inputSize = configuration.embeddingSize
      for layer in configuration.layers {
        for (size, rate) in [
          (inputSize, configuration.dropout.layerInput), (layer.hiddenSize, configuration.dropout.output),
        ] {
          let ones = Variable(Tensor(shape: [6 * size], repeating: 1))
          masks.append(Dropout(rate: rate)(ones, using: source.split()).value.elements.doubles)
        }
        inputSize = layer.hiddenSize
      }
    }
    return GradientCheck(parameters + states) { inputs in
      [textbook(configuration, inputs, masks: masks)]
    } operation: { variables in
      let states = variables[parameters.count...].map { $0 }
      let state = RecurrentState(
        configuration.layers.indices.map { LayerState(hidden: states[2 * $0], cell: states[2 * $0 + 1]) })
      return model(configuration, variables).loss(inputs: ids, targets: targets, state: state, dropout: dropout).value
    }
  }

  @Test("The loss and every gradient of one to three layers match the textbook", arguments: [[4], [4, 3], [5, 2, 9]])
  func gradients(hiddenSizes: [Int]) {
    let check = Self.check(Self.configuration(hiddenSizes))
    #expect(check.passes(tolerance: 2e-5), "\(check)")
  }

  @Test(
    "With dropout around each layer, the loss and every gradient match the textbook",
    arguments: [[4], [4, 3]])
  func dropoutGradients(hiddenSizes: [Int]) {
    let check = Self.check(
      Self.configuration(hiddenSizes, layerInput: 0.3, output: 0.4), dropout: RandomSource(seed: 4))
    #expect(check.passes(tolerance: 2e-5), "\(check)")
  }

  @Test("Evaluation drops nothing, and dropout in training depends only on the random source")
  func evaluation() {
    var (random, again) = (RandomSource(seed: 3), RandomSource(seed: 3))
    let dropping = LanguageModel(Self.configuration([4, 3], layerInput: 0.5, output: 0.5), using: &random)
    let keeping = LanguageModel(Self.configuration([4, 3]), using: &again)
    let state = dropping.initialState(batchSize: 2)
    #expect(
      dropping.logits(Self.ids, state: state).logits.value == keeping.logits(Self.ids, state: state).logits.value)
    func loss(_ dropout: RandomSource?) -> Double {
      dropping.loss(inputs: Self.ids, targets: Self.targets, state: state, dropout: dropout).loss.nats
    }
    #expect(loss(nil) == keeping.loss(inputs: Self.ids, targets: Self.targets, state: state).loss.nats)
    #expect(loss(RandomSource(seed: 1)) == loss(RandomSource(seed: 1)))
    #expect(loss(RandomSource(seed: 1)) != loss(RandomSource(seed: 2)))
    #expect(loss(RandomSource(seed: 1)) != loss(nil))
  }

  @Test("The fused loss equals the loss of the logits; mean and perplexity follow from nats and target count")
  func lossOfLogits() {
    var random = RandomSource(seed: 3)
    let model = LanguageModel(Self.configuration([4, 3]), using: &random)
    let state = model.initialState(batchSize: 2)
    let logits = model.logits(Self.ids, state: state).logits.value
    #expect(logits.shape == [6, 7])
    let expected = Textbook.negativeLogProbabilities(logits.elements.doubles, targets: Self.targets).reduce(0, +)
    let result = model.loss(inputs: Self.ids, targets: Self.targets, state: state)
    #expect(abs(result.loss.nats - expected) < 1e-5)
    #expect(abs(Double(result.value.value.scalar) - expected / 2) < 1e-5)
    #expect(result.loss.targetCount == 6 && result.loss.mean == result.loss.nats / 6)
    #expect(result.loss.perplexity == exp(result.loss.mean))
    #expect((result.loss + result.loss).perplexity == result.loss.perplexity)
    #expect(Loss().mean.isNaN)
  }

  @Test(
    "A model with zero output weights has perplexity V, the size of the vocabulary",
    arguments: [1, 7, 1000, 10_000])
  func uniform(vocabularySize: Int) {
    var random = RandomSource(seed: 3)
    var model = LanguageModel(
      LanguageModelConfiguration(vocabulary: vocabularySize, embedding: 3, layers: [.lstm(4)]), using: &random)
    model.visitParameters(prefix: "") { spec, parameter in
      if spec.role == .output {
        parameter = Variable(Tensor(shape: spec.shape, repeating: spec.shape.rank == 2 ? 0 : 0.25))
      }
    }
    let ids = (0..<20).map { Int32($0 * 37 % vocabularySize) }
    let loss = model.loss(inputs: ids, targets: ids.reversed(), state: model.initialState(batchSize: 4)).loss
    #expect(abs(loss.perplexity / Double(vocabularySize) - 1) < 1e-6)
  }

  @Test("A text in pieces, with its state carried over, gives the same outputs as one pass; rows are independent")
  func carriedState() {
    var random = RandomSource(seed: 3)
    let model = LanguageModel(Self.configuration([4, 9]), using: &random)
    let whole = model.logits(Self.ids, state: model.initialState(batchSize: 2))
    let first = model.logits(Array(Self.ids[..<2]), state: model.initialState(batchSize: 2))
    let second = model.logits(Array(Self.ids[2...]), state: first.state)
    #expect(first.logits.value.elements + second.logits.value.elements == whole.logits.value.elements)
    #expect(
      zip(second.state.layers, whole.state.layers).allSatisfy {
        $0.hidden.value == $1.hidden.value && $0.cell.value == $1.cell.value
      })
    let row = model.logits([3, 0, 3], state: model.initialState(batchSize: 1)).logits.value.elements
    let rows = whole.logits.value.elements
    let alone = (0..<3).flatMap { rows[$0 * 14..<$0 * 14 + 7] }
    #expect(differenceToScale(row, alone) < 1e-6)
  }

  @Test("The state returned with a loss is a constant, which truncates backpropagation")
  func detachedState() {
    var random = RandomSource(seed: 3)
    let tape = Tape()
    let model = LanguageModel(Self.configuration([4]), using: &random).tracked(by: tape).module
    let result = model.loss(inputs: Self.ids, targets: Self.targets, state: model.initialState(batchSize: 2))
    #expect(result.value.isTracked && result.state.layers.allSatisfy { !$0.hidden.isTracked && !$0.cell.isTracked })
  }
}

struct SummaryTests {
  @Test("The summary of the Penn Treebank model lists 3,955,088 parameters")
  func pennTreebank() {
    var random = RandomSource(seed: 1)
    let model = LanguageModel(
      LanguageModelConfiguration(vocabulary: 10_000, embedding: 200, layers: [.lstm(256), .lstm(128)]),
      using: &random)
    #expect(model.parameterCount == 3_955_088)
    #expect(
      model.parameters.map(\.value.shape) == [
        [10_000, 200], [1024, 200], [1024, 256], [1024], [512, 256], [512, 128], [512], [10_000, 128], [10_000],
      ])
    #expect(
      model.summary == """
        Layer                  Output shape   Parameters
        ────────────────────────────────────────────────
        embedding (Embedding)  [T, B, 200]     2,000,000
        recurrent.0 (LSTM)     [T, B, 256]       467,968
        recurrent.1 (LSTM)     [T, B, 128]       197,120
        output (Softmax)       [T, B, 10000]   1,290,000
        ────────────────────────────────────────────────
        Total (all trainable)                  3,955,088
        """)
  }

  @Test("The summary of the character model lists 17,152 + 5,246,976 + 68,675 = 5,332,803 parameters")
  func characters() {
    var random = RandomSource(seed: 1)
    let model = LanguageModel(
      LanguageModelConfiguration(vocabulary: 67, embedding: 256, layers: [.lstm(1024)]), using: &random)
    #expect(model.layers.map(\.parameters) == [17_152, 5_246_976, 68_675])
    #expect(model.parameterCount == 5_332_803)
    #expect(model.summary.hasSuffix("Total (all trainable)                 5,332,803"), "\(model.summary)")
  }

  @Test(
    "Digits are grouped in threes",
    arguments: [
      (0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"), (.min, "-9,223,372,036,854,775,808"),
    ])
  func grouped(number: Int, text: String) { #expect(number.grouped == text) }

  @Test("Each token takes one multiplication per weight of the layers and the output, none for its embedding")
  func multiplications() throws {
    for hidden in [[1], [256, 128], [7, 5, 9]] {
      let model = try ModelArchitecture(
        LanguageModelConfiguration(vocabulary: 30, embedding: 20, layers: hidden.map { .lstm($0) }))
      let weights = model.parameterSpecs.dropFirst().filter { $0.shape.rank == 2 }
      #expect(model.multiplicationsPerToken == weights.reduce(0) { $0 + $1.shape.elementCount })
    }
  }

  @Test("Each kind of output layer has the expected number of multiplications per token")
  func outputMultiplications() throws {
    func count(_ output: OutputConfiguration, _ objective: TrainingObjective = .full) throws -> Int {
      let model = try ModelArchitecture(
        LanguageModelConfiguration(vocabulary: 30, embedding: 8, layers: [.lstm(8)], output: output))
      return model.multiplicationsPerToken(training: objective) - 4 * 8 * 16
    }
    #expect(try count(.softmax()) == 30 * 8 && count(.softmax(tied: true)) == 30 * 8)
    #expect(try count(.softmax(), .sampled(candidates: 9)) == 10 * 8)
    #expect(try count(.mixtureOfSoftmaxes(3, size: 5)) == 3 * 8 + 3 * 5 * 8 + 3 * 5 * 30)
    #expect(try count(.mixtureOfSoftmaxes(3, tied: true)) == 3 * 8 + 3 * 8 * 8 + 3 * 8 * 30)
    #expect(try count(.adaptiveSoftmax(cutoffs: [10])) == 11 * 8 + 2 * 8 + 20 * 2)
  }
}
