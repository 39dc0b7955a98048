import MynahIO
import MynahModels
import MynahText
import MynahTraining

/// A machine-readable log of a run: a line of JSON for each event, appended to a file.
///
/// Each line has a key `event`: `start`, `step`, `epoch`, `sample` or `end`.
struct JSONLog: RunLog {
  private let file: AppendedFile

  init(path: String) throws(FileError) { file = try AppendedFile(path: path) }

  func start(_ run: RunDescription) throws {
    try write(
      Start(
        configuration: run.configuration, model: run.model, tokenCount: run.tokenCount,
        isResumed: run.checkpoint != nil))
  }

  func write(_ step: StepReport) throws { try write(Step(step)) }

  func write(_ epoch: EpochReport, model: LanguageModel, sample: String?, stepsDone: Int) throws {
    try write(Epoch(epoch, stepsDone: stepsDone))
    if let sample { try write(Sample(epoch: epoch.epoch, text: sample)) }
  }

  func finish(_ result: TrainingResult, model: LanguageModel, of run: RunDescription) throws {
    try write(End(result: result))
  }

  private func write(_ line: some Encodable) throws {
    try file.append(try JSONLines.line(line))
  }

  // MARK: Lines

  private struct Start: Encodable {
    let event = "start"
    let configuration: TrainingConfiguration
    let model: LanguageModelConfiguration
    let tokenCount: Int
    let isResumed: Bool
  }

  private struct Step: Encodable {
    let event = "step"
    let epoch, step, stepCount, stepsDone: Int
    let learningRate: Float
    let loss, perplexity, gradientNorm: Double

    init(_ step: StepReport) {
      (epoch, self.step, stepCount) = (step.epoch, step.step, step.stepCount)
      (stepsDone, learningRate) = (step.stepsDone, step.learningRate)
      (loss, perplexity, gradientNorm) = (step.stepLoss.mean, step.stepLoss.perplexity, step.gradientNorm)
    }
  }

  private struct Epoch: Encodable {
    let event = "epoch"
    let epoch, stepsDone: Int
    let learningRate: Float
    let train: Double
    let validation: Double?
    let metrics: [String: Double]?

    init(_ epoch: EpochReport, stepsDone: Int) {
      (self.epoch, self.stepsDone, learningRate) = (epoch.epoch, stepsDone, epoch.learningRate)
      (train, validation, metrics) = (epoch.train.perplexity, epoch.validation?.perplexity, epoch.metrics)
    }
  }

  private struct Sample: Encodable {
    let event = "sample"
    let epoch: Int
    let text: String
  }

  private struct End: Encodable {
    let event = "end"
    let result: TrainingResult
  }
}
