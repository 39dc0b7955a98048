import MynahIO
public import MynahModels
public import MynahText

/// The two files of a training run: the model, and beside it the training state, from which the run is resumed.
///
/// The state is written first, so a model file never stands without the state that it came from; each is replaced as a
/// whole, so at any moment both open.
public struct TrainingFiles: Sendable {
  /// The model file.
  public let modelPath: String
  /// The training state: the model's path and ".training".
  public var statePath: String { Self.statePath(besides: modelPath) }

  /// The training state's path beside a model's.
  public static func statePath(besides modelPath: String) -> String { modelPath + ".training" }

  private let configuration: TrainingConfiguration
  private let tokenizer: AnyTokenizer
  private let textHash: String
  private let notes: [String: String]

  /// Names the files and what they hold besides the weights.
  ///
  /// - Parameters:
  ///   - textHash: The sha256 of the tokens of the texts, by which a run is recognised.
  ///   - notes: Notes of your own for the training state, by key.
  public init(
    modelPath: String, configuration: TrainingConfiguration, tokenizer: AnyTokenizer, textHash: String,
    notes: [String: String] = [:]
  ) {
    (self.modelPath, self.configuration, self.tokenizer) = (modelPath, configuration, tokenizer)
    (self.textHash, self.notes) = (textHash, notes)
  }

  /// Reads the training state and checks that it is of this run.
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

  /// Checks that a training state is of this run.
  ///
  /// - Throws: `TrainingError.otherRun`.
  public func check(_ state: TrainingStateFile, model: LanguageModelConfiguration) throws {
    try state.expect(configuration: configuration, model: model, tokenizer: tokenizer, textHash: textHash)
  }

  /// Writes the training state, and the model file too if the checkpoint stands at an epoch's end.
  ///
  /// - Throws: `FileError`.
  public func write(_ checkpoint: TrainingCheckpoint) throws {
    try TrainingStateFile(
      checkpoint: checkpoint, configuration: configuration, tokenizer: tokenizer, textHash: textHash, notes: notes
    ).write(to: statePath)
    guard checkpoint.step == 0 && !checkpoint.history.isEmpty else { return }
    let notes = TrainingNotes(
      configuration: configuration, history: checkpoint.history, bestEpoch: checkpoint.best?.epoch)
    try ModelFile(
      model: checkpoint.best?.model ?? checkpoint.evaluatedModel, tokenizer: tokenizer, notes: notes.encoded(),
      statePolicy: configuration.batches.statePolicy
    ).write(to: modelPath)
  }
}

/// How a model was trained: what its file tells about it.
public struct TrainingNotes: Hashable, Codable, Sendable {
  /// What determined the run.
  public let configuration: TrainingConfiguration
  /// The figures of its epochs.
  public let history: [EpochReport]
  /// The epoch whose model was kept: the one with the lowest validation loss.
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
