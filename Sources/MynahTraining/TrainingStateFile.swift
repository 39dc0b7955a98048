public import MynahModels
import MynahTensors
public import MynahText

/// A training run in one safetensors file: the checkpoint with all that determines how it goes on.
public struct TrainingStateFile: Sendable {
  /// The run between two steps.
  public var checkpoint: TrainingCheckpoint
  /// What determines the run.
  public var configuration: TrainingConfiguration
  /// How the text became tokens.
  public var tokenizer: AnyTokenizer
  /// The sha256 of the training tokens (little-endian int32), so that a run is not resumed on another text.
  public var textHash: String

  /// Creates the contents of a file.
  public init(
    checkpoint: TrainingCheckpoint, configuration: TrainingConfiguration, tokenizer: AnyTokenizer, textHash: String
  ) {
    self.checkpoint = checkpoint
    self.configuration = configuration
    self.tokenizer = tokenizer
    self.textHash = textHash
  }

  /// Reads a training state, checking that its parts fit together.
  ///
  /// - Throws: `CheckpointError`.
  public init(contentsOf path: String) throws {
    let file = try SafetensorsFile(contentsOf: path)
    try file.expect("training", for: Key.kind)
    let modelConfiguration: LanguageModelConfiguration = try file.decode(Key.modelConfiguration)
    let progress: Progress = try file.decode(Key.progress)
    configuration = try file.decode(Key.configuration)
    tokenizer = try file.decode(Key.tokenizer)
    textHash = try file.text(of: Key.textHash)
    let defect =
      modelConfiguration.defect
      ?? (progress.epoch < 1 || progress.step < 0 ? "the place in the run is impossible" : nil)
      ?? (tokenizer.vocabulary.count != modelConfiguration.vocabularySize ? "tokenizer and model do not fit" : nil)
      ?? (configuration.batches.size < 1 || configuration.batches.steps < 1 ? "batches are empty" : nil)
    if let defect {
      throw CheckpointError.unexpectedMetadata(
        path: path, key: Key.progress, expected: "a training state that fits together", found: defect)
    }
    let model = try LanguageModel(modelConfiguration, from: file, prefix: "model.")
    checkpoint = TrainingCheckpoint(model: model, batchSize: configuration.batches.size)
    checkpoint.epoch = progress.epoch
    checkpoint.step = progress.step
    checkpoint.epochLoss = progress.epochLoss
    checkpoint.history = progress.history
    for index in checkpoint.state.indices {
      let shape = checkpoint.state[index].hidden.shape
      checkpoint.state[index] = LSTMState(
        hidden: Variable(try file.tensor(named: "state.\(index).hidden", shape: shape)),
        cell: Variable(try file.tensor(named: "state.\(index).cell", shape: shape)))
    }
    if let epoch = progress.bestEpoch {
      checkpoint.best = (epoch, try LanguageModel(modelConfiguration, from: file, prefix: "best."))
    }
  }

  /// Writes the file in place of what stands there, all or nothing.
  ///
  /// - Throws: `CheckpointError`.
  public func write(to path: String) throws {
    var file = SafetensorsFile()
    file.metadata[Key.kind] = "training"
    file.metadata[Key.modelConfiguration] = try SafetensorsFile.encode(checkpoint.model.configuration)
    file.metadata[Key.configuration] = try SafetensorsFile.encode(configuration)
    file.metadata[Key.tokenizer] = try SafetensorsFile.encode(tokenizer)
    file.metadata[Key.textHash] = textHash
    file.metadata[Key.progress] = try SafetensorsFile.encode(
      Progress(
        epoch: checkpoint.epoch, step: checkpoint.step, epochLoss: checkpoint.epochLoss, history: checkpoint.history,
        bestEpoch: checkpoint.best?.epoch))
    checkpoint.model.store(in: &file, prefix: "model.")
    checkpoint.best?.model.store(in: &file, prefix: "best.")
    for (index, state) in checkpoint.state.enumerated() {
      file["state.\(index).hidden"] = StoredTensor(state.hidden.value)
      file["state.\(index).cell"] = StoredTensor(state.cell.value)
    }
    try file.write(to: path)
  }

  /// Checks that the state is of the same run: everything but the number of epochs must be equal.
  ///
  /// - Throws: `TrainingError.otherRun`.
  public func expect(
    configuration wanted: TrainingConfiguration, model: LanguageModelConfiguration, tokenizer: AnyTokenizer,
    textHash: String
  ) throws {
    var sameEpochs = configuration
    sameEpochs.epochs = wanted.epochs
    let checks: [(what: String, same: Bool, expected: String, found: String)] = [
      (
        "the model's shape", checkpoint.model.configuration == model, "\(model)",
        "\(checkpoint.model.configuration)"
      ),
      ("the training configuration", sameEpochs == wanted, "\(wanted)", "\(sameEpochs)"),
      ("the training text (sha256 of its tokens)", self.textHash == textHash, textHash, self.textHash),
      ("the tokenizer", self.tokenizer == tokenizer, "another", "another"),
    ]
    for check in checks where !check.same {
      throw TrainingError.otherRun(what: check.what, expected: check.expected, found: check.found)
    }
  }

  private struct Progress: Codable {
    var epoch, step: Int
    var epochLoss: Loss
    var history: [EpochReport]
    var bestEpoch: Int?
  }

  private enum Key {
    static let kind = "mynah", modelConfiguration = "configuration", configuration = "training"
    static let tokenizer = "tokenizer", textHash = "text.sha256", progress = "progress"
  }
}
