import MynahDatasets
import MynahModels
import MynahTensors
import MynahText
import MynahTraining
import TestSupport
import Testing

struct TrainerTests {
  /// The language of the texts; the model below is small enough to train in a moment.
  private static let language = DemoLanguage()
  private static func text(_ tokenCount: Int, seed: UInt64) -> [Int32] {
    var random = RandomSource(seed: seed)
    return language.sample(tokenCount: tokenCount, using: &random)
  }

  private static func model(dropout: Float = 0.2) -> LanguageModel {
    var random = RandomSource(seed: 3)
    return LanguageModel(
      LanguageModelConfiguration(
        vocabulary: language.vocabulary.count, embedding: 8, layers: [.lstm(12), .lstm(7)],
        dropout: DropoutRates(layerInput: dropout, hidden: dropout, output: dropout)),
      using: &random)
  }

  private static func configuration(
    _ optimizer: OptimizerConfiguration = .sgd, epochs: Int = 3, rate: Float? = nil, clip: Float? = 5
  ) -> TrainingConfiguration {
    TrainingConfiguration(
      optimizer: optimizer,
      learningRate: .halving(from: rate ?? optimizer.defaultLearningRate, after: 1), clipNorm: clip,
      epochs: epochs,
      batches: .contiguous(batchSize: 5, sequenceLength: 7), seed: 11)
  }

  private let text = text(1500, seed: 1)
  private let validation = text(400, seed: 2)

  @Test("Training lowers the loss and keeps the model with the lowest validation loss")
  func learns() throws {
    var model = Self.model()
    let history = try Trainer(Self.configuration(epochs: 4)).train(&model, on: text, validating: validation)
    #expect(history.map(\.epoch) == [1, 2, 3, 4])
    #expect(history[3].train.mean < history[0].train.mean - 0.2)
    let batches = try Self.configuration().batches.validationBatches(of: validation)
    let best = history.compactMap { $0.validation?.mean }.min()
    #expect(model.loss(of: batches.batches(epoch: 1)).mean == best)
  }

  @Test("One, two and three threads give the same bits", arguments: OptimizerRules.standard.names)
  func threads(name: String) throws {
    let optimizer = try #require(OptimizerRules.standard[name])
    var models: [LanguageModel] = []
    for count in 1...3 {
      var model = Self.model()
      try ThreadTeam.$current.withValue(ThreadTeam(threadCount: count)) {
        _ = try Trainer(Self.configuration(optimizer)).train(&model, on: text, validating: validation)
      }
      models.append(model)
    }
    #expect(same(models[0], models[1]) && same(models[0], models[2]))
    #expect(!same(models[0], Self.model()))
  }

  @Test(
    "A run resumed from the file of any of its checkpoints ends with the same bits",
    arguments: OptimizerRules.standard.names)
  func resumes(name: String) throws {
    let optimizer = try #require(OptimizerRules.standard[name])
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let (configuration, tokenizer) = (Self.configuration(optimizer), AnyTokenizer.word(Self.language.tokenizer))
    let trainer = Trainer(configuration, checkpointInterval: 10)
    var paths: [String] = []
    var whole = Self.model()
    let history = try trainer.train(&whole, on: text, validating: validation) { event in
      guard case .checkpoint(let checkpoint) = event else { return }
      paths.append(folder.path + "/\(paths.count).training")
      try TrainingStateFile(
        checkpoint: checkpoint, configuration: configuration, tokenizer: tokenizer, textHash: "hash"
      ).write(to: paths[paths.count - 1])
    }
    #expect(paths.count == 3 * 4 + 3)
    for path in paths {
      let file = try TrainingStateFile(contentsOf: path)
      var resumed = Self.model(dropout: 0.2)
      let again = try trainer.train(&resumed, on: text, validating: validation, from: file.checkpoint)
      #expect(same(whole, resumed) && again == history, "\(path)")
    }
  }

  @Test("A checkpoint cannot be resumed with another optimizer")
  func otherOptimizer() throws {
    var (model, last) = (Self.model(), TrainingCheckpoint?.none)
    _ = try Trainer(Self.configuration(.adam, epochs: 1)).train(&model, on: text) { event in
      if case .checkpoint(let checkpoint) = event { last = checkpoint }
    }
    let error = TrainingError.otherRun(what: "the optimizer", expected: "sgd", found: "adam")
    #expect(throws: error) { try Trainer(Self.configuration(.sgd)).train(&model, on: text, from: last) }
  }

  @Test("A profile counts every step, and its sections take no longer than the steps")
  func profile() throws {
    var (model, steps) = (Self.model(), 0)
    var trainer = Trainer(Self.configuration(epochs: 1))
    let profile = StepProfile()
    trainer.profile = profile
    _ = try trainer.train(&model, on: text, validating: validation) { event in
      if case .step = event { steps += 1 }
    }
    let times = profile.take()
    #expect(times.stepCount == steps && steps > 0 && times.steps > 0)
    for section in StepProfile.Section.allCases {
      // A single process exchanges nothing.
      #expect((times.share(of: section) > 0) == (section != .exchange), "\(section)")
    }
    #expect(times.sections.reduce(0, +) <= times.steps)
    let nothing = profile.take()
    #expect(nothing.stepCount == 0 && nothing.steps == 0 && nothing.share(of: .loss) == 0)
    // The same bits with a profile and without.
    var plain = Self.model()
    _ = try Trainer(Self.configuration(epochs: 1)).train(&plain, on: text, validating: validation)
    #expect(same(plain, model))
  }

  @Test("Resuming a finished run changes nothing, and more epochs continue from its end")
  func goesOn() throws {
    var (three, last, five) = (Self.model(), TrainingCheckpoint?.none, Self.model())
    _ = try Trainer(Self.configuration(epochs: 3)).train(&three, on: text, validating: validation) { event in
      if case .checkpoint(let checkpoint) = event { last = checkpoint }
    }
    let checkpoint = try #require(last)
    var again = Self.model()
    _ = try Trainer(Self.configuration(epochs: 3)).train(&again, on: text, validating: validation, from: checkpoint)
    #expect(same(three, again))
    _ = try Trainer(Self.configuration(epochs: 5)).train(&five, on: text, validating: validation)
    var longer = Self.model()
    _ = try Trainer(Self.configuration(epochs: 5)).train(&longer, on: text, validating: validation, from: checkpoint)
    #expect(same(five, longer))
  }

  @Test("A request to stop ends the run after the step, with a checkpoint to resume from")
  func stops() throws {
    var trainer = Trainer(Self.configuration())
    trainer.shouldStop = { true }
    var (model, last) = (Self.model(), TrainingCheckpoint?.none)
    #expect(throws: TrainingError.interrupted(epoch: 1, step: 1)) {
      try trainer.train(&model, on: text) { event in
        if case .checkpoint(let checkpoint) = event { last = checkpoint }
      }
    }
    #expect(last?.step == 1)
  }

  @Test("A run that pauses after an epoch has a checkpoint there and ends with the same bits as one without pauses")
  func pauses() throws {
    var (whole, paused, checkpoint) = (Self.model(), Self.model(), TrainingCheckpoint?.none)
    let history = try Trainer(Self.configuration()).train(&whole, on: text, validating: validation)
    var trainer = Trainer(Self.configuration())
    for last in [1, 1, 2, 9] {
      trainer.lastEpoch = last
      let part = try trainer.train(&paused, on: text, validating: validation, from: checkpoint) { event in
        if case .checkpoint(let written) = event { checkpoint = written }
      }
      let count = min(last, 3)
      #expect(part == Array(history.prefix(count)))
      #expect(checkpoint?.epoch == count + 1 && checkpoint?.step == 0)
    }
    #expect(same(paused, whole))
  }

  @Test("A non-finite loss stops the run with advice before it damages the weights")
  func diverges() throws {
    var (model, steps) = (Self.model(dropout: 0), 0)
    let trainer = Trainer(Self.configuration(rate: 1e38, clip: nil))
    let error = #expect(throws: TrainingError.self) {
      try trainer.train(&model, on: text) { event in
        if case .step = event { steps += 1 }
      }
    }
    guard case .diverged(let epoch, let step, _, nil)? = error else {
      Issue.record("expected divergence, found \(String(describing: error))")
      return
    }
    #expect(epoch == 1 && step == steps + 1)
    #expect(error?.description.contains("clip the gradients") == true)
    #expect(same(model, Self.model(dropout: 0)))
  }

  @Test(
    "A text shorter than a batch is an error, but a short validation text is evaluated completely")
  func shortTexts() throws {
    var model = Self.model()
    let trainer = Trainer(Self.configuration(epochs: 1))
    #expect(throws: TextError.self) { try trainer.train(&model, on: Array(text.prefix(30))) }
    #expect(throws: TextError.self) { try trainer.train(&model, on: text, validating: Array(validation.prefix(1))) }
    let history = try trainer.train(&model, on: text, validating: Array(validation.prefix(9)))
    #expect(history[0].validation?.targetCount == 8)
  }

  @Test("Without a validation text, the last model is kept")
  func withoutValidation() throws {
    var (kept, last) = (Self.model(), TrainingCheckpoint?.none)
    let history = try Trainer(Self.configuration()).train(&kept, on: text) { event in
      if case .checkpoint(let checkpoint) = event { last = checkpoint }
    }
    #expect(history.allSatisfy { $0.validation == nil })
    #expect(same(kept, try #require(last).model))
  }
}
