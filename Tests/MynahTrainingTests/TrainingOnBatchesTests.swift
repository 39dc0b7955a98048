import MynahModels
import MynahTensors
import MynahText
import MynahTraining
import TestSupport
import Testing

/// Training with batch layouts other than contiguous text.
struct TrainingOnBatchesTests {
  /// Sentences of 1 to 9 tokens that cycle through 1 to 6, each followed by a 0.
  private static let text: [Int32] = {
    var random = RandomSource(seed: 8)
    return (0..<40).flatMap { _ -> [Int32] in
      let (start, length) = (Int32(random.next() % 6), 1 + Int32(random.next() % 9))
      return (0..<length).map { 1 + (start + $0) % 6 } + [0]
    }
  }()

  private static func model(_ layer: LayerConfiguration = .lstm(9), dropout: Float = 0.2) -> LanguageModel {
    var random = RandomSource(seed: 3)
    return LanguageModel(
      LanguageModelConfiguration(
        vocabulary: 7, embedding: 6, layers: [layer, .lstm(5)], dropout: .outputs(dropout)), using: &random)
  }

  private static func configuration(
    _ layout: BatchLayout, epochs: Int = 2, reduction: LossReduction = .sumOverSteps,
    objective: TrainingObjective = .full
  ) -> TrainingConfiguration {
    TrainingConfiguration(
      learningRate: .constant(0.2), clipNorm: nil, epochs: epochs, batches: layout, objective: objective,
      reduction: reduction,
      seed: 5)
  }

  static let layouts = [
    BatchLayout.windows(batchSize: 4, sequenceLength: 6), .windows(batchSize: 3, sequenceLength: 5, remainder: .drop),
    .sentences(batchSize: 6, maximumLength: 7, endingWith: 0),
    .documents(batchSize: 6, sequenceLength: 4, endingWith: 0),
  ]

  @Test("Training lowers the loss with each kind of batching", arguments: layouts)
  func learns(layout: BatchLayout) throws {
    var model = Self.model(dropout: 0)
    var configuration = Self.configuration(layout, epochs: 12)
    configuration.optimizer = .adam
    configuration.learningRate = .constant(0.03)
    let history = try Trainer(configuration).train(
      &model, on: Self.text, validating: Self.text)
    #expect(history[11].train.mean < history[0].train.mean - 0.2)
    #expect((history[11].validation?.mean ?? 9) < (history[0].validation?.mean ?? 0) - 0.2)
  }

  @Test("A run resumed from the file of any step ends with the same bits", arguments: layouts)
  func resumes(layout: BatchLayout) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let configuration = Self.configuration(layout)
    let tokenizer = AnyTokenizer.word(WordTokenizer(vocabulary: try Vocabulary(tokens: (0..<7).map { "w\($0)" })))
    let trainer = Trainer(configuration, checkpointInterval: 1)
    var (paths, whole) = ([String](), Self.model())
    let history = try trainer.train(&whole, on: Self.text, validating: Self.text) { event in
      guard case .checkpoint(let checkpoint) = event else { return }
      paths.append(folder.path + "/\(paths.count).training")
      try TrainingStateFile(
        checkpoint: checkpoint, configuration: configuration, tokenizer: tokenizer, textHash: "hash"
      ).write(to: paths[paths.count - 1])
    }
    #expect(paths.count > 8)
    for path in paths {
      var resumed = Self.model()
      let file = try TrainingStateFile(contentsOf: path)
      let again = try trainer.train(&resumed, on: Self.text, validating: Self.text, from: file.checkpoint)
      #expect(same(whole, resumed) && again == history, "\(path)")
    }
  }

  @Test("Padding has no effect: longer padding gives the same losses and weights")
  func padding() throws {
    for (reduction, loss) in [
      (LossReduction.sum, TrainingObjective.full), (.meanPerTarget, .smoothed(0.2)),
      (.meanPerTarget, .sampled(candidates: 4)),
    ] {
      // The longest sentence has 9 tokens.
      let runs = try [9, 14].map { length in
        var model = Self.model(dropout: 0)
        let layout = BatchLayout.sentences(batchSize: 5, maximumLength: length, endingWith: 0)
        let trainer = Trainer(Self.configuration(layout, reduction: reduction, objective: loss))
        return (try trainer.train(&model, on: Self.text, validating: Self.text), model)
      }
      for (short, long) in zip(runs[0].0, runs[1].0) {
        #expect(short.train.targetCount == long.train.targetCount)
        #expect(abs(short.train.nats / long.train.nats - 1) < 1e-6)
      }
      for (short, long) in zip(runs[0].1.parameters, runs[1].1.parameters) {
        #expect(largestDifference(short.value.elements, long.value.elements) < 1e-5, "\(short.name)")
      }
    }
  }

  @Test("Sentences in one batch have the same loss and metrics as one by one, and only real targets count")
  func evaluation() throws {
    let model = Self.model()
    func evaluated(_ size: Int) throws -> (loss: Loss, metrics: [String: Double]) {
      let layout = BatchLayout.sentences(batchSize: size, maximumLength: 10, endingWith: 0)
      return model.evaluated(
        on: try layout.validationBatches(of: Self.text).batches(epoch: 1), metrics: [.accuracy, .top(7)])
    }
    let (together, alone) = (try evaluated(40), try evaluated(1))
    #expect(together.loss.targetCount == alone.loss.targetCount)
    #expect(abs(together.loss.mean - alone.loss.mean) < 1e-6)
    #expect(together.metrics["top7"] == 1 && alone.metrics["top7"] == 1)
    #expect(abs((together.metrics["accuracy"] ?? 0) - (alone.metrics["accuracy"] ?? 1)) < 1e-9)
  }

  @Test("A batch of nothing but padding does not count as divergence", arguments: LossReduction.allCases)
  func nothingButPadding(reduction: LossReduction) throws {
    var model = Self.model(dropout: 0)
    let layout = BatchLayout.sentences(batchSize: 1, maximumLength: 4, endingWith: 0)
    let trainer = Trainer(Self.configuration(layout, epochs: 1, reduction: reduction))
    let history = try trainer.train(&model, on: [1, 2, 3, 0, 4, 0, 0, 2, 1, 0])
    #expect(history[0].train.targetCount == 3 && history[0].train.perplexity.isFinite)
  }

  @Test(
    "A custom loss is differentiated and reported, and a custom cross-entropy matches the built-in one")
  func ownLoss() throws {
    func train(_ loss: CustomLoss?) throws -> (history: [EpochReport], model: LanguageModel) {
      var model = Self.model(dropout: 0)
      var trainer = Trainer(
        Self.configuration(.sentences(batchSize: 6, maximumLength: 7, endingWith: 0), reduction: .meanPerTarget))
      trainer.loss = loss
      return (try trainer.train(&model, on: Self.text, validating: Self.text), model)
    }
    let standard = try train(nil)
    let own = try train { model, hidden, batch in
      let weights = Variable(Tensor(batch.weights ?? Array(repeating: 1, count: batch.targets.count)))
      let coordinates = batch.targets.enumerated().flatMap { [Int32($0), $1] }
      let logs = model.output.logits(of: hidden).logSoftmax().gathered(
        coordinates: coordinates, shape: [batch.targets.count, 2])
      let sum = -(logs * weights).sum()
      return (sum / Float(batch.targetCount), Double(sum.value.scalar))
    }
    for (standard, own) in zip(standard.history, own.history) {
      #expect(abs(standard.train.mean / own.train.mean - 1) < 1e-5)
      #expect(abs((standard.validation?.mean ?? 0) / (own.validation?.mean ?? 1) - 1) < 1e-5)
    }
    for (standard, own) in zip(standard.model.parameters, own.model.parameters) {
      #expect(largestDifference(standard.value.elements, own.value.elements) < 1e-5, "\(standard.name)")
    }
    let doubled = try train { model, hidden, batch in
      let pass = model.output.crossEntropy(of: hidden, targets: batch.targets, weights: batch.weights)
      return (pass.value, 2 * pass.nats)
    }
    #expect(doubled.history[0].train.mean > 1.5 * standard.history[0].train.mean)
  }

  @Test("Each window starts from the zero state, so its training loss equals its loss alone")
  func zeroState() throws {
    var (model, layout) = (Self.model(dropout: 0), BatchLayout.windows(batchSize: 4, sequenceLength: 6))
    var configuration = Self.configuration(layout, epochs: 1)
    // Too small a rate to change any weight.
    configuration.learningRate = .constant(1e-30)
    let history = try Trainer(configuration).train(&model, on: Self.text)
    layout = layout.with(batchSize: 1)
    let alone = try model.loss(of: layout.batchesInOrder(of: Self.text).batches(epoch: 1))
    #expect(history[0].train.targetCount == alone.targetCount)
    #expect(abs(history[0].train.mean / alone.mean - 1) < 1e-6)
  }

  @Test("Each loss reduction divides the gradients of the sum by the right count")
  func reductions() throws {
    let norms = try LossReduction.allCases.map { reduction -> Double in
      var (model, norm) = (Self.model(dropout: 0), 0.0)
      let configuration = Self.configuration(
        .contiguous(batchSize: 4, sequenceLength: 6), epochs: 1, reduction: reduction)
      try Trainer(configuration).train(&model, on: Array(Self.text.prefix(28))) { event in
        if case .step(let step) = event { norm = step.gradientNorm }
      }
      return norm
    }
    let sum = try #require(zip(LossReduction.allCases, norms).first { $0.0 == .sum }?.1)
    for (reduction, norm) in zip(LossReduction.allCases, norms) {
      let share = [.sumOverSteps: 4.0, .meanPerTarget: 24, .sum: 1][reduction] ?? .nan
      #expect(abs(norm * share / sum - 1) < 1e-5, "\(reduction)")
    }
  }

  @Test("The temporal penalty uses outputs before dropout, and the activation penalty outputs after dropout")
  func penaltiesAndDropout() throws {
    // With zero weights, the outputs are the same at every step: tanh of the bias.
    var configuration = LanguageModelConfiguration(
      vocabulary: 7, embedding: 6, layers: [.rnn(4)], dropout: .outputs(0.5))
    configuration.recurrentBiasInitializer = .uniform(1)
    configuration.initializer = .zeros
    var random = RandomSource(seed: 3)
    func norm(_ penalties: Penalties) throws -> Double {
      var (model, norm) = (LanguageModel(configuration, using: &random), 0.0)
      var training = Self.configuration(.contiguous(batchSize: 4, sequenceLength: 6), epochs: 1)
      training.penalties = penalties
      var trainer = Trainer(training)
      trainer.loss = { _, _, _ in (Variable(Tensor(0)), 0) }
      try trainer.train(&model, on: Array(Self.text.prefix(28))) { event in
        if case .step(let step) = event { norm = step.gradientNorm }
      }
      return norm
    }
    #expect(try norm(Penalties(temporal: 1)) == 0)
    #expect(try norm(Penalties(activation: 1)) > 0)
  }

  @Test("A custom loss with latent dropout or with shards is refused, because it supports neither")
  func refusedCustomLosses() throws {
    func refusal(_ dropout: DropoutRates, shards: Int) throws -> String {
      let configuration = LanguageModelConfiguration(
        vocabulary: 7, embedding: 4, layers: [.lstm(4)], output: .mixtureOfSoftmaxes(2), dropout: dropout)
      var random = RandomSource(seed: 3)
      var model = LanguageModel(configuration, using: &random)
      var training = Self.configuration(.contiguous(batchSize: 4, sequenceLength: 6), epochs: 1)
      training.shards = shards
      var trainer = Trainer(training)
      trainer.loss = { _, _, _ in (Variable(Tensor(0)), 0) }
      let error = #expect(throws: TrainingError.self) {
        try trainer.train(&model, on: Array(Self.text.prefix(28)))
      }
      return try #require(error).description
    }
    #expect(try refusal(DropoutRates(latent: 0.5), shards: 1).contains("a custom loss has no latent dropout"))
    #expect(try refusal(.none, shards: 2).contains("a custom loss needs whole batches"))
  }

  @Test("Training accepts a custom dataset, and a dataset that ends too early is an error")
  func ownDataset() throws {
    let batches = Dataset(TokenWindows(Self.text, length: 5)).batch(4).map(Batch.init(windows:))
    let count = Array(batches).count
    let trainer = Trainer(Self.configuration(.windows(batchSize: 4, sequenceLength: 5)))
    var model = Self.model()
    #expect(try trainer.train(&model, on: EpochBatches(batches, count: count, batchSize: 4)).count == 2)
    let error = TrainingError.impossible(
      reason: "the data contain only \(count) of the \(count + 1) batches of epoch 1")
    #expect(throws: error) {
      try trainer.train(&model, on: EpochBatches(batches, count: count + 1, batchSize: 4))
    }
  }

  @Test("A checkpoint whose state and next batch have different batch sizes is refused")
  func otherRows() throws {
    let trainer = Trainer(
      Self.configuration(.contiguous(batchSize: 3, sequenceLength: 4), epochs: 1), checkpointInterval: 1)
    var (model, middle) = (Self.model(), TrainingCheckpoint?.none)
    try trainer.train(&model, on: Self.text) { event in
      if case .checkpoint(let checkpoint) = event, checkpoint.step == 2 { middle = checkpoint }
    }
    let other = try ContiguousBatches(Self.text, batchSize: 2, stepCount: 4)
    #expect(throws: TrainingError.self) { try trainer.train(&model, on: EpochBatches(other), from: middle) }
  }
}
