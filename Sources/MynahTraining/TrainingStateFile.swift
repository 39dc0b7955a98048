import MynahIO
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
  /// - Parameter kinds: The kinds of cells and output layers that the model may have.
  /// - Throws: `CheckpointError`.
  public init(contentsOf path: String, kinds: ModelKinds = .standard) throws {
    let file = try SafetensorsFile(contentsOf: path)
    try file.expectKind("training")
    let architecture = try file.architecture(Key.modelConfiguration, kinds: kinds)
    let progress: Progress = try file.decode(Key.progress)
    configuration = try file.decode(Key.configuration)
    tokenizer = try file.decode(Key.tokenizer)
    textHash = try file.text(of: Key.textHash)
    let defect =
      configuration.defect(of: architecture)
      ?? (progress.epoch < 1 || progress.step < 0 ? "the place in the run is impossible" : nil)
      ?? (tokenizer.vocabulary.count != architecture.configuration.vocabularySize ? "tokenizer and model do not fit" : nil)
    if let defect {
      throw CheckpointError.unexpectedMetadata(
        path: path, key: Key.progress, expected: "a training state that fits together", found: defect)
    }
    let model = try LanguageModel(architecture, from: file, prefix: "model.")
    let state = try model.state(from: file)
    checkpoint = TrainingCheckpoint(
      model: model, state: state,
      optimizer: try Optimizer(configuration.optimizer, of: model, from: file, notes: file.decode(Key.progress)))
    checkpoint.epoch = progress.epoch
    checkpoint.step = progress.step
    checkpoint.epochLoss = progress.epochLoss
    checkpoint.history = progress.history
    if let epoch = progress.bestEpoch {
      checkpoint.best = (epoch, try LanguageModel(architecture, from: file, prefix: "best."))
    }
  }

  /// Writes the file in place of what stands there, all or nothing.
  ///
  /// - Throws: `FileError`.
  public func write(to path: String) throws {
    var file = SafetensorsFile()
    file.metadata[Key.kind] = "training"
    file.metadata[Key.modelConfiguration] = try SafetensorsFile.encode(checkpoint.model.configuration)
    file.metadata[Key.configuration] = try SafetensorsFile.encode(configuration)
    file.metadata[Key.tokenizer] = try SafetensorsFile.encode(tokenizer)
    file.metadata[Key.textHash] = textHash
    let progress = Progress(
      epoch: checkpoint.epoch, step: checkpoint.step, epochLoss: checkpoint.epochLoss, history: checkpoint.history,
      bestEpoch: checkpoint.best?.epoch)
    file.metadata[Key.progress] = try SafetensorsFile.encode(
      ProgressAndOptimizer(progress: progress, optimizer: checkpoint.optimizer.notes))
    checkpoint.model.store(in: &file, prefix: "model.")
    checkpoint.optimizer.store(in: &file, of: checkpoint.model)
    checkpoint.best?.model.store(in: &file, prefix: "best.")
    checkpoint.state.store(in: &file)
    try file.write(to: path)
  }

  private struct Progress: Codable {
    var epoch, step: Int
    var epochLoss: Loss
    var history: [EpochReport]
    var bestEpoch: Int?
  }

  /// Both in one object of JSON, side by side.
  private struct ProgressAndOptimizer: Encodable {
    let progress: Progress
    let optimizer: Optimizer.Notes

    func encode(to encoder: any Encoder) throws {
      try progress.encode(to: encoder)
      try optimizer.encode(to: encoder)
    }
  }

  private enum Key {
    static let kind = "mynah", modelConfiguration = "configuration", configuration = "training"
    static let tokenizer = "tokenizer", textHash = "text.sha256", progress = "progress"
  }
}
