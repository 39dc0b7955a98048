import MynahInference
import MynahModels
import MynahTensors
import MynahTraining

/// A log of a run.
protocol RunLog {
  /// Writes the start of a new or resumed run.
  mutating func start(_ run: RunDescription) throws
  /// Writes an update.
  mutating func write(_ step: StepReport) throws
  /// Writes the end of an epoch, with its model and the sample that the model generated, if one was requested.
  mutating func write(_ epoch: EpochReport, model: LanguageModel, sample: String?, stepsDone: Int) throws
  /// Writes the end of the run.
  mutating func finish(_ result: TrainingResult, model: LanguageModel, of run: RunDescription) throws
}

/// The logs of a run, and the samples that are generated for them.
struct RunningLogs {
  private let run: RunDescription
  private var logs: [any RunLog]
  private let sample: LogOptions.Sample?
  private var stepsDone = 0

  init(_ run: RunDescription, logs: [any RunLog], sample: LogOptions.Sample?) throws {
    (self.run, self.logs, self.sample) = (run, logs, sample)
    for index in logs.indices { try self.logs[index].start(run) }
  }

  /// Writes an event.
  ///
  /// - Throws: `FileError`, or `InferenceError` if the model cannot generate a sample.
  mutating func report(_ event: TrainingEvent) throws {
    switch event {
    case .step(let step):
      stepsDone = step.stepsDone
      for index in logs.indices { try logs[index].write(step) }
    case .checkpoint(let checkpoint):
      // A checkpoint at the end of an epoch has its model; the epoch's event, which follows, does not.
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

  /// Generates a sample and prints it on standard error.
  private func write(
    _ sample: LogOptions.Sample, by model: LanguageModel, after epoch: EpochReport
  ) throws -> String {
    // Each epoch has its own random stream, which neither dropout masks nor sampled candidates use.
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
