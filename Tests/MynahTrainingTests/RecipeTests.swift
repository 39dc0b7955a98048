import Foundation
import MynahDatasets
import MynahModels
import MynahTensors
import MynahText
import MynahTraining
import TestSupport
import Testing

struct RecipeTests {
  /// Sentences of the demo language.
  private static func sentences(_ tokenCount: Int, seed: UInt64) -> String {
    let language = DemoLanguage()
    var random = RandomSource(seed: seed)
    let words = language.sample(tokenCount: tokenCount, using: &random).map { language.vocabulary[$0] }
    return words.split(separator: Vocabulary.endOfSentence).map { $0.joined(separator: " ") }.joined(separator: "\n")
      + "\n"
  }

  /// A folder with small texts in the format of each data set.
  private static func texts() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let (train, valid, test) = (sentences(1500, seed: 1), sentences(300, seed: 2), sentences(300, seed: 3))
    try folder.write(train.utf8, to: "train.txt")
    try folder.write(valid.utf8, to: "valid.txt")
    try folder.write(test.utf8, to: "test.txt")
    try folder.write(train.utf8, to: "input.txt")
    let tagged = train.split(separator: "\n").map { $0.split(separator: " ").map { $0 + "/nn" }.joined(separator: " ") }
    try folder.write(tagged.joined(separator: "\n\n").utf8, to: "ca01")
    return folder
  }

  /// The recipe's model with a small hidden size.
  private static func smallModel(_ recipe: Recipe, vocabularySize: Int) -> LanguageModel {
    var configuration = recipe.model(vocabularySize)
    configuration.embeddingSize = min(configuration.embeddingSize, 12)
    for index in configuration.layers.indices { configuration.layers[index].hiddenSize = 12 }
    var random = RandomSource(seed: 1)
    return LanguageModel(configuration, using: &random)
  }

  @Test("Every recipe runs at a small size, from its files to its verdict", arguments: Recipe.all.map(\.name))
  func small(name: String) throws {
    let recipe = try #require(Recipe.named(name))
    let folder = try Self.texts()
    defer { folder.remove() }
    let data = try recipe.data(folder.path)
    #expect((data.validation == nil) == (name == "toy"))
    var configuration = recipe.training
    configuration.epochs = min(3, configuration.epochs)
    // A small model needs smaller steps.
    let schedule = configuration.learningRate
    configuration.learningRate = LearningRateSchedule(initial: min(5, schedule.initial), factors: schedule.factors)
    configuration.batches = configuration.batches.with(
      batchSize: 5, sequenceLength: min(8, configuration.batches.sequenceLength))
    let validation = try data.validation.map {
      try recipe.validationBatches(of: $0, trainedWith: configuration.batches)
    }
    var trainer = Trainer(configuration)
    trainer.metrics = recipe.metrics
    var model = Self.smallModel(recipe, vocabularySize: data.tokenizer.vocabulary.count)
    let history = try trainer.train(
      &model, on: configuration.batches.batches(of: data.training, seed: 1), validating: validation,
      keeping: recipe.kept)
    #expect(history.count == 3 && history[2].train.mean < history[0].train.mean)
    #expect(history[2].metrics?.keys.sorted() == (recipe.metrics.isEmpty ? nil : recipe.metrics.map(\.name)))
    if let test = data.test, let layout = recipe.testBatches {
      #expect(model.loss(of: try layout.batches(of: test, seed: 0).batches(epoch: 1)).targetCount > 0)
    }
    let verdict = recipe.verdict(on: history, test: nil)
    #expect(verdict.kind != .reproduced)
  }

  @Test("Recipes have unique names and complete descriptions", arguments: Recipe.all.map(\.name))
  func complete(name: String) throws {
    let recipe = try #require(Recipe.named(name))
    #expect(Recipe.all.count { $0.name == name } == 1)
    #expect(!recipe.summary.isEmpty && !recipe.goals.isEmpty && recipe.trainingIDsSHA256.count == 64)
    #expect(recipe.reference != nil || !recipe.goals.contains { if case .asReference = $0 { true } else { false } })
    let architecture = try ModelArchitecture(recipe.model(15))
    #expect(recipe.training.defect(of: architecture) == nil)
  }

  @Test("The toy recipe learns its two sentences by heart, whatever the seed", arguments: [UInt64(1), 2, 3])
  func toy(seed: UInt64) throws {
    let recipe = Recipe.toy
    let data = try recipe.data("")
    #expect(data.trainingIDsSHA256 == recipe.trainingIDsSHA256)
    var random = RandomSource(seed: seed)
    var model = LanguageModel(recipe.model(data.tokenizer.vocabulary.count), using: &random)
    // The course prints (15, 10), (10, 40) twice, (40), (10, 15) and (15); its matrices are transposed.
    #expect(model.parameters.map(\.value.shape) == [[15, 10], [40, 10], [40, 10], [40], [15, 10], [15]])
    var configuration = recipe.training
    configuration.seed = seed
    let batches = try configuration.batches.batches(of: data.training, seed: seed)
    #expect(batches.batches(epoch: 1).reduce(0) { $0 + $1.batchSize } == 200)
    let history = try Trainer(configuration).train(&model, on: batches)
    #expect(recipe.verdict(on: history, test: nil).kind == .reproduced, "\(history.last?.train.mean ?? .nan)")
  }

  @Test("Zaremba's models start with uniform weights and biases, and the large one has 66 million parameters")
  func zaremba() throws {
    let small = Recipe.zarembaSmall.model(10_000)
    var random = RandomSource(seed: 1)
    let model = LanguageModel(small, using: &random)
    #expect(model.parameterCount == 4_651_600)
    for (name, value) in model.parameters {
      let elements = value.elements
      #expect(elements.allSatisfy { abs($0) <= 0.1 } && elements.contains { abs($0) > 0.098 }, "\(name)")
    }
    let medium = Recipe.zarembaMedium.model(10_000)
    #expect(medium.dropout == DropoutRates(input: 0.5, hidden: 0.5, output: 0.5))
    let rates = (1...7).map { Recipe.zarembaSmall.training.learningRate.rate(epoch: $0) }
    #expect(rates == [1, 1, 1, 1, 0.5, 0.25, 0.125])
    #expect(Recipe.zarembaMedium.training.learningRate.rate(epoch: 7) == 0.8)
    let large = Recipe.zarembaLarge
    #expect(try ModelArchitecture(large.model(10_000)).parameterCount == 66_022_000)
    #expect(large.training.clipNorm == 10 && large.training.learningRate.rate(epoch: 14) == 1)
    #expect(abs(large.training.learningRate.rate(epoch: 16) - 1 / (1.15 * 1.15)) < 1e-6)
  }

  @Test("AWD-LSTMs have the settings of the authors' code, and its parameter counts with one bias per layer")
  func awdLSTM() throws {
    let (recipe, other) = (Recipe.awdLSTM, Recipe.awdLSTMWikiText2)
    // The authors' code counts 24,221,600 parameters, of which 10,800 are second biases.
    #expect(try ModelArchitecture(recipe.model(10_000)).parameterCount == 24_210_800)
    let dropout = DropoutRates(
      embedding: 0.1, input: 0.4, hidden: 0.25, output: 0.4, weights: 0.5, isVariational: true)
    #expect(recipe.model(10_000).dropout == dropout)
    #expect(other.model(10).dropout.input == 0.65 && other.model(10).dropout.hidden == 0.2)
    #expect(recipe.training.batches == .contiguous(batchSize: 20, sequenceLength: 70, lengths: .random))
    #expect(other.training.batches.batchSize == 80 && other.training.epochs == 750)
    let qrnn = Recipe.awdQRNN.model(10_000)
    // 4,000,000 + 10,000, 3 · 1550 · (2 · 400 + 1), 2 · 3 · 1550 · (1550 + 1), 3 · 400 · (1550 + 1)
    #expect(try ModelArchitecture(qrnn).parameterCount == 4_010_000 + 3_724_650 + 14_424_300 + 1_861_200)
    #expect(qrnn.dropout.weights == 0.1 && qrnn.dropout.hidden == 0.3 && Recipe.awdQRNN.training.clipNorm == 0.2)
    let mixture = Recipe.awdMixture.model(10_000)
    // 2,810,000 + 4 · 960 · 1241 + 4 · 960 · 1921 + 4 · 620 · 1581 + 15 · 620 + 15 · 280 · 621
    #expect(
      try ModelArchitecture(mixture).parameterCount == 2_810_000 + 4_765_440 + 7_376_640 + 3_920_880 + 9_300 + 2_608_200
    )
    #expect(mixture.dropout.latent == 0.29 && mixture.dropout.hidden == 0.225)
    #expect(Recipe.awdMixture.training.learningRate.rate(epoch: 9) == 20)
    let rates = [1, 30, 31, 40, 41, 50].map { Recipe.awdLSTMCharacters.training.learningRate.rate(epoch: $0) }
    #expect(zip(rates, [2e-3, 2e-3, 2e-4, 2e-4, 2e-5, 2e-5] as [Float]).allSatisfy { abs($0 / $1 - 1) < 1e-5 })
    var random = RandomSource(seed: 1)
    let parameters = LanguageModel(Recipe.awdLSTMCharacters.model(67), using: &random).parameters
    for (name, bound) in [
      ("embedding.weight", Float(0.1)), ("recurrent.0.weight_ih_l0", 1 / Float(1000).squareRoot()),
      ("recurrent.2.weight_hh_l0", 1 / Float(200).squareRoot()),
      ("recurrent.2.bias_ih_l0", 1 / Float(200).squareRoot()),
    ] {
      let elements = try #require(parameters.first { $0.name == name }).value.elements
      #expect(elements.allSatisfy { abs($0) <= bound } && elements.contains { abs($0) > 0.98 * bound }, "\(name)")
    }
    #expect(parameters.last?.name == "output.bias" && parameters.last?.value == .zeros([67]))
  }

  @Test("The character model has 5,332,803 parameters and Keras's initial weights")
  func shakespeare() {
    var random = RandomSource(seed: 1)
    let model = LanguageModel(Recipe.shakespeare.model(67), using: &random)
    #expect(model.layers.map(\.parameters) == [17_152, 5_246_976, 68_675] && model.parameterCount == 5_332_803)
    let bounds: [String: Float] = [
      "embedding.weight": 0.05, "recurrent.0.weight_ih_l0": (6 / Float(256 + 4096)).squareRoot(),
      "output.weight": (6 / Float(1024 + 67)).squareRoot(), "output.bias": 0,
    ]
    #expect(model.parameters.count { bounds[$0.name] != nil } == bounds.count)
    for (name, value) in model.parameters {
      guard let bound = bounds[name] else { continue }
      let largest = value.elements.map { abs($0) }.max() ?? 0
      #expect(largest <= bound && largest >= 0.99 * bound, "\(name)")
    }
    let bias = model.parameters.first { $0.name.contains("bias_ih") }?.value.elements ?? []
    #expect(bias.count { $0 == 1 } == 1024 && bias.count { $0 == 0 } == 3072)
  }

  @Test(
    "An epoch of shakespeare has 156 batches of 64 × 100, and one of brown has 388 of 100 × 25",
    .enabled(if: TestData.isExpected("brown"), "\(TestData.reason("brown"))"))
  func batchCounts() throws {
    let plays = try Recipe.shakespeare.data(TestData.path("tinyshakespeare"))
    let layout = Recipe.shakespeare.training.batches
    #expect(try layout.batches(of: plays.training, seed: 1).count == 156)
    let corpus = try Recipe.brown.data(TestData.path("brown"))
    #expect(corpus.trainingIDsSHA256 == Recipe.brown.trainingIDsSHA256)
    let batches = try Recipe.brown.training.batches.batches(of: corpus.training, seed: 1)
    #expect(batches.count == 388)
    #expect(batches.batches(epoch: 1).reduce(0) { $0 + $1.targetCount } == 969_925)
    let test = try Recipe.brown.training.batches.batchesInOrder(of: corpus.validation ?? [])
    #expect(test.count == 100 && test.batches(epoch: 1).reduce(0) { $0 + $1.targetCount } == 248_550)
  }
}

struct RecipeVerdictTests {
  private static func epoch(_ number: Int, train: Double, validation: Double) -> EpochReport {
    EpochReport(
      epoch: number, learningRate: 1, train: Loss(nats: log(train), targetCount: 1),
      validation: Loss(nats: log(validation), targetCount: 1))
  }

  private static func recipe(_ goals: [RecipeGoal], epochs: Int = 2) -> Recipe {
    let toy = Recipe.toy
    var training = toy.training
    training.epochs = epochs
    return Recipe(
      name: "test", summary: "a test", dataSet: nil, data: toy.data, trainingIDsSHA256: toy.trainingIDsSHA256,
      model: toy.model, training: training,
      reference: RecipeReference(source: "PyTorch", epochs: [(100, 200), (50, 150)], test: 140), goals: goals)
  }

  private let near = [epoch(1, train: 101, validation: 197), epoch(2, train: 49.5, validation: 152)]

  @Test("A run within the tolerance of the reference is reproduced")
  func reproduced() {
    #expect(Self.recipe([.asReference(within: 0.02)]).verdict(on: near, test: 141).kind == .reproduced)
  }

  @Test("Each figure too far from the reference is reported in a sentence")
  func missed() {
    let verdict = Self.recipe([.asReference(within: 0.0125)]).verdict(on: near, test: 150)
    #expect(verdict.kind == .missed)
    #expect(
      verdict.misses == [
        "epoch 1's validation perplexity is 197.0, -1.5 % from PyTorch's 200.0, and should be within 1.25 %",
        "epoch 2's validation perplexity is 152.0, 1.333 % from PyTorch's 150.0, and should be within 1.25 %",
        "the test perplexity is 150.0, 7.143 % from PyTorch's 140.0, and should be within 1.25 %",
      ])
    #expect(Self.recipe([.asReference(within: 0.02)]).verdict(on: [near[0]], test: 990).kind == .unfinished)
    #expect(Self.recipe([.asReference(within: 0.01)]).verdict(on: [near[0]], test: 141).kind == .missed)
  }

  @Test("Goals for test perplexity and training loss are checked after the last epoch, and NaN misses them")
  func bounds() {
    let recipe = Self.recipe([.test(atMost: 141), .trainingLoss(atMost: log(50))])
    #expect(recipe.verdict(on: near, test: 141).kind == .reproduced)
    #expect(recipe.verdict(on: near, test: 141.1).kind == .missed)
    #expect(recipe.verdict(on: near, test: .nan).kind == .missed)
    #expect(recipe.verdict(on: near, test: nil).kind == .missed)
    #expect(recipe.verdict(on: [near[0]], test: 999).kind == .unfinished)
    #expect(Self.recipe([.trainingLoss(atMost: log(49))]).verdict(on: near, test: nil).kind == .missed)
  }
}
