import MynahIO
public import MynahModels
public import MynahText

/// The two files of a training run: the model and the training state, from which the run is resumed.
///
/// The state is written first, so a model file never exists without its training state. Each file is replaced
/// atomically, so both are readable at any time.
public struct TrainingFiles: Sendable {
  /// The model file.
  public let modelPath: String
  /// The path of the training state: the model's path followed by ".training".
  public var statePath: String { Self.statePath(beside: modelPath) }

  /// Returns the path of the training state for a model's path.
  public static func statePath(beside modelPath: String) -> String { modelPath + ".training" }

  private let configuration: TrainingConfiguration
  private let tokenizer: AnyTokenizer
  private let textHash: String
  private let notes: [String: String]

  /// Creates the description of the files and of their contents other than the weights.
  ///
  /// - Parameters:
  ///   - textHash: The SHA-256 of the tokens of the texts, which identifies the run's data.
  ///   - notes: Custom notes for the training state, by key.
  public init(
    modelPath: String, configuration: TrainingConfiguration, tokenizer: AnyTokenizer, textHash: String,
    notes: [String: String] = [:]
  ) {
    (self.modelPath, self.configuration, self.tokenizer) = (modelPath, configuration, tokenizer)
    (self.textHash, self.notes) = (textHash, notes)
  }

  /// Returns the hash by which a resumed run recognises its texts.
  public static func textHash(of training: [Int32], validation: [Int32]) -> String {
    SHA256.hexadecimal(of: training + [-1] + validation)
  }

  /// Reads the training state and checks that it belongs to this run.
  ///
  /// - Parameter rules: The optimizers that the file may name.
  /// - Throws: `CheckpointError` or `TrainingError.otherRun`.
  public func resume(
    _ model: LanguageModelConfiguration, kinds: ModelKinds = .standard, rules: OptimizerRules = .standard
  ) throws -> TrainingCheckpoint {
    let state = try TrainingStateFile(contentsOf: statePath, kinds: kinds, rules: rules)
    try check(state, model: model)
    return state.checkpoint
  }

  /// Checks that a training state belongs to this run.
  ///
  /// - Throws: `TrainingError.otherRun`.
  public func check(_ state: TrainingStateFile, model: LanguageModelConfiguration) throws {
    try state.expect(configuration: configuration, model: model, tokenizer: tokenizer, textHash: textHash)
  }

  /// Writes the training state, and also the model file if the checkpoint is at the end of an epoch, or of a run without
  /// epochs.
  ///
  /// - Throws: `FileError`.
  public func write(_ checkpoint: TrainingCheckpoint) throws {
    try TrainingStateFile(
      checkpoint: checkpoint, configuration: configuration, tokenizer: tokenizer, textHash: textHash, notes: notes
    ).write(to: statePath)
    guard checkpoint.step == 0 && (!checkpoint.history.isEmpty || configuration.epochs == 0) else { return }
    let notes = TrainingNotes(
      configuration: configuration, history: checkpoint.history, bestEpoch: checkpoint.best?.epoch)
    try ModelFile(
      model: checkpoint.best?.model ?? checkpoint.evaluatedModel, tokenizer: tokenizer, notes: notes.encoded(),
      statePolicy: configuration.batches.statePolicy
    ).write(to: modelPath)
  }
}

/// The training configuration and history that a model file contains.
public struct TrainingNotes: Hashable, Codable, Sendable {
  /// The configuration of the run.
  public let configuration: TrainingConfiguration
  /// The reports of the epochs.
  public let history: [EpochReport]
  /// The epoch with the lowest validation loss, whose model was kept; nil without validation.
  public let bestEpoch: Int?

  /// Reads the notes of a model file; nil if it has none.
  ///
  /// - Parameter rules: The optimizers that the file may name.
  /// - Throws: `CheckpointError` if they cannot be decoded.
  public init?(_ file: SafetensorsFile, rules: OptimizerRules = .standard) throws {
    guard file.metadata[Self.key] != nil else { return nil }
    self = try file.decode(Self.key, userInfo: rules.userInfo)
  }

  init(configuration: TrainingConfiguration, history: [EpochReport], bestEpoch: Int?) {
    self.configuration = configuration
    self.history = history
    self.bestEpoch = bestEpoch
  }

  func encoded() throws -> [String: String] { [Self.key: try SafetensorsFile.encode(self)] }

  private static let key = "training"
}
