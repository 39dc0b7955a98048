import Foundation
import MynahModels
import MynahTensors
import MynahTraining
import TestSupport
import Testing

@Suite("Learning rates of a model's parts")
struct PartRatesTests {
  private static func model(isTied: Bool = false) -> LanguageModel {
    var random = RandomSource(seed: 5)
    return LanguageModel(
      LanguageModelConfiguration(
        vocabulary: 6, embedding: 4, layers: [.lstm(3), .gru(4)], output: .softmax(tied: isTied)), using: &random)
  }

  private static let text: [Int32] = (0..<240).map { Int32(($0 * $0 / 3 + $0) % 6) }

  /// Trains for some epochs and returns the model after the last step.
  private static func trained(
    _ rates: PartRates, rule: OptimizerConfiguration = .sgd, epochs: Int = 1, isTied: Bool = false,
    batchesPerUpdate: Int = 1
  ) throws -> (before: LanguageModel, after: LanguageModel) {
    let before = model(isTied: isTied)
    var after = before
    let configuration = TrainingConfiguration(
      optimizer: rule, learningRate: .constant(0.1), batchesPerUpdate: batchesPerUpdate, epochs: epochs,
      batches: .contiguous(batchSize: 3, sequenceLength: 8), partRates: rates)
    try Trainer(configuration).train(&after, on: text, keeping: .last)
    return (before, after)
  }

  /// The parts whose parameters changed in any bit, in the order of the model.
  private static func changedParts(_ before: LanguageModel, _ after: LanguageModel) -> [ModelPart] {
    let changes = zip(before.parameters, after.parameters).map { before, after in
      before.value.elements.map(\.bitPattern) != after.value.elements.map(\.bitPattern)
    }
    var place = 0
    return before.architecture.parts.filter { part in
      defer { place += part.parameterCount }
      return changes[place..<place + part.parameterCount].contains(true)
    }.map(\.part)
  }

  private static let rules: [OptimizerConfiguration] = [
    .sgd, OptimizerConfiguration(SGD(momentum: 0.9, weightDecay: 0.1)), .adam,
    OptimizerConfiguration(Adam(weightDecay: 0.1, isAMSGrad: true)), OptimizerConfiguration(Adagrad()),
    OptimizerConfiguration(RMSProp()), OptimizerConfiguration(AveragedSGD(averaging: .fromStart, weightDecay: 0.1)),
  ]

  @Test("A frozen part keeps its bits, and all other parts change, with every optimizer", arguments: rules)
  func frozen(rule: OptimizerConfiguration) throws {
    let all: [ModelPart] = [.embedding, .layer(0), .layer(1), .output]
    for frozen in [[], [.embedding], [.layer(0), .output], [.embedding, .layer(0), .layer(1)]] as [[ModelPart]] {
      let (before, after) = try Self.trained(PartRates(frozen: frozen), rule: rule, batchesPerUpdate: 2)
      #expect(Self.changedParts(before, after) == all.filter { !frozen.contains($0) })
    }
  }

  @Test("A tied output is trained with the embedding, except for its biases")
  func tied() throws {
    let (before, after) = try Self.trained(PartRates(frozen: [.embedding]), isTied: true)
    #expect(Self.changedParts(before, after) == [.layer(0), .layer(1), .output])
    let gradual = try Self.trained(PartRates(unfreezesGradually: true), isTied: true)
    #expect(Self.changedParts(gradual.before, gradual.after) == [.embedding, .output])
  }

  @Test("Gradual unfreezing trains one more part each epoch", arguments: 1...5)
  func gradual(epochs: Int) throws {
    let (before, after) = try Self.trained(PartRates(unfreezesGradually: true), epochs: epochs)
    let order: [ModelPart] = [.embedding, .layer(0), .layer(1), .output]
    #expect(Self.changedParts(before, after) == order.suffix(epochs))
  }

  @Test("Rates are divided from part to part, so one SGD step moves each part by its share")
  func decay() throws {
    func movement(_ rates: PartRates) throws -> [Float] {
      let before = Self.model()
      var after = before
      let configuration = TrainingConfiguration(
        learningRate: .constant(1), clipNorm: nil, epochs: 1,
        batches: .contiguous(batchSize: 10, sequenceLength: 23), partRates: rates)
      try Trainer(configuration).train(&after, on: Self.text, keeping: .last)
      return zip(before.parameters, after.parameters).map { before, after in
        zip(before.value.elements, after.value.elements).map { abs($0 - $1) }.max() ?? 0
      }
    }
    let (whole, divided) = (try movement(.equal), try movement(PartRates(decay: 2)))
    let shares: [Float] = Self.model().architecture.parts.enumerated().flatMap { index, part in
      [Float](repeating: [0.125, 0.25, 0.5, 1][index], count: part.parameterCount)
    }
    for (index, share) in shares.enumerated() { #expect(abs(divided[index] / whole[index] - share) < 1e-3) }
  }

  @Test("Each parameter changes by the same bits as with a separate optimizer at its rate", arguments: rules)
  func groups(rule: OptimizerConfiguration) {
    var random = RandomSource(seed: 1)
    let start = FeedForward(sizes: [3, 4, 2], initializer: .uniform(0.1), using: &random)
    let count = start.parameters.count
    let steps: [[Gradient]] = (0..<3).map { _ in
      start.parameters.map { .dense(.random($0.value.shape, using: &random)) }
    }
    let factors: [Float] = (0..<count).map { [1, 0.5, 1, 0.25][$0 % 4] }
    var (together, optimizer) = (start, Optimizer(rule))
    for gradients in steps { optimizer.update(&together, gradients: gradients, rate: 0.1, factors: factors) }
    for index in 0..<count {
      var (alone, optimizer) = (start, Optimizer(rule))
      for gradients in steps { optimizer.update(&alone, gradients: gradients, rate: 0.1 * factors[index]) }
      #expect(together.parameters[index].value == alone.parameters[index].value)
    }
    #expect(optimizer.stepCount == 3)
  }

  @Test("An interrupted run with frozen parts continues exactly")
  func resumed() throws {
    let rates = PartRates(decay: 1.5, unfreezesGradually: true)
    let (before, after) = try Self.trained(rates, rule: .adam, epochs: 3)
    let configuration = TrainingConfiguration(
      optimizer: .adam, learningRate: .constant(0.1), epochs: 3,
      batches: .contiguous(batchSize: 3, sequenceLength: 8), partRates: rates)
    struct Stop: Error {}
    var (model, kept, count) = (before, TrainingCheckpoint?.none, 0)
    #expect(throws: Stop.self) {
      try Trainer(configuration, checkpointInterval: 2).train(&model, on: Self.text, keeping: .last) { event in
        guard case .checkpoint(let checkpoint) = event else { return }
        (kept, count) = (checkpoint, count + 1)
        if count == 7 { throw Stop() }
      }
    }
    model = before
    try Trainer(configuration).train(&model, on: Self.text, from: kept, keeping: .last)
    #expect(model.parameters.map(\.value) == after.parameters.map(\.value))
  }

  @Test(
    "Parts that the model lacks, a run without any trained part, and factors below 1 are refused",
    arguments: [
      (PartRates(frozen: [.layer(2)]), "layer.2"),
      (PartRates(frozen: [.embedding, .layer(0), .layer(1), .output]), "every part is frozen"),
      (PartRates(decay: 0.5), "at least 1"), (PartRates(decay: .infinity), "at least 1"),
    ])
  func defects(rates: PartRates, sentence: String) {
    let error = #expect(throws: TrainingError.self) { try Self.trained(rates) }
    #expect("\(error.map { "\($0)" } ?? "")".contains(sentence))
  }

  @Test("Part names round-trip, and other names are refused")
  func names() throws {
    for part in [ModelPart.embedding, .layer(0), .layer(12), .output] {
      #expect(ModelPart(part.description) == part)
      #expect(try JSONDecoder().decode([ModelPart].self, from: JSONEncoder().encode([part])) == [part])
    }
    for name in ["", "layer", "layer.", "layer.-1", "layer.01", "layer.1.", "Embedding"] {
      #expect(ModelPart(name) == nil)
    }
  }
}
