import ArgumentParser
import Foundation
import MynahIO
import MynahModels
import MynahTensors
import MynahText
import MynahTraining

/// A planner of a run with a time budget, from the start of the command to the end of the test.
struct RunPlanning {
  /// The time budget, in seconds.
  let total: Double
  private let start: ContinuousClock.Instant
  /// A Boolean value indicating whether the time that a short run leaves is used for trials of other settings.
  private let triesOthers: Bool

  /// Creates a planner.
  ///
  /// - Parameters:
  ///   - start: The time at which the command started.
  ///   - triesOthers: A Boolean value indicating whether the time that a short run leaves is used for trials of other
  ///     settings.
  init(minutes: Double, start: ContinuousClock.Instant, triesOthers: Bool) {
    (total, self.start, self.triesOthers) = (60 * minutes, start, triesOthers)
  }

  /// The time since the start of the command, in seconds.
  private var elapsed: Double { (ContinuousClock.now - start).seconds }

  /// Plans a run on a text.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - initial: The model that the run starts from; nil: a new one.
  ///   - vectorSize: The size of the word vectors that the run starts from; nil: none.
  ///   - options: The flags, which the plan leaves as they are.
  ///   - shouldStop: Called after each measured step; true ends the measurement.
  /// - Throws: `ValidationError` if the flags do not make a valid run, `TextError`, `TrainingError`,
  ///   `CommandError.stopped`.
  func plan(
    _ text: TrainingText, initial: LanguageModelConfiguration?, vectorSize: Int?, _ options: TrainingOptions,
    shouldStop: () -> Bool
  ) throws -> TrainingPlan {
    // The work after the last epoch, writing and testing the model file, cannot be measured in advance.
    let (pauses, spare) = (pausesAfterEnd(text), 0.002 * total)
    var validation = 0.0
    let left = { total - elapsed - spare - pauses * validation }
    let rule = PlanningRule(
      tokenCount: text.training.count, tokenizer: text.tokenizer,
      choosesLayers: initial == nil && vectorSize == nil && !options.model.setsLayers)
    func run(_ defaults: TrainingDefaults) throws -> TrainingPlan.Run {
      let run = try settings(defaults, text, initial: initial, vectorSize: vectorSize, options)
      return (try run.architecture(), run.training)
    }
    let plan = try TrainingPlan(seconds: left, rule: rule, settings: run) { model, training in
      let speed = try speed(of: model, training, text, shouldStop)
      validation = speed.validationSeconds
      return speed
    }
    guard triesOthers, options.fineTuning.startsFromRandomWeights else { return plan }
    var others = [TrainingPlan.Run]()
    // Flags that fit the rule's settings may not fit the defaults.
    if var defaults = try? run(TrainingDefaults(tokenCount: text.training.count, tokenizer: text.tokenizer)) {
      let batches = try defaults.training.batches.batches(of: text.training, seed: defaults.training.seed)
      // Planned runs are limited by a number of steps, so that their end can be moved.
      defaults.training.stepCount = defaults.training.epochs * batches.count
      others.append(defaults)
    }
    var progress = WorkProgress("trying settings")
    defer { progress.clear() }
    return try plan.bestOfTrials(seconds: left, rule: rule, others: others, settings: run) { run, limit in
      try trial(of: run, text, limit: limit) {
        progress.report(nil)
        return shouldStop()
      }
    }
  }

  /// Trains a model in memory; nil if the run diverges or takes longer than `limit` seconds.
  private func trial(
    of run: TrainingPlan.Run, _ text: TrainingText, limit: Double, _ shouldStop: () -> Bool
  ) throws -> TrainingPlan.Trial? {
    struct TimeIsUp: Error {}
    let (start, layout) = (ContinuousClock.now, run.training.batches)
    let batches = try layout.batches(of: text.training, seed: run.training.seed)
    let validation = try layout.validationBatches(of: text.validation, after: text.tokenizer.textStartID)
    var random = RandomSource(seed: run.training.seed)
    var model = LanguageModel(run.model, using: &random)
    do {
      let history = try Trainer(run.training).train(&model, on: batches, validating: validation) { event in
        guard case .step = event else { return }
        if shouldStop() { throw CommandError.stopped }
        if (ContinuousClock.now - start).seconds > limit { throw TimeIsUp() }
      }
      return history.compactMap { $0.validation?.mean }.min().map {
        TrainingPlan.Trial(loss: $0, stepsPerEpoch: batches.count)
      }
    } catch is TimeIsUp {
      return nil
    } catch TrainingError.diverged {
      return nil
    }
  }

  /// Returns the timer of a planned run.
  func timer(of plan: TrainingPlan, _ text: TrainingText) -> RunTimer {
    let (start, spare) = (start, 0.002 * total)
    return RunTimer(
      RunTimer.Times(
        total: total - spare, pause: plan.speed.validationSeconds, pausesAfterEnd: pausesAfterEnd(text),
        isFilled: !plan.endsEarly),
      stepsPerEpoch: plan.speed.stepsPerEpoch, clock: { (ContinuousClock.now - start).seconds })
  }

  /// Returns the time of the test as a multiple of the validation time; in a single sequence, a token takes about twice
  /// as long.
  private func pausesAfterEnd(_ text: TrainingText) -> Double {
    guard let test = text.test, let read = try? text.tokenizer.encode(test) else { return 0 }
    return 2 * Double(read.ids.count) / Double(max(text.validation.count, 1))
  }

  /// Applies the flags to the rule's settings.
  ///
  /// The rule ties the output layer to the embedding, which is only possible if they have the same size.
  private func settings(
    _ defaults: TrainingDefaults, _ text: TrainingText, initial: LanguageModelConfiguration?, vectorSize: Int?,
    _ options: TrainingOptions
  ) throws -> RunSettings {
    func run(tied: Bool) throws -> RunSettings {
      var run = RunSettings(model: defaults.model, training: defaults.training, tokenizer: text.tokenizer)
      if !run.training.precision.isSupported { run.training.precision = .float32 }
      run.model.output.isTied = tied
      if let size = options.model.hidden?.last ?? options.model.layers?.last?.hiddenSize, tied {
        run.model.embeddingSize = size
      } else if let size = options.model.embedding, tied {
        run.model.layers[run.model.layers.count - 1].hiddenSize = size
      }
      if let initial {
        let dropout = run.model.dropout
        run.model = initial
        run.model.dropout = dropout
      }
      try options.apply(to: &run, startingFrom: initial, vectorSize: vectorSize)
      return run
    }
    guard defaults.model.isTied, !options.model.tied, initial == nil, vectorSize == nil else {
      return try run(tied: defaults.model.isTied && vectorSize == nil)
    }
    do {
      return try run(tied: true)
    } catch is ValidationError {
      return try run(tied: false)
    }
  }

  /// Measures the speed of a run over some of its steps, for about a hundredth of the time budget.
  private func speed(
    of model: ModelArchitecture, _ training: TrainingConfiguration, _ text: TrainingText, _ shouldStop: () -> Bool
  ) throws -> MeasuredSpeed {
    let batches = try training.batches.batches(of: text.training, seed: training.seed)
    var random = RandomSource(seed: training.seed)
    let start = TrainingCheckpoint(
      model: LanguageModel(model, using: &random), batchSize: batches.batchSize,
      optimizer: Optimizer(training.optimizer))
    let timing = try StepTiming(
      training, batches, start, seconds: min(max(0.008 * total, 0.05), 2), shouldStop: shouldStop)
    return MeasuredSpeed(
      secondsPerStep: timing.secondsPerStep, stepsPerEpoch: batches.count,
      validationSeconds: timing.secondsPerToken * Double(text.validation.count) / 3)
  }
}

extension TrainingPlan {
  /// Returns the plan and its reasons as text.
  func inWords(minutes: Double, noun: String) -> String {
    let tokensPerStep = Double(training.batches.batchSize * training.batches.sequenceLength)
    let tokens = Double(training.stepCount ?? 0) * tokensPerStep
    let perWeight = tokens / Double(max(weightCount, 1))
    let perSecond = Int(tokensPerStep / speed.secondsPerStep).grouped
    let size =
      switch choice {
      case .given: "the flags set the model's size"
      case .text: "the largest model for a text of this length"
      case .time(let wanted):
        "the largest model that learns \(wanted.brief) \(noun) for each weight in the products of a step in this time"
      }
    let layers =
      switch layerReason {
      case .largeVocabulary:
        "layers: an LSTM that projects its outputs to \(model.embeddingSize) elements, since each of them has "
          + "\(model.vocabularySize.grouped) weights in the output layer\n"
      case .manyEpochs:
        "layers: \(model.layers.count), since a single one would memorise the text, which it would read more than "
          + "\(PlanningRule.epochsOfOneLayer.brief) times\n"
      case nil: ""
      }
    let settings =
      if let trials, trials.areOthersBetter {
        "size, dropout, learning rate: those of the best trial\n"
      } else {
        """
        sizes: \(size) (\(perWeight.formatted(1)) each of \(weightCount.grouped))
        \(layers)dropout: for \(epochs.formatted(1)) epochs; learning rate: in one cycle that ends with the time

        """
      }
    let early = endsEarly ? "; a longer run would gain nothing, so it ends in about \(expectedSeconds.asDuration)" : ""
    return """
      plan for \((60 * minutes).asDuration): \(Int(tokens).grouped) \(noun) in \(epochs.formatted(1)) epochs at \
      \(perSecond) per second\(early)
      \(trialsInWords)\(settings)
      """
  }

  private var trialsInWords: String {
    guard let trials else { return "" }
    let best = exp(trials.lowestLoss).asPerplexity
    guard trials.areOthersBetter else {
      return "trials: of \(trials.count) runs, the rule's has the lowest validation perplexity: \(best)\n"
    }
    let own = trials.ruleLoss.map { "; the rule's settings reach \(exp($0).asPerplexity)" } ?? ""
    return "trials: of \(trials.count) runs, the best has a validation perplexity of \(best)\(own)\n"
  }
}
