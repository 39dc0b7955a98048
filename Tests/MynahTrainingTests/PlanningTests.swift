import MynahDatasets
import MynahModels
import MynahTensors
import MynahText
import MynahTraining
import Synchronization
import TestSupport
import Testing

/// Runs that end after a number of steps or at a time, and their plans.
struct PlanningTests {
  private static let language = DemoLanguage()
  private static func text(_ tokenCount: Int, seed: UInt64) -> [Int32] {
    var random = RandomSource(seed: seed)
    return language.sample(tokenCount: tokenCount, using: &random)
  }

  private static func model() -> LanguageModel {
    var random = RandomSource(seed: 3)
    return LanguageModel(
      LanguageModelConfiguration(
        vocabulary: language.vocabulary.count, embedding: 8, layers: [.lstm(12)], dropout: .outputs(0.2)),
      using: &random)
  }

  /// A run of 10 steps per epoch.
  private static func trainer(stepCount: Int, _ change: (inout TrainingConfiguration) -> Void = { _ in }) -> Trainer {
    var configuration = TrainingConfiguration(
      learningRate: .linear(from: 1, over: .run), epochs: 1, stepCount: stepCount,
      batches: .contiguous(batchSize: 5, sequenceLength: 7), seed: 11)
    change(&configuration)
    return Trainer(configuration, checkpointInterval: 3)
  }

  private let training = text(5 * 70 + 1, seed: 1)
  private let validation = text(100, seed: 2)

  // MARK: The course of a run

  @Test("A run's progress grows linearly to 1 at its end, and after each change towards the new end")
  func pace() {
    var pace = RunPace(end: 8)
    #expect([0, 2, 8, 9].map { pace.share(after: $0) } == [0, 0.25, 1, 1])
    pace.move(endTo: 6, at: 4)
    #expect(pace.end == 6 && [0, 2, 4, 5, 6, 7].map { pace.share(after: $0) } == [0, 0.25, 0.5, 0.75, 1, 1])
    pace.move(endTo: 13, at: 5)
    #expect([5, 7, 13].map { pace.share(after: $0) } == [0.75, 0.8125, 1])
    // Moved twice at the same step: the last move counts.
    pace.move(endTo: 7, at: 5)
    #expect(pace.turns.count == 3 && pace.share(after: 6) == 0.875)
    // The end cannot be before the current step.
    pace.move(endTo: 2, at: 6)
    #expect(pace.end == 6 && pace.share(after: 6) == 1)
    #expect(RunPace(end: 0).end == 1)
  }

  @Test("A schedule over the run reaches its end at the last step, wherever the end was moved")
  func schedule() {
    var pace = RunPace(end: 8)
    pace.move(endTo: 6, at: 4)
    func rates(_ schedule: LearningRateSchedule) -> [Float] {
      (0..<7).map {
        schedule.rate(at: TrainingPlace(epoch: 1 + $0 / 4, step: $0 % 4, stepsPerEpoch: 4, pace: pace))
      }
    }
    #expect(rates(.linear(from: 4, over: .run)) == [4, 3.5, 3, 2.5, 2, 1, 0])
    #expect(rates(.cosine(from: 1, over: .run)).last == 0)
    let cycle = rates(.oneCycle(highest: 1, over: .run))
    #expect(cycle.max() ?? 0 > 0.9 && cycle[6] < 1e-5)
    // A run can also be given in epochs.
    let place = TrainingPlace(epoch: 2, step: 1, stepsPerEpoch: 4, pace: RunPace(end: 12))
    #expect(
      LearningRateSchedule.linear(from: 1, over: .run).rate(at: place)
        == LearningRateSchedule.linear(from: 1, over: .epochs(3)).rate(at: place))
    #expect(LearningRateSchedule.linear(from: 1, over: .run).description.contains("over the run"))
  }

  // MARK: Runs

  private func run(_ trainer: Trainer, from checkpoint: TrainingCheckpoint? = nil) throws -> (
    model: LanguageModel, history: [EpochReport], steps: [StepReport], checkpoints: [TrainingCheckpoint]
  ) {
    var (model, steps, checkpoints) = (Self.model(), [StepReport](), [TrainingCheckpoint]())
    let history = try trainer.train(&model, on: training, validating: validation, from: checkpoint, keeping: .last) {
      switch $0 {
      case .step(let step): steps.append(step)
      case .checkpoint(let checkpoint): checkpoints.append(checkpoint)
      case .epoch: break
      }
    }
    return (model, history, steps, checkpoints)
  }

  @Test(
    "A run ends with a validation after its number of steps, even in the middle of an epoch", arguments: [4, 10, 25])
  func steps(count: Int) throws {
    let outcome = try run(Self.trainer(stepCount: count))
    #expect(outcome.steps.count == count && outcome.steps.allSatisfy { $0.runEnd == count })
    #expect(outcome.steps.last?.stepsDone == count)
    #expect(outcome.history.count == (count + 9) / 10)
    #expect(outcome.history.allSatisfy { $0.validation != nil })
    #expect(abs((outcome.steps.last?.learningRate ?? 1) - 1 / Float(count)) < 1e-6)
    // Updates of several batches end with the run.
    let updates = try run(Self.trainer(stepCount: count) { $0.batchesPerUpdate = 3 })
    #expect(updates.steps.last?.stepsDone == count)
  }

  @Test("A run with a moved end gives the same bits when resumed before that end without a clock")
  func moved() throws {
    var trainer = Self.trainer(stepCount: 30)
    trainer.moveEnd = { steps, pace in [5: 12, 8: 26, 20: 22][steps] }
    let whole = try run(trainer)
    #expect(whole.steps.count == 22 && whole.history.count == 3)
    #expect(whole.steps.map(\.runEnd)[3...8] == [30, 12, 12, 12, 26, 26])
    #expect(abs((whole.steps.last?.learningRate ?? 1)) < 0.1)
    let last = try #require(whole.checkpoints.last { $0.stepsDone(stepsPerEpoch: 10) < 22 && $0.pace?.end == 22 })
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try TrainingStateFile(
      checkpoint: last, configuration: trainer.configuration, tokenizer: .word(Self.language.tokenizer),
      textHash: "hash"
    ).write(to: folder.path + "/state")
    var file = try TrainingStateFile(contentsOf: folder.path + "/state")
    let resumed = try run(Self.trainer(stepCount: 30), from: file.checkpoint)
    #expect(same(whole.model, resumed.model) && whole.history == resumed.history)
    // If the end is no longer moved, the run keeps the last plan.
    let early = try #require(whole.checkpoints.first { $0.pace?.end == 26 })
    #expect(try run(Self.trainer(stepCount: 30), from: early).history.count == 3)
    #expect(throws: TrainingError.self) { try file.setEpochs(9) }
    #expect(Self.trainer(stepCount: 0).configuration.defect(of: whole.model.architecture)?.contains("1 step") ?? false)
  }

  // MARK: The timer

  /// Simulates a run and returns the time at which it ends.
  ///
  /// - Parameters:
  ///   - secondsPerStep: Returns the duration of a step from its start time.
  ///   - pause: The duration of a validation.
  ///   - test: The duration of the work after the last epoch, in validations.
  private func end(
    planned: Int, total: Double = 1000, pause: Double = 6, expectedPause: Double = 6, test: Double = 0,
    isFilled: Bool = true,
    secondsPerStep: (Double) -> Double
  ) -> (time: Double, changes: Int) {
    let now = Mutex(0.0)
    let timer = RunTimer(
      RunTimer.Times(total: total, pause: expectedPause, pausesAfterEnd: test, isFilled: isFilled),
      stepsPerEpoch: 100,
      clock: { now.withLock { $0 } })
    var (pace, steps) = (RunPace(end: planned), 0)
    func review() {
      if let end = timer.end(stepsDone: steps, pace: pace) { pace.move(endTo: end, at: steps) }
    }
    func wait(_ seconds: Double) { now.withLock { $0 += seconds } }
    while steps < pace.end {
      wait(secondsPerStep(now.withLock { $0 }))
      steps += 1
      review()
      if steps.isMultiple(of: 100) || steps >= pace.end {
        wait(pause)
        review()
      }
    }
    return (now.withLock { $0 } + test * pause, pace.turns.count - 1)
  }

  @Test("A timer does not change a run that ends on time, and otherwise moves its end to the time limit")
  func timer() {
    let steady = end(planned: 940) { _ in 1 }
    #expect(steady.changes == 0 && abs(steady.time - 1000) < 5)
    // The plan was wrong: a step takes half or three times as long, or validation ten times as long.
    for (seconds, pause) in [(0.5, 6.0), (3, 6), (1, 60)] {
      let outcome = end(planned: 940, pause: pause, test: 1) { _ in seconds }
      #expect(abs(outcome.time - 1000) < 12 && (1..<20).contains(outcome.changes), "\(seconds): \(outcome)")
    }
    // Another program takes half of the machine from the middle on, or in the last tenth, or every other minute.
    let slowed = end(planned: 940) { $0 > 500 ? 2 : 1 }
    #expect(abs(slowed.time - 1000) < 12, "\(slowed)")
    let late = end(planned: 940) { $0 > 900 ? 2 : 1 }
    #expect(abs(late.time - 1000) < 20, "\(late)")
    let changing = end(planned: 640) { Int($0 / 60).isMultiple(of: 2) ? 1 : 2 }
    #expect(abs(changing.time - 1000) < 25, "\(changing)")
    // A plan that ends early can only be shortened.
    let early = end(planned: 100, isFilled: false) { _ in 1 }
    #expect(early.changes == 0 && early.time == 106)
    #expect(abs(end(planned: 900, isFilled: false) { _ in 2 }.time - 1000) < 12)
    // A step that takes longer than the whole run.
    #expect(end(planned: 10, total: 10, pause: 0, expectedPause: 0) { _ in 50 }.time == 50)
  }

  // MARK: Plans

  private static func tokenizer(words: Int = 10_000) throws -> AnyTokenizer {
    .word(WordTokenizer(vocabulary: try Vocabulary(tokens: ["<unk>", "<eos>"] + (2..<words).map { "w\($0)" })))
  }

  private func plan(
    tokens: Int, words: Int = 10_000, seconds: Double, choosesLayers: Bool = true,
    _ change: @escaping (inout LanguageModelConfiguration) -> Void = { _ in }
  ) throws -> TrainingPlan {
    let rule = PlanningRule(
      tokenCount: tokens, tokenizer: try Self.tokenizer(words: words), choosesLayers: choosesLayers)
    return try TrainingPlan(seconds: { seconds }, rule: rule) { defaults in
      var model = defaults.model
      change(&model)
      return (try ModelArchitecture(model), defaults.training)
    } measure: { model, training in
      // 10¹¹ multiplications per second.
      let tokensPerStep = training.batches.batchSize * training.batches.sequenceLength
      let perToken = 3 * Double(model.multiplicationsPerToken) / 1e11
      return MeasuredSpeed(
        secondsPerStep: perToken * Double(tokensPerStep), stepsPerEpoch: max((tokens - 1) / tokensPerStep, 1),
        validationSeconds: perToken * Double(tokens) / 30)
    }
  }

  @Test("With more time, the model is larger, trains for more epochs and has at least as much dropout")
  func sizes() throws {
    let plans = try [20, 180, 900, 3600].map { try plan(tokens: 930_000, seconds: $0) }
    for (shorter, longer) in zip(plans, plans.dropFirst()) {
      #expect(shorter.weightCount < longer.weightCount && shorter.epochs < longer.epochs)
      #expect(shorter.model.dropout.output <= longer.model.dropout.output)
    }
    for plan in plans {
      #expect(!plan.endsEarly && abs(plan.expectedSeconds / plan.seconds - 1) < 0.05)
      #expect(plan.training.stepCount == Int((plan.epochs * Double(plan.speed.stepsPerEpoch)).rounded()))
      #expect(plan.training.defect(of: try ModelArchitecture(plan.model)) == nil)
      let tokens = plan.epochs * 930_000
      let rule = PlanningRule(tokenCount: 930_000, tokenizer: try Self.tokenizer())
      #expect(tokens > 0.9 * rule.tokensPerWeight * Double(plan.weightCount))
      guard case .time = plan.choice else {
        Issue.record("\(plan.choice)")
        continue
      }
    }
  }

  @Test(
    "A long text that is trained on for many epochs gets two layers with the same dropout rate throughout")
  func twoLayers() throws {
    let short = try plan(tokens: 930_000, words: 3_000, seconds: 600)
    let long = try plan(tokens: 930_000, words: 3_000, seconds: 36_000)
    #expect(short.model.layers.count == 1 && short.epochs < 14 && short.model.dropout.hidden == 0)
    #expect(short.layerReason == nil && long.layerReason == .manyEpochs)
    #expect(long.model.layers.count == 2 && long.epochs > 14 && Set(long.model.layers.map(\.hiddenSize)).count == 1)
    let rates = long.model.dropout
    #expect(rates.input == rates.output && rates.hidden == rates.output && (0.4...0.55).contains(rates.output))
    #expect(abs(long.expectedSeconds / long.seconds - 1) < 0.05 || long.endsEarly)
    let story = try plan(tokens: 20_000, seconds: 36_000)
    #expect(story.model.layers.count == 1 && story.epochs > 14)
    let rule = PlanningRule(
      tokenCount: 930_000, tokenizer: .character(try CharacterTokenizer(vocabulary: Vocabulary(tokens: ["\n", "a"]))))
    #expect(rule.layerCount(epochs: 40) == 1)
  }

  @Test("A large word vocabulary gets a projected LSTM whose output size is the small embedding size")
  func projected() throws {
    for (minutes, dropped): (Double, ClosedRange<Float>) in [(3, 0.05...0.15), (60, 0.3...0.6)] {
      let plan = try plan(tokens: 930_000, seconds: 60 * minutes)
      #expect(plan.model.layers.map(\.kind) == [CellKind.projectedLSTM.name] && plan.model.isTied)
      #expect(plan.model.embeddingSize.isMultiple(of: 8))
      #expect(Double(plan.model.embeddingSize) == plan.model.layers[0].settings["outputSize"])
      #expect((0.3...0.4).contains(Double(plan.model.embeddingSize) / Double(plan.model.layers[0].hiddenSize)))
      #expect(dropped.contains(plan.model.dropout.weights), "\(plan.model.dropout)")
      #expect(plan.layerReason == .largeVocabulary)
    }
    // A small vocabulary gets LSTMs, and layers chosen by the caller are kept.
    for plan in [
      try plan(tokens: 930_000, words: 3_000, seconds: 180),
      try plan(tokens: 930_000, seconds: 180, choosesLayers: false),
    ] {
      #expect(plan.model.layers.map(\.kind) == [CellKind.lstm.name] && plan.model.dropout.weights == 0)
      #expect(plan.model.embeddingSize == plan.model.layers[0].hiddenSize)
      #expect(plan.training.optimizer == .adam)
    }
  }

  @Test("The weight decay of projected layers shrinks the weights by the same share per epoch, for any text")
  func weightDecay() throws {
    for (tokens, size) in [(300_000, 800), (930_000, 1_500), (2_000_000, 400), (2_000_000_000, 1_500)] {
      let rule = PlanningRule(tokenCount: tokens, tokenizer: try Self.tokenizer())
      let training = rule.settings(size: size, epochs: 20).training
      let adam = try #require(training.optimizer.rule as? Adam)
      #expect(adam.beta1 == 0)
      let stepsPerEpoch = Float(tokens) / 700
      let share = adam.weightDecay * 0.5 * training.learningRate.initial * stepsPerEpoch
      #expect(abs(share - 0.05) < 0.0005, "\(tokens) tokens, \(size) units: \(share)")
    }
  }

  @Test("Beyond 676 units, larger layers have smaller initial weights")
  func initialWeights() throws {
    let rule = PlanningRule(tokenCount: 930_000, tokenizer: try Self.tokenizer(words: 5_000))
    for (size, bound): (Int, Float) in [(64, 0.1), (650, 0.1), (700, 0.098), (1_500, 0.067)] {
      #expect(rule.settings(size: size, epochs: 5).model.initializer == .uniform(bound))
    }
  }

  @Test("A short text gets a small model and a run that ends early")
  func shortText() throws {
    let plan = try plan(tokens: 2_000, seconds: 3600)
    #expect(plan.choice == .text && plan.endsEarly && plan.epochs <= 20 && plan.model.layers[0].hiddenSize <= 160)
    #expect(plan.expectedSeconds < 600)
    // Two tokens, and no time.
    #expect(try self.plan(tokens: 2, seconds: 60).training.batches.sequenceLength == 1)
    #expect(try self.plan(tokens: 930_000, seconds: 0).training.stepCount == 1)
  }

  // MARK: Trials

  /// The plan of a short text after trials with a loss for each run, and the runs that were tried.
  ///
  /// - Parameters:
  ///   - time: The duration of a trial, in seconds.
  ///   - change: The caller's change to each run's model.
  private func tried(
    seconds: Double = 3600, time: Double = 2, others: [TrainingPlan.Run] = [],
    loss: (TrainingPlan.Run) -> Double?, change: @escaping (inout LanguageModelConfiguration) -> Void = { _ in }
  ) throws -> (plan: TrainingPlan, runs: [TrainingPlan.Run], before: TrainingPlan, spent: Double) {
    let before = try plan(tokens: 2_000, words: 300, seconds: seconds, change)
    let rule = PlanningRule(tokenCount: 2_000, tokenizer: try Self.tokenizer(words: 300))
    var (runs, spent) = ([TrainingPlan.Run](), 0.0)
    let plan = try before.bestOfTrials(seconds: { seconds - spent }, rule: rule, others: others) { defaults in
      var model = defaults.model
      change(&model)
      return (try ModelArchitecture(model), defaults.training)
    } trial: { run, limit in
      spent += min(time, limit)
      runs.append(run)
      guard time <= limit, let loss = loss(run) else { return nil }
      return TrainingPlan.Trial(loss: loss, stepsPerEpoch: before.speed.stepsPerEpoch)
    }
    return (plan, runs, before, spent)
  }

  @Test("With a short text, the remaining time is spent on trials, and the plan uses the best settings")
  func trials() throws {
    // A high dropout rate, a low learning rate and fewer units are best.
    let outcome = try tried { run in
      let model = run.model.configuration
      return 3 + Double(abs(model.dropout.output - 0.7)) + 10 * Double(run.training.learningRate.initial)
        + Double(model.layers[0].hiddenSize) / 1000
    }
    let (plan, before) = (outcome.plan, outcome.before)
    let first = try #require(outcome.runs.first)
    #expect(first.model.configuration == before.model && first.training == before.training)
    #expect(abs(plan.model.dropout.output - 0.7) < 0.01 && plan.model.layers[0].hiddenSize < 160)
    #expect(plan.training.learningRate.initial < before.training.learningRate.initial)
    #expect(plan.training.stepCount == before.training.stepCount && abs(plan.expectedSeconds - 2) < 1e-6)
    let trials = try #require(plan.trials)
    #expect(trials.areOthersBetter && trials.count == outcome.runs.count && trials.count > 5)
    #expect(trials.lowestLoss < trials.ruleLoss ?? 0 && plan.endsEarly)
    // The rule's settings stay if they are the best.
    let own = try tried { $0.model.configuration == before.model ? 1 : 2 }
    #expect(own.plan.model == before.model && own.plan.training.stepCount == before.training.stepCount)
    #expect(own.plan.trials?.areOthersBetter == false)
  }

  @Test("Other runs are among the trials, and each run is tried only once")
  func otherTrials() throws {
    let defaults = TrainingDefaults(tokenCount: 2_000, tokenizer: try Self.tokenizer(words: 300))
    var other: TrainingPlan.Run = (try ModelArchitecture(defaults.model), defaults.training)
    other.training.stepCount = 70
    let outcome = try tried(others: [other, other]) { $0.training.optimizer == .sgd ? 1 : 2 }
    #expect(outcome.plan.training == other.training && outcome.plan.model == defaults.model)
    #expect(outcome.runs.filter { $0.training.optimizer == .sgd }.count == 1)
    #expect(outcome.plan.epochs == 70 / Double(outcome.before.speed.stepsPerEpoch))
    // The caller leaves nothing to vary but the learning rate.
    let given = try tried { _ in
      2
    } change: {
      ($0.layers, $0.embeddingSize, $0.dropout) = ([.lstm(160)], 160, .none)
    }
    #expect(given.runs.count == 3 && Set(given.runs.map(\.training.learningRate)).count == 3)
    #expect(given.runs.allSatisfy { $0.model.configuration.layers == [.lstm(160)] })
  }

  @Test("Trials end in time for the best run, and those that diverge or take too long do not count")
  func trialTime() throws {
    for time in [0.1, 1, 2, 3, 5, 8] {
      let outcome = try tried(seconds: 12, time: time) { _ in 2 }
      #expect(outcome.spent + outcome.plan.expectedSeconds <= 12, "\(time)")
    }
    // All diverge, or all take too long: the plan stays.
    let diverged = try tried { _ in nil }
    #expect(diverged.plan.trials == nil && diverged.plan.training == diverged.before.training)
    #expect(try tried(seconds: 12, time: 8) { _ in 1 }.plan.trials == nil)
    // The rule's own run diverges.
    let saved = try tried { run in run.training.learningRate.initial < 0.008 ? 2 : nil }
    #expect(saved.plan.trials?.ruleLoss == nil && saved.plan.trials?.areOthersBetter == true)
    #expect(saved.plan.training.learningRate.initial < 0.008)
    // There is no time to spare.
    let full = try plan(tokens: 930_000, seconds: 180)
    let rule = PlanningRule(tokenCount: 930_000, tokenizer: try Self.tokenizer())
    let same = try full.bestOfTrials(seconds: { 180 }, rule: rule, others: []) { _ in
      Issue.record("there is nothing to try")
      return (try ModelArchitecture(full.model), full.training)
    } trial: { _, _ in
      nil
    }
    #expect(same.trials == nil && same.training == full.training)
  }

  @Test("Given sizes are kept, and only the steps, the learning rate and the dropout are planned")
  func given() throws {
    let given = try plan(tokens: 930_000, seconds: 180, choosesLayers: false) {
      ($0.layers, $0.embeddingSize) = ([.lstm(77)], 77)
    }
    #expect(given.choice == .given && given.model.layers == [.lstm(77)] && !given.endsEarly)
    #expect(given.model.dropout.hidden == 0 && given.model.dropout.output > 0)
    let two = try plan(tokens: 930_000, seconds: 180, choosesLayers: false) {
      ($0.layers, $0.embeddingSize) = ([.lstm(50), .lstm(77)], 77)
    }
    #expect(two.choice == .given && two.model.dropout.hidden == two.model.dropout.output)
    // Given sizes get the learning rate and initial weights for that size, not for the size the rule would choose.
    let large = try plan(tokens: 930_000, seconds: 180, choosesLayers: false) {
      ($0.layers, $0.embeddingSize) = ([.lstm(1_500)], 1_500)
    }
    #expect(large.choice == .given && large.model.initializer == .uniform(0.067))
    #expect(large.training.learningRate == .oneCycle(highest: 0.0023, over: .run))
  }
}
