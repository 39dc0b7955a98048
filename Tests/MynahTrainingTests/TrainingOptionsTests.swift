import Foundation
import MynahDatasets
import MynahModels
import MynahTensors
import MynahText
import MynahTraining
import Synchronization
import TestSupport
import Testing

/// Training options other than the defaults, in short runs.
struct TrainingOptionsTests {
  private static let language = DemoLanguage()

  private static func text(_ tokenCount: Int, seed: UInt64) -> [Int32] {
    var random = RandomSource(seed: seed)
    return language.sample(tokenCount: tokenCount, using: &random)
  }

  private static func model() -> LanguageModel {
    var random = RandomSource(seed: 3)
    return LanguageModel(
      LanguageModelConfiguration(
        vocabulary: language.vocabulary.count, embedding: 6, layers: [.lstm(8)], dropout: .outputs(0.2)),
      using: &random)
  }

  /// A run of three epochs of 21 batches; `change` sets the options under test.
  private static func configuration(
    _ change: (inout TrainingConfiguration) -> Void = { _ in }
  ) -> TrainingConfiguration {
    var configuration = TrainingConfiguration(
      learningRate: .constant(0.5), epochs: 3, batches: .contiguous(batchSize: 4, sequenceLength: 7), seed: 11)
    change(&configuration)
    return configuration
  }

  private let text = text(600, seed: 1)
  private let validation = text(200, seed: 2)

  @discardableResult
  private func train(
    _ configuration: TrainingConfiguration, from checkpoint: TrainingCheckpoint? = nil, metrics: [Metric] = [],
    validating: Bool = true, interval: Int? = nil, report: (TrainingEvent) throws -> Void = { _ in }
  ) throws -> (model: LanguageModel, history: [EpochReport]) {
    var (trainer, model) = (Trainer(configuration, checkpointInterval: interval), Self.model())
    trainer.metrics = metrics
    let history = try trainer.train(
      &model, on: text, validating: validating ? validation : nil, from: checkpoint, report: report)
    return (model, history)
  }

  // MARK: Resuming

  static let configurations: [(name: String, configuration: TrainingConfiguration)] = [
    ("sampled", configuration { $0.objective = .sampled(candidates: 20) }),
    ("smoothed", configuration { $0.objective = .smoothed(0.1) }),
    (
      "penalties and the mean",
      configuration {
        $0.penalties = Penalties(weights: 1e-4, activation: 0.5, temporal: 0.25)
        $0.reduction = .meanPerTarget
      }
    ),
    ("three batches an update", configuration { $0.batchesPerUpdate = 3 }),
    ("three shards", configuration { $0.shards = 3 }),
    (
      "two batches an update in two shards",
      configuration {
        ($0.batchesPerUpdate, $0.shards) = (2, 2)
        $0.penalties = Penalties(weights: 1e-4, activation: 0.5, temporal: 0.25)
      }
    ),
    (
      "a cosine after a warm-up",
      configuration {
        $0.learningRate = .cosine(from: 1, over: .epochs(3)).warmingUp(over: .steps(30))
      }
    ),
    ("a plateau", configuration { $0.learningRate = .plateau(from: 4, factor: 0.5, patience: 0) }),
    (
      "averages from the start",
      configuration { $0.optimizer = OptimizerConfiguration(AveragedSGD(averaging: .fromStart)) }
    ),
    ("a clip by value", configuration { $0.clipValue = 0.01 }),
    (
      "random lengths",
      configuration { $0.batches = .contiguous(batchSize: 4, sequenceLength: 7, lengths: .random) }
    ),
  ]

  @Test(
    "A run resumed from the file of any of its checkpoints ends with the same bits",
    arguments: configurations.map(\.name))
  func resumes(name: String) throws {
    let configuration = try #require(Self.configurations.first { $0.name == name }).configuration
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    var paths: [String] = []
    let whole = try train(configuration, metrics: [.accuracy], interval: 8) { event in
      guard case .checkpoint(let checkpoint) = event else { return }
      paths.append(folder.path + "/\(paths.count).training")
      try TrainingStateFile(
        checkpoint: checkpoint, configuration: configuration, tokenizer: .word(Self.language.tokenizer), textHash: "h"
      ).write(to: paths[paths.count - 1])
    }
    #expect(paths.count == 3 * 2 + 3)
    for path in paths {
      let file = try TrainingStateFile(contentsOf: path)
      #expect(file.configuration == configuration)
      let resumed = try train(configuration, from: file.checkpoint, metrics: [.accuracy])
      #expect(same(whole.model, resumed.model) && whole.history == resumed.history, "\(path)")
    }
    #expect(!same(whole.model, try train(Self.configuration()).model), "the option changes the result")
  }

  /// Returns true on the n-th call only.
  private final class StopAt: Sendable {
    private let calls = Mutex(0)
    private let n: Int
    init(_ n: Int) { self.n = n }
    func callAsFunction() -> Bool {
      calls.withLock { calls in
        calls += 1
        return calls == n
      }
    }
  }

  @Test("Stopping at an epoch's last step keeps all of the epoch's figures")
  func stopsAtTheEnd() throws {
    let configuration = Self.configuration { $0.learningRate = .linear(from: 1, over: .epochs(4)) }
    let whole = try train(configuration)
    var (trainer, model) = (Trainer(configuration), Self.model())
    var last: TrainingCheckpoint?
    let stop = StopAt(21)
    trainer.shouldStop = { stop() }
    #expect(throws: TrainingError.interrupted(epoch: 1, step: 21)) {
      try trainer.train(&model, on: text, validating: validation) { event in
        if case .checkpoint(let checkpoint) = event { last = checkpoint }
      }
    }
    let checkpoint = try #require(last)
    let resumed = try train(configuration, from: checkpoint)
    #expect(resumed.history == whole.history && same(resumed.model, whole.model))
    for (epoch, steps) in zip(whole.history, [20, 41, 62]) {
      #expect(abs(epoch.learningRate - (1 - Float(steps) / 84)) < 1e-6)
    }
  }

  @Test("A run can be extended, but a schedule that spans the run must be rescheduled")
  func moreEpochs() throws {
    func state(_ schedule: LearningRateSchedule) -> TrainingStateFile {
      let configuration = Self.configuration { $0.learningRate = schedule }
      return TrainingStateFile(
        checkpoint: TrainingCheckpoint(model: Self.model(), batchSize: 4), configuration: configuration,
        tokenizer: .word(Self.language.tokenizer), textHash: "h")
    }
    for schedule in [LearningRateSchedule.constant(1), .halving(from: 1, after: 1), .plateau(from: 1)] {
      var file = state(schedule)
      try file.setEpochs(5)
      #expect(file.configuration == Self.configuration { ($0.learningRate, $0.epochs) = (schedule, 5) })
    }
    let spans: [LearningRateSchedule] = [
      .cosine(from: 1, over: .epochs(3)).warmingUp(over: .steps(4)), .linear(from: 1, over: .epochs(3)),
      .oneCycle(highest: 1, over: .epochs(3)),
    ]
    for schedule in spans {
      var file = state(schedule)
      #expect(throws: TrainingError.scheduleSpansRun(epochs: 3, wanted: 5)) { try file.setEpochs(5) }
      #expect(file.configuration.epochs == 3 && file.configuration.learningRate == schedule)
      try file.setEpochs(2)
      #expect(file.configuration.epochs == 2 && file.configuration.learningRate == schedule)
      try file.setEpochs(5, rescheduling: true)
      #expect(file.configuration.epochs == 5 && file.configuration.learningRate == schedule.spanning(.epochs(5)))
    }
  }

  @Test("A rescheduled run continues with the rates of a run of the new length")
  func reschedules() throws {
    let configuration = Self.configuration { $0.learningRate = .cosine(from: 1, over: .epochs(3)) }
    var last: TrainingCheckpoint?
    try train(configuration) { event in
      if case .checkpoint(let checkpoint) = event { last = checkpoint }
    }
    var file = TrainingStateFile(
      checkpoint: try #require(last), configuration: configuration, tokenizer: .word(Self.language.tokenizer),
      textHash: "h")
    try file.setEpochs(5, rescheduling: true)
    let history = try train(file.configuration, from: file.checkpoint).history
    let whole = try train(
      Self.configuration { ($0.learningRate, $0.epochs) = (.cosine(from: 1, over: .epochs(5)), 5) }
    ).history
    #expect(history.map(\.epoch) == Array(1...5))
    #expect(history[3...].map(\.learningRate) == whole[3...].map(\.learningRate))
    #expect(history[3].learningRate > 0.05)
  }

  @Test("The notes of a training state are read back")
  func notes() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let files = TrainingFiles(
      modelPath: folder.path + "/m", configuration: Self.configuration(), tokenizer: .word(Self.language.tokenizer),
      textHash: "h", notes: ["mine": "é"])
    try files.write(TrainingCheckpoint(model: Self.model(), batchSize: 4))
    #expect(try TrainingStateFile(contentsOf: files.statePath).notes == ["mine": "é"])
  }

  @Test("A state with missing slots or another optimizer's slots is refused")
  func damagedSlots() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let configuration = Self.configuration { $0.optimizer = OptimizerConfiguration(SGD(momentum: 0.9)) }
    var last: TrainingCheckpoint?
    try train(configuration) { event in
      if case .checkpoint(let checkpoint) = event { last = checkpoint }
    }
    let path = folder.path + "/state"
    try TrainingStateFile(
      checkpoint: try #require(last), configuration: configuration, tokenizer: .word(Self.language.tokenizer),
      textHash: "h"
    ).write(to: path)
    let whole = try SafetensorsFile(contentsOf: path)
    #expect(whole["optimizer.momentum.output.bias"] != nil)
    var file = whole
    file["optimizer.momentum.output.bias"] = nil
    try file.write(to: path)
    #expect(throws: CheckpointError.self) { try TrainingStateFile(contentsOf: path) }
    file = whole
    file.metadata["progress"] = try whole.text(of: "progress").replacingOccurrences(of: "momentum", with: "first")
    try file.write(to: path)
    #expect(throws: CheckpointError.self) { try TrainingStateFile(contentsOf: path) }
  }

  // MARK: Effects of the options

  @Test("A run stops early once the validation loss has not fallen for as many epochs as its patience")
  func patience() throws {
    let configuration = Self.configuration {
      $0.epochs = 50
      $0.patience = 2
      $0.learningRate = .constant(4)  // so high that the loss soon rises
    }
    let losses = try train(configuration).history.compactMap { $0.validation?.mean }
    let lowest = try #require(losses.indices.min { losses[$0] < losses[$1] })
    #expect(losses.count < 50 && losses.count - 1 - lowest == 2)
    let unvalidated = Self.configuration { $0.patience = 1 }
    #expect(try train(unvalidated, validating: false).history.count == 3)
  }

  @Test("A plateau schedule lowers the rate after an epoch without a lower loss")
  func plateau() throws {
    let configuration = Self.configuration {
      $0.epochs = 12
      $0.learningRate = .plateau(from: 8, factor: 0.5, patience: 0)
    }
    let history = try train(configuration).history
    let losses = history.compactMap { $0.validation?.mean }
    for (index, epoch) in history.enumerated() {
      let place = TrainingPlace(epoch: index + 1, validationLosses: Array(losses[..<index]))
      #expect(epoch.learningRate == configuration.learningRate.rate(at: place))
    }
    #expect(history[11].learningRate < 8)
  }

  @Test("Accuracy and top-k are computed from the logits, and custom metrics receive the logits")
  func metrics() throws {
    let nothing = Metric("rows") { logits, targets in Double(logits.shape[0] == targets.count ? targets.count : -99) }
    let last = try #require(
      try train(Self.configuration(), metrics: [.accuracy, .top(3), .top(10_000), nothing]).history.last)
    let figures = try #require(last.metrics)
    #expect(figures["rows"] == 1 && figures["top10000"] == 1)
    let (accuracy, top3) = (try #require(figures["accuracy"]), try #require(figures["top3"]))
    #expect(accuracy > 0.05 && accuracy < top3 && top3 < 1)
    let logits = Tensor(shape: [3, 4], [1, 2, 3, 0, 5, 5, 5, 5, -1, -2, -3, -4])
    #expect(Metric.accuracy.sum(logits, [2, 0, 1]) == 2)
    #expect(Metric.accuracy.sum(logits, [2, 1, 1]) == 1, "the first of equal logits is the prediction")
    #expect(Metric.top(2).sum(logits, [1, 1, 1]) == 3 && Metric.top(2).sum(logits, [0, 2, 3]) == 0)
    #expect(try train(Self.configuration()).history.last?.metrics == nil)
  }

  @Test("An update of several batches counts all of them, and an epoch's last update can have fewer")
  func batchesPerUpdate() throws {
    var steps: [Int] = []
    let history = try train(Self.configuration { $0.batchesPerUpdate = 8 }) { event in
      if case .step(let step) = event, step.epoch == 1 { steps.append(step.step) }
    }.history
    #expect(steps == [8, 16, 21] && history[0].train.targetCount == 21 * 28)
  }

  /// Runs with every option whose effect depends on the rows of a batch.
  private static let rowDependent: [(name: String, dropout: DropoutRates, configuration: TrainingConfiguration)] = [
    ("plain", .none, configuration()),
    (
      "dropout of every kind and all penalties",
      DropoutRates(embedding: 0.2, input: 0.3, layerInput: 0.2, hidden: 0.4, output: 0.3, weights: 0.3),
      configuration { $0.penalties = Penalties(weights: 1e-3, activation: 0.5, temporal: 0.25) }
    ),
    (
      "variational dropout, sampled candidates, the mean over targets and adaptive rates",
      DropoutRates(input: 0.3, hidden: 0.4, output: 0.3, isVariational: true),
      configuration {
        $0.objective = .sampled(candidates: 20)
        $0.reduction = .meanPerTarget
        $0.optimizer = .adam
        $0.learningRate = .constant(0.01)
      }
    ),
    (
      "latent dropout of a mixture", DropoutRates(hidden: 0.2, latent: 0.4, isVariational: true), configuration()
    ),
    (
      "padded documents", .outputs(0.2),
      configuration {
        $0.batches = .documents(batchSize: 4, sequenceLength: 9, endingWith: language.vocabulary.endOfSentenceID ?? 0)
        $0.penalties = Penalties(activation: 0.5, temporal: 0.25)
      }
    ),
  ]

  @Test("A batch in shards has the same gradients, loss and state as the whole batch, within rounding")
  func shards() throws {
    for (name, dropout, configuration) in Self.rowDependent {
      func run(_ shards: Int) throws -> (steps: [StepReport], state: RecurrentState) {
        var (configuration, random, steps) = (configuration, RandomSource(seed: 3), [StepReport]())
        var state = RecurrentState([])
        (configuration.shards, configuration.epochs) = (shards, 1)
        var model = LanguageModel(
          LanguageModelConfiguration(
            vocabulary: Self.language.vocabulary.count, embedding: 6, layers: [.lstm(8), .gru(7)],
            output: dropout.latent > 0 ? .mixtureOfSoftmaxes(3) : .softmax(), dropout: dropout),
          using: &random)
        try Trainer(configuration, checkpointInterval: 12).train(&model, on: text) { event in
          switch event {
          case .step(let step): if steps.count < 12 { steps.append(step) }
          case .checkpoint(let checkpoint): if checkpoint.step == 12 { state = checkpoint.state }
          case .epoch: break
          }
        }
        return (steps, state)
      }
      let whole = try run(1)
      for count in 2...4 {
        let cut = try run(count)
        for (own, other) in zip(whole.steps, cut.steps) {
          #expect(own.stepLoss.targetCount == other.stepLoss.targetCount, "\(name)")
          #expect(
            abs(own.stepLoss.nats / other.stepLoss.nats - 1) < 1e-4, "\(name), \(count) shards, step \(own.step)")
          #expect(
            abs(own.gradientNorm / other.gradientNorm - 1) < 1e-3, "\(name), \(count) shards, step \(own.step)")
        }
        #expect(whole.steps.count == cut.steps.count && whole.state.layers.count == cut.state.layers.count)
        for (own, other) in zip(whole.state.layers.flatMap(\.parts), cut.state.layers.flatMap(\.parts)) {
          #expect(largestDifference(own.value.elements, other.value.elements) < 1e-3, "\(name), \(count) shards")
        }
      }
    }
  }

  @Test("The averaged weights are validated and kept")
  func averages() throws {
    let configuration = Self.configuration { $0.optimizer = OptimizerConfiguration(AveragedSGD(averaging: .fromStart)) }
    var last: TrainingCheckpoint?
    let trained = try train(configuration) { event in
      if case .checkpoint(let checkpoint) = event { last = checkpoint }
    }
    let checkpoint = try #require(last)
    #expect(!same(checkpoint.model, checkpoint.evaluatedModel))
    let batches = try configuration.batches.validationBatches(of: validation)
    func loss(_ model: LanguageModel) -> Loss { model.loss(of: batches.batches(epoch: 1)) }
    #expect(loss(checkpoint.evaluatedModel) == trained.history.last?.validation)
    #expect(loss(trained.model).mean == trained.history.compactMap { $0.validation?.mean }.min())
  }

  @Test("Without validation, a run and its files end with the averaged weights", arguments: [true, false])
  func averagesWithoutValidation(keepsBest: Bool) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let configuration = Self.configuration { $0.optimizer = OptimizerConfiguration(AveragedSGD(averaging: .fromStart)) }
    let files = TrainingFiles(
      modelPath: folder.path + "/m", configuration: configuration, tokenizer: .word(Self.language.tokenizer),
      textHash: "h")
    var (model, last) = (Self.model(), TrainingCheckpoint?.none)
    try Trainer(configuration).train(&model, on: text, keeping: keepsBest ? .best : .last) { event in
      guard case .checkpoint(let checkpoint) = event else { return }
      last = checkpoint
      try files.write(checkpoint)
    }
    let checkpoint = try #require(last)
    #expect(!same(checkpoint.model, checkpoint.evaluatedModel))
    #expect(same(model, checkpoint.evaluatedModel))
    #expect(same(try ModelFile(contentsOf: files.modelPath).model, model))
    #expect(same(try TrainingStateFile(contentsOf: files.statePath).checkpoint.evaluatedModel, model))
  }

  @Test("With random lengths, a step's rate is the schedule's rate times the mean length / T", arguments: [1, 2])
  func ratesOfRandomLengths(batchesPerUpdate: Int) throws {
    let configuration = Self.configuration {
      $0.batches = .contiguous(batchSize: 4, sequenceLength: 7, lengths: .random)
      ($0.epochs, $0.batchesPerUpdate) = (2, batchesPerUpdate)
      $0.learningRate = .halving(from: 0.5, after: 1)
    }
    let batches = try configuration.batches.batches(of: text, seed: 11)
    var expected: [Float] = []
    for (epoch, rate) in [(1, Float(0.5)), (2, 0.25)] {
      let lengths = batches.batches(epoch: epoch).map { Float($0.stepCount) }
      #expect(Set(lengths).count > 3)
      for first in stride(from: 0, to: lengths.count, by: batchesPerUpdate) {
        let group = lengths[first..<min(first + batchesPerUpdate, lengths.count)]
        expected.append(rate * group.reduce(0, +) / Float(7 * group.count))
      }
    }
    var (found, history): ([Float], [EpochReport]) = ([], [])
    history = try train(configuration) { event in
      if case .step(let step) = event { found.append(step.learningRate) }
    }.history
    #expect(found.count == expected.count && zip(found, expected).allSatisfy { abs($0 / $1 - 1) < 1e-6 })
    #expect(history.map(\.learningRate) == [0.5, 0.25])
  }

  @Test("Steps report the rate of their update and their position in the run")
  func stepReports() throws {
    var rates: [Float] = []
    var places: [Int] = []
    try train(Self.configuration { $0.learningRate = .linear(from: 84, over: .epochs(4)) }) { event in
      guard case .step(let step) = event else { return }
      rates.append(step.learningRate)
      places.append(step.stepsDone)
    }
    #expect(places == Array(1...63))
    #expect(zip(rates, places).allSatisfy { abs($0 - Float(85 - $1)) < 1e-4 })
  }

  @Test("Penalties follow their formulas")
  func penalties() {
    let undropped = Tensor(shape: [4, 2], [1, 2, 0, 0, 3, 1, 0, -2])
    let output = Tensor(shape: [4, 2], [2, 4, 0, 0, 0, 2, 0, -4])
    let layer = Embedding(weight: Variable(Tensor(shape: [1, 2], [3, 4])))
    func value(_ penalties: Penalties, batchSize: Int = 2, lengths: [Int]? = nil) -> Float {
      let batches = [output, undropped].map {
        SequenceBatch(Variable($0.reshaped([4 / batchSize, batchSize, 2])), lengths: lengths)
      }
      return penalties.added(to: Variable(1), of: layer, output: batches[0], undropped: batches[1]).value.scalar
    }
    #expect(value(.none) == 1)
    #expect(value(Penalties(weights: 2)) == 51)
    #expect(value(Penalties(activation: 8)) == 1 + 40, "uses the outputs after dropout")
    // Uses the outputs before dropout: rows 2 − 0 and 3 − 1 are (2, −1) and (0, −2), so 9 / 4.
    #expect(value(Penalties(temporal: 4)) == 1 + 9)
    #expect(value(Penalties(temporal: 4), batchSize: 4) == 1, "one step has no changes")
    // Only the first step of the second sequence is real: (2, 4), (0, 0), (0, 2) count, and one change, (2, −1).
    #expect(value(Penalties(activation: 8), lengths: [2, 1]) == 1 + 8 * 24 / 6, "padding does not count")
    #expect(value(Penalties(temporal: 4), lengths: [2, 1]) == 1 + 4 * 5 / 2)
    #expect(value(Penalties(activation: 8, temporal: 4), lengths: [0, 0]) == 1)
  }

  @Test("Penalties count real positions only, whatever the padding contains")
  func penaltiesOfPadding() {
    // Two rows of 3 steps: the first row has 1 real step, the second has 2; the padding is NaN.
    let padding = Float.nan
    let raw = Variable(Tensor(shape: [3, 2, 1], [3, 1, padding, 5, padding, padding]))
    let layer = Embedding(weight: Variable(Tensor(shape: [1, 1], [0])))
    func value(_ penalties: Penalties, lengths: [Int] = [1, 2]) -> Float {
      let outputs = SequenceBatch(raw, lengths: lengths)
      return penalties.added(to: Variable(1), of: layer, output: outputs, undropped: outputs).value.scalar
    }
    #expect(value(Penalties(activation: 3)) == 1 + 9 + 1 + 25)
    #expect(value(Penalties(temporal: 2)) == 1 + 2 * 16)
    #expect(value(Penalties(temporal: 2), lengths: [1, 1]) == 1, "rows of one step have no changes")
    #expect(value(Penalties(activation: 3, temporal: 2), lengths: [0, 0]) == 1)
  }

  @Test(
    "A text's penalties do not depend on its padding, with every kind of layer connections",
    arguments: LayerConnections.allCases)
  func penaltiesOfPaddedRuns(connections: LayerConnections) throws {
    var random = RandomSource(seed: 3)
    var shape = LanguageModelConfiguration(
      vocabulary: Self.language.vocabulary.count, embedding: 8, layers: [.lstm(8), .lstm(8)])
    shape.connections = connections
    let model = LanguageModel(shape, using: &random)
    let norms = try [7, 20].map { length in
      var configuration = Self.configuration {
        $0.epochs = 1
        $0.batches = .sentences(batchSize: 3, maximumLength: length, endingWith: 0)
      }
      configuration.penalties = Penalties(activation: 50, temporal: 50)
      var (trained, norm) = (model, 0.0)
      try Trainer(configuration).train(&trained, on: [1, 2, 3, 0, 4, 5, 6, 7, 0, 8, 9, 0]) { event in
        if case .step(let step) = event { norm = step.gradientNorm }
      }
      return norm
    }
    #expect(abs(norms[0] / norms[1] - 1) < 1e-5)
  }

  @Test("A learning rate that reaches zero before the end of the run is refused before the first step")
  func scheduleThatEnds() throws {
    let endings: [LearningRateSchedule] = [
      .cosine(from: 1, over: .epochs(2)), .linear(from: 1, over: .steps(42)), .oneCycle(highest: 1, over: .epochs(2)),
    ]
    for schedule in endings {
      let error = #expect(throws: TrainingError.self) { try train(Self.configuration { $0.learningRate = schedule }) }
      #expect(error?.description.contains("before epoch 3") == true, "\(String(describing: error))")
    }
    for schedule in [
      LearningRateSchedule.cosine(from: 1, to: 0.1, over: .epochs(2)), .linear(from: 1, over: .steps(43)),
    ] {
      #expect(try train(Self.configuration { $0.learningRate = schedule }).history.count == 3)
    }
  }

  @Test(
    "An impossible configuration is refused with a reason",
    arguments: [
      (configuration { $0.objective = .sampled(candidates: 0) }, "draws between 1 and"),
      (configuration { $0.objective = .sampled(candidates: 1_000_000) }, "the size of the vocabulary"),
      (configuration { $0.objective = .smoothed(1) }, "smoothing"),
      (configuration { $0.batchesPerUpdate = 0 }, "at least 1 batch"),
      (configuration { $0.shards = 0 }, "1 to 4 shards"), (configuration { $0.shards = 5 }, "1 to 4 shards"),
      (configuration { $0.patience = 0 }, "at least 1 epoch"),
      (configuration { $0.clipValue = -1 }, "a clip must be a positive number"),
      (configuration { $0.penalties.temporal = -1 }, "a penalty must be at least 0"),
      (configuration { $0.learningRate = .constant(-1) }, "a learning rate must be a positive number"),
    ])
  func impossible(configuration: TrainingConfiguration, sentence: String) {
    let error = #expect(throws: TrainingError.self) { try train(configuration) }
    #expect(error?.description.contains(sentence) == true, "\(String(describing: error))")
  }
}
