import MynahIO
public import MynahModels
import MynahTensors
public import MynahText

/// A training run in one safetensors file: the checkpoint and everything that is needed to resume it.
public struct TrainingStateFile: Sendable {
  /// The state of the run between two steps.
  public var checkpoint: TrainingCheckpoint
  /// The configuration of the run.
  public var configuration: TrainingConfiguration
  /// The tokenizer of the text.
  public var tokenizer: AnyTokenizer
  /// The SHA-256 of the training tokens (little-endian int32), which prevents resuming a run on another text.
  public var textHash: String
  /// Custom notes, by key.
  public var notes: [String: String]

  /// Creates the contents of a file.
  public init(
    checkpoint: TrainingCheckpoint, configuration: TrainingConfiguration, tokenizer: AnyTokenizer, textHash: String,
    notes: [String: String] = [:]
  ) {
    (self.checkpoint, self.configuration, self.tokenizer) = (checkpoint, configuration, tokenizer)
    (self.textHash, self.notes) = (textHash, notes)
  }

  /// Reads a training state and checks that its parts are consistent.
  ///
  /// - Parameters:
  ///   - kinds: The kinds of cells and output layers that are supported.
  ///   - rules: The optimizers that the file may name.
  /// - Throws: `CheckpointError`.
  public init(
    contentsOf path: String, kinds: ModelKinds = .standard, rules: OptimizerRules = .standard
  ) throws {
    let file = try SafetensorsFile(contentsOf: path)
    try file.expectKind("training")
    let architecture = try file.architecture(Key.modelConfiguration, kinds: kinds)
    let progress: Progress = try file.decode(Key.progress)
    configuration = try file.decode(Key.configuration, userInfo: rules.userInfo)
    tokenizer = try file.decode(Key.tokenizer)
    textHash = try file.text(of: Key.textHash)
    notes = file.metadata.filter { !Key.all.contains($0.key) }
    let defect =
      configuration.defect(of: architecture)
      ?? progress.pace?.defect
      ?? ((progress.pace == nil) != (configuration.stepCount == nil) && progress.step + progress.history.count > 0
        ? "a run's course belongs to one that ends after a number of steps" : nil)
      ?? (progress.epoch < 1 || progress.step < 0 ? "the position in the run is impossible" : nil)
      ?? (tokenizer.vocabulary.count != architecture.configuration.vocabularySize
        ? "tokenizer and model do not fit" : nil)
    if let defect {
      throw CheckpointError.unexpectedMetadata(
        path: path, key: Key.progress, expected: "a training state that fits together", found: defect)
    }
    let model = try LanguageModel(architecture, from: file, prefix: "model.")
    let state = try model.state(from: file)
    checkpoint = TrainingCheckpoint(
      model: model, state: state,
      optimizer: try Optimizer(configuration.optimizer, of: model, from: file, notes: progress.optimizer))
    checkpoint.epoch = progress.epoch
    checkpoint.step = progress.step
    checkpoint.epochLoss = progress.epochLoss
    checkpoint.history = progress.history
    checkpoint.pace = progress.pace
    if let epoch = progress.bestEpoch {
      checkpoint.best = (epoch, try LanguageModel(architecture, from: file, prefix: "best."))
    }
  }

  /// Writes the file atomically, replacing an existing one.
  ///
  /// - Throws: `FileError`.
  public func write(to path: String) throws {
    var file = SafetensorsFile(metadata: notes)
    file.metadata[Key.kind] = "training"
    file.metadata[Key.modelConfiguration] = try SafetensorsFile.encode(checkpoint.model.configuration)
    file.metadata[Key.configuration] = try SafetensorsFile.encode(configuration)
    file.metadata[Key.tokenizer] = try SafetensorsFile.encode(tokenizer)
    file.metadata[Key.textHash] = textHash
    let progress = Progress(
      epoch: checkpoint.epoch, step: checkpoint.step, epochLoss: checkpoint.epochLoss, history: checkpoint.history,
      pace: checkpoint.pace, bestEpoch: checkpoint.best?.epoch, optimizer: checkpoint.optimizer.notes)
    file.metadata[Key.progress] = try SafetensorsFile.encode(progress)
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
    var pace: RunPace?
    var bestEpoch: Int?
    var optimizer: Optimizer.Notes
  }

  private enum Key {
    static let kind = "mynah", modelConfiguration = "configuration", configuration = "training"
    static let tokenizer = "tokenizer", textHash = "text.sha256", progress = "progress"
    static let all: Set = [kind, modelConfiguration, configuration, tokenizer, textHash, progress]
  }
}
