import Foundation
import MynahModels
import MynahTensorBoard
import MynahTensors
import MynahText
import MynahTraining

/// A run's log for TensorBoard: figures of each step and epoch, the weights' histograms, samples, the run's settings, and at the
/// end the tokens' vectors for the embedding projector.
struct TensorBoardLog: RunLog {
  private let directory: String
  private let isResuming: Bool
  private var events: EventWriter

  init(directory: String, isResuming: Bool) throws {
    (self.directory, self.isResuming) = (directory, isResuming)
    events = try Self.withLogErrors { try EventWriter(directory: directory) }
  }

  mutating func start(_ job: TrainingJob) throws {
    let checkpoint = job.checkpoint
    try Self.withLogErrors {
      if let checkpoint, isResuming {
        let layout = job.configuration.batches
        let stepsPerEpoch = (job.text.training.count / layout.size - 1) / layout.steps
        try events.restart(fromStep: (checkpoint.epoch - 1) * stepsPerEpoch + checkpoint.step + 1)
      }
      try events.hyperparameters(job.hyperparameters, metrics: [Tag.validation, Tag.train])
    }
  }

  mutating func write(_ step: StepReport) throws {
    try Self.withLogErrors {
      let place = step.stepsDone
      try events.scalar("step/loss", step.stepLoss.mean, step: place)
      try events.scalar("step/learning_rate", Double(step.learningRate), step: place)
      try events.scalar("step/gradient_norm", step.gradientNorm, step: place)
    }
  }

  mutating func write(_ epoch: EpochReport, model: LanguageModel, sample: String?, stepsDone: Int) throws {
    try Self.withLogErrors {
      try events.scalar(Tag.train, epoch.train.perplexity, step: stepsDone)
      if let validation = epoch.validation { try events.scalar(Tag.validation, validation.perplexity, step: stepsDone) }
      for (name, value) in (epoch.metrics ?? [:]).sorted(by: { $0.key < $1.key }) {
        try events.scalar("epoch/\(name)", value, step: stepsDone)
      }
      for parameter in model.parameters {
        try events.histogram("weights/\(parameter.name)", parameter.value.elements, step: stepsDone)
      }
      if let sample { try events.text("sample", sample, step: stepsDone) }
      try events.flush()
    }
  }

  mutating func finish(_ result: TrainingResult, model: LanguageModel, job: TrainingJob) throws {
    try Self.withLogErrors {
      try events.endOfSession()
      try events.flush()
      let vectors = model.embedding.weight.value
      try EmbeddingProjector.write(
        vectors: vectors.elements, width: vectors.shape[1], labels: job.tokenizer.vocabulary.tokens, name: "embedding",
        to: directory)
    }
  }

  private enum Tag {
    static let train = "epoch/train_perplexity", validation = "epoch/validation_perplexity"
  }

  private static func withLogErrors<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as TensorBoardError {
      throw LogError(path: error.path, reason: error.reason)
    }
  }
}

extension TrainingJob {
  /// The settings that runs are compared by.
  var hyperparameters: [String: EventWriter.Setting] {
    [
      "optimizer": .text("\(configuration.optimizer)"),
      "learning_rate": .number(Double(configuration.learningRate.initial)),
      "schedule": .text("\(configuration.learningRate)"),
      "batch_size": .number(Double(configuration.batches.size)),
      "steps": .number(Double(configuration.batches.steps)),
      "epochs": .number(Double(configuration.epochs)),
      "clip_norm": .number(Double(configuration.clipNorm ?? 0)),
      "loss": .text("\(configuration.loss)"),
      "seed": .number(Double(configuration.seed)),
      "precision": .text(configuration.precision.rawValue),
      "vocabulary": .number(Double(model.vocabularySize)),
      "embedding": .number(Double(model.embeddingSize)),
      "hidden": .text(model.recurrent.map { "\($0.hiddenSize)" }.joined(separator: ",")),
      "keep": .number(Double(model.outputKeepProbability)),
    ]
  }
}
