import Foundation
import MynahIO
import MynahModels
import MynahTensors
import MynahText
import MynahTraining

/// The sizes of a training run and estimates of its memory and time, for `mynah train --dry-run`.
///
/// A few steps run on a copy of the model and are timed; nothing is written.
struct DryRun: Encodable {
  private let model: String
  private let isResumed: Bool
  private let tokenizer: String
  private let trainingTokenCount, validationTokenCount, unknownCount, vocabularySize: Int
  private let embeddingSize: Int
  private let layers: [LayerSummary]
  private let parameterCount: Int
  private let batchSize, sequenceLength: Int
  private let stepsPerEpoch, epochs: Int
  /// The number of steps left in each run, and the number of runs.
  private let stepCount, runCount: Int
  private let timedStepCount: Int
  private let secondsPerStep, estimatedSeconds: Double
  private let estimatedPeakBytes: Double

  /// Times some steps of a run and estimates the rest.
  ///
  /// - Parameters:
  ///   - path: The model's path.
  ///   - runCount: The number of runs that differ in their seeds.
  ///   - shouldStop: Called after each step; true ends the measurement.
  /// - Throws: `TrainingError`, `CommandError.stopped`.
  init(_ job: TrainingJob, at path: String, runCount: Int, shouldStop: () -> Bool) throws {
    let (architecture, configuration, start) = (job.model, job.configuration, job.start)
    (model, isResumed, self.runCount) = (path, job.checkpoint != nil, runCount)
    (tokenizer, vocabularySize) = (job.tokenizer.kind, job.tokenizer.vocabulary.count)
    (trainingTokenCount, validationTokenCount) = (job.text.training.count, job.text.validation.count)
    unknownCount = job.text.unknownCount
    (embeddingSize, layers) = (architecture.configuration.embeddingSize, architecture.layerSummaries)
    parameterCount = architecture.parameterCount
    (batchSize, sequenceLength) = (configuration.batches.batchSize, configuration.batches.sequenceLength)
    let size = configuration.batchesPerUpdate
    (stepsPerEpoch, epochs) = ((job.batches.count + size - 1) / size, configuration.epochs)
    let epochsLeft = max(epochs - start.epoch + 1, 0)
    let end = start.pace?.end ?? configuration.stepCount ?? epochs * job.batches.count
    stepCount = max((end - start.stepsDone(stepsPerEpoch: job.batches.count) + size - 1) / size, 0)
    let timing = try StepTiming(configuration, job.batches, start, seconds: 2, shouldStop: shouldStop)
    (timedStepCount, secondsPerStep) = (timing.count, timing.secondsPerStep)
    // A forward pass takes a third of a step.
    let validation = timing.secondsPerToken * Double(validationTokenCount) / 3
    estimatedSeconds =
      Double(runCount) * (secondsPerStep * Double(stepCount) + validation * Double(epochsLeft))
    // A run also stores the best model, and the contents of a file while it is written.
    estimatedPeakBytes = ProcessMemory.peakMiB * 1_048_576 + 2 * 4 * Double(parameterCount)
  }

  /// Returns the figures as text, to print after the description of the text and the model.
  func inWords(_ architecture: ModelArchitecture, threadCount: Int) -> String {
    let runs = runCount > 1 ? ", for each of \(runCount) seeds" : ""
    let left = isResumed ? "\(stepCount.grouped) left of \(epochs) epochs" : "\(stepCount.grouped) in \(epochs) epochs"
    let memory = (estimatedPeakBytes / 1e6).rounded(.up).brief
    let time = estimatedSeconds < 1 ? "less than a second" : "about \(estimatedSeconds.asDuration)"
    let timed =
      timedStepCount == 0
      ? "no step is left" : "from \(timedStepCount) timed \(timedStepCount == 1 ? "step" : "steps")"
    return """

      \(architecture.summary)

      steps   \(stepsPerEpoch.grouped) per epoch, \(left)\(runs)
      batches \(batchSize) rows of \(sequenceLength) tokens
      memory  about \(memory) MB at the peak, estimated from those steps
      time    \(time) with \(threadCount) \(threadCount == 1 ? "thread" : "threads"), estimated \(timed)
      files   \(model) and \(TrainingFiles.statePath(beside: model)), which were not written

      """
  }
}

/// The time of the first steps of a run.
struct StepTiming {
  private struct IsEnough: Error {}

  /// The number of steps that were timed.
  private(set) var count = 0
  private(set) var secondsPerStep = 0.0
  private(set) var secondsPerToken = 0.0

  /// Runs and times steps for some seconds; the first step, which allocates memory, only counts if it is the only one.
  init(
    _ configuration: TrainingConfiguration, _ batches: EpochBatches, _ start: TrainingCheckpoint, seconds: Double,
    shouldStop: () -> Bool
  ) throws {
    var model = start.model
    var (times, tokenCounts) = ([ContinuousClock.now], [0])
    do {
      try Trainer(configuration).train(&model, on: batches, from: start) { event in
        guard case .step(let step) = event else { return }
        guard !shouldStop() else { throw CommandError.stopped }
        times.append(.now)
        tokenCounts.append(step.stepLoss.targetCount)
        let timed = times.count > 2 ? (times[times.count - 1] - times[1]).seconds : 0
        if timed > seconds || times.count > 50 { throw IsEnough() }
      }
    } catch is IsEnough {}
    let first = min(1, times.count - 2)
    guard first >= 0 else { return }
    count = times.count - 1 - first
    let time = (times[times.count - 1] - times[first]).seconds
    secondsPerStep = time / Double(count)
    secondsPerToken = time / Double(max(tokenCounts[(first + 1)...].reduce(0, +), 1))
  }
}
