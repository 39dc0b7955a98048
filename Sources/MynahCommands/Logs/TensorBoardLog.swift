import MynahModels
import MynahTensorBoard
import MynahTensors
import MynahText
import MynahTraining

/// A run's log for TensorBoard: figures of each step and epoch, the weights' histograms, samples, the run's settings,
/// and at the end the embeddings for the embedding projector.
struct TensorBoardLog: RunLog {
  private let directory: String
  private var events: EventWriter

  init(directory: String) throws {
    self.directory = directory
    events = try EventWriter(directory: directory)
  }

  mutating func start(_ run: RunDescription) throws {
    if run.checkpoint != nil { try events.restart(fromStep: run.stepsDone + 1) }
    try events.hyperparameters(run.hyperparameters, metrics: [Tag.validation, Tag.train])
  }

  mutating func write(_ step: StepReport) throws {
    let place = step.stepsDone
    try events.scalar("step/loss", step.stepLoss.mean, step: place)
    try events.scalar("step/learning_rate", Double(step.learningRate), step: place)
    try events.scalar("step/gradient_norm", step.gradientNorm, step: place)
  }

  mutating func write(_ epoch: EpochReport, model: LanguageModel, sample: String?, stepsDone: Int) throws {
    // Preformatted, so that the columns of the table stay aligned.
    if epoch.epoch == 1 { try events.text("model", "```\n\(model.summary)\n```", step: stepsDone) }
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

  mutating func finish(_ result: TrainingResult, model: LanguageModel, of run: RunDescription) throws {
    try events.endOfSession()
    try events.flush()
    let vectors = model.embedding.weight.value
    try EmbeddingProjector.write(
      vectors: vectors.elements, width: vectors.shape[1], labels: run.tokenizer.vocabulary.tokens, name: "embedding",
      to: directory)
  }

  private enum Tag {
    static let train = "epoch/train_perplexity", validation = "epoch/validation_perplexity"
  }
}

extension RunDescription {
  /// The hyperparameters by which runs are compared.
  var hyperparameters: [String: EventWriter.Setting] {
    [
      "optimizer": .text("\(configuration.optimizer)"),
      "learning_rate": .number(Double(configuration.learningRate.initial)),
      "schedule": .text("\(configuration.learningRate)"),
      "batch_size": .number(Double(configuration.batches.batchSize)),
      "sequence_length": .number(Double(configuration.batches.sequenceLength)),
      "batches": .text("\(configuration.batches)"),
      "epochs": .number(Double(configuration.epochs)),
      "clip_norm": .number(Double(configuration.clipNorm ?? 0)),
      "objective": .text("\(configuration.objective)"),
      "seed": .number(Double(configuration.seed)),
      "precision": .text(configuration.precision.rawValue),
      "vocabulary": .number(Double(model.vocabularySize)),
      "embedding": .number(Double(model.embeddingSize)),
      "hidden": .text(model.layers.map { "\($0.hiddenSize)" }.joined(separator: ",")),
      "dropout": .number(Double(model.dropout.output)),
    ]
  }
}
