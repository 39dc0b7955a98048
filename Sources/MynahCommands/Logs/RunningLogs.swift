import MynahInference
import MynahModels
import MynahTensors
import MynahTraining

/// A log that a run keeps.
protocol RunLog {
  /// The run begins, or goes on.
  mutating func start(_ run: RunDescription) throws
  /// An update was made.
  mutating func write(_ step: StepReport) throws
  /// An epoch ended, with the model that it left, and what that model wrote if it was asked.
  mutating func write(_ epoch: EpochReport, model: LanguageModel, sample: String?, stepsDone: Int) throws
  /// The run ended with a model.
  mutating func finish(_ result: TrainingResult, model: LanguageModel, of run: RunDescription) throws
}

/// The logs of a run that goes on, and the samples that are written for them.
struct RunningLogs {
  private let run: RunDescription
  private var logs: [any RunLog]
  private let sample: LogOptions.Sample?
  private var stepsDone = 0

  init(_ run: RunDescription, logs: [any RunLog], sample: LogOptions.Sample?) throws {
    (self.run, self.logs, self.sample) = (run, logs, sample)
    for index in logs.indices { try self.logs[index].start(run) }
  }

  /// Writes what an event tells.
  ///
  /// - Throws: `FileError`, or `InferenceError` if the model cannot be asked.
  mutating func report(_ event: TrainingEvent) throws {
    switch event {
    case .step(let step):
      stepsDone = step.stepsDone
      for index in logs.indices { try logs[index].write(step) }
    case .checkpoint(let checkpoint):
      // One at an epoch's end holds its model; the epoch's own event, which follows, does not.
      guard checkpoint.step == 0, let epoch = checkpoint.history.last else { return }
      let model = checkpoint.evaluatedModel
      let text = try sample.map { try write($0, by: model, after: epoch) }
      for index in logs.indices {
        try logs[index].write(epoch, model: model, sample: text, stepsDone: stepsDone)
      }
    case .epoch: break
    }
  }

  /// Writes the run's end.
  mutating func finish(_ result: TrainingResult, model: LanguageModel) throws {
    for index in logs.indices { try logs[index].finish(result, model: model, of: run) }
  }

  /// Lets a model write a text, which goes to standard error too.
  private func write(
    _ sample: LogOptions.Sample, by model: LanguageModel, after epoch: EpochReport
  ) throws -> String {
    // A stream of its own for each epoch, which neither masks nor candidates use.
    let random = RandomSource(seed: run.configuration.seed, stream: 1 << 62 | UInt64(epoch.epoch))
    var generator = try TextGenerator(
      ModelFile(model: model, tokenizer: run.tokenizer, statePolicy: run.configuration.batches.statePolicy),
      prompt: sample.prompt,
      options: GenerationOptions(length: sample.length), random: random)
    var text = sample.prompt
    while let piece = try generator.next() { text += piece.text }
    StandardError.write("sample of epoch \(epoch.epoch): \(text)\n")
    return text
  }
}
