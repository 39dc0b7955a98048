import MynahIO
import MynahModels
import MynahTraining

/// Shows the progress of a run: a bar on a terminal or occasional lines on standard error, and each epoch's figures on
/// standard output.
struct TrainingProgress {
  /// The number of epochs; nil if the run ends after a number of steps.
  private let epochCount: Int?
  private let flopsPerToken: Double
  private let json: Bool
  private let recorder: ProfileRecorder?
  /// A Boolean value indicating whether each epoch's figures are written.
  private let writesEpochs: Bool
  private var line = ProgressLine()
  private let clock = ContinuousClock()
  private var epochStart: ContinuousClock.Instant
  private var lastStep: ContinuousClock.Instant
  /// The number of tokens trained on since `epochStart`.
  private var tokenCount = 0
  /// The number of batches of the epoch that were done at `epochStart`: not 0 in a resumed run.
  private var firstStep: Int

  /// Starts the clock.
  init(_ job: TrainingJob, json: Bool, recorder: ProfileRecorder?, writesEpochs: Bool = true) {
    epochCount = job.configuration.stepCount == nil ? job.configuration.epochs : nil
    firstStep = job.checkpoint?.step ?? 0
    // Each weight costs a multiplication and an addition forward and twice that backward.
    flopsPerToken = 6 * Double(job.model.multiplicationsPerToken(training: job.configuration.objective))
    (self.json, self.recorder, self.writesEpochs) = (json, recorder, writesEpochs)
    let now = clock.now
    (epochStart, lastStep) = (now, now)
  }

  /// Shows an event.
  ///
  /// - Throws: `OutputError` if standard output cannot be written.
  mutating func report(_ event: TrainingEvent) throws {
    switch event {
    case .step(let step):
      lastStep = clock.now
      tokenCount += step.stepLoss.targetCount
      show(step)
    case .checkpoint: break
    case .epoch(let epoch):
      clear()
      if writesEpochs { try write(epoch) }
      (epochStart, tokenCount, firstStep) = (clock.now, 0, 0)
      lastStep = epochStart
    }
  }

  /// Removes the bar from the terminal.
  func clear() { line.clear() }

  private var tokensPerSecond: Double {
    let seconds = (lastStep - epochStart) / .seconds(1)
    return seconds > 0 ? Double(tokenCount) / seconds : 0
  }

  // MARK: Steps

  private mutating func show(_ step: StepReport) {
    let isTenth = line.isTerminal || step.step.isMultiple(of: max(1, step.stepCount / 10))
    let isLast = line.isTerminal && line.wasShown && step.step == step.stepCount
    guard isTenth && (line.isDue(at: lastStep) || isLast) else { return }
    let rate = tokensPerSecond
    let remainingSteps = step.runEnd - step.stepsDone
    let pace = (lastStep - epochStart).seconds / Double(max(step.step - firstStep, 1))
    let seconds = Double(remainingSteps) * pace
    let figures = [
      "\(step.step)/\(step.stepCount)", "perplexity \(step.epochLoss.perplexity.brief)",
      "\(Int(rate).grouped) tokens/s", "\((rate * flopsPerToken / 1e9).brief) GFLOP/s",
      "ETA \(seconds.asDuration)",
    ].joined(separator: "  ")
    line.show(
      "epoch \(step.epoch)" + (epochCount.map { "/\($0)" } ?? ""), share: Double(step.step) / Double(step.stepCount),
      (line.isTerminal ? "" : "step ") + figures, at: lastStep)
  }

  // MARK: Epochs

  private func write(_ epoch: EpochReport) throws {
    let profile = recorder?.take()
    guard !json else {
      return try StandardOutput.writeJSON(EpochLine(epoch, tokensPerSecond: tokensPerSecond, profile: profile))
    }
    if let profile { StandardError.write(profile.inWords + "\n") }
    let validation = epoch.validation.map { "  validation \($0.perplexity.asPerplexity)" } ?? ""
    try StandardOutput.write(
      "epoch \(epoch.epoch)  rate \(Double(epoch.learningRate).brief)  "
        + "perplexity: train \(epoch.train.perplexity.asPerplexity)\(validation)  "
        + "\(Int(tokensPerSecond).grouped) tokens/s\n")
  }
}

/// An epoch's figures as a line of JSON.
struct EpochLine: Encodable {
  let epoch: Int
  let learningRate: Float
  let train: Double
  let validation: Double?
  let tokensPerSecond: Double?
  let profile: ProfileFigures?

  init(_ report: EpochReport, tokensPerSecond: Double? = nil, profile: ProfileFigures? = nil) {
    (epoch, learningRate) = (report.epoch, report.learningRate)
    (train, validation) = (report.train.perplexity, report.validation?.perplexity)
    self.tokensPerSecond = tokensPerSecond
    self.profile = profile
  }
}
