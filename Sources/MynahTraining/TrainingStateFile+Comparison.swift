public import MynahModels
public import MynahText

extension TrainingStateFile {
  /// Sets the number of epochs of the run.
  ///
  /// - Parameters:
  ///   - epochs: The total number of epochs, including those already completed.
  ///   - rescheduling: A Boolean value indicating whether a learning rate schedule that depends on the length of the
  ///     run is adapted to the new length.
  /// - Throws: `TrainingError.scheduleSpansRun` if the run would become longer than such a schedule,
  ///   `TrainingError.impossible` if it ends after a number of steps.
  public mutating func setEpochs(_ epochs: Int, rescheduling: Bool = false) throws {
    if let pace = checkpoint.pace {
      throw TrainingError.impossible(
        reason: "the run was planned to end after \(pace.end) steps, and its number of epochs follows from them")
    }
    let schedule = configuration.learningRate
    if rescheduling {
      configuration.learningRate = schedule.spanning(.epochs(epochs))
    } else if epochs > configuration.epochs && schedule.spansRun {
      throw TrainingError.scheduleSpansRun(epochs: configuration.epochs, wanted: epochs)
    }
    configuration.epochs = epochs
  }

  /// Checks that the state belongs to the same run.
  ///
  /// Everything except the number of epochs must be equal, and that number must not be less than the completed epochs.
  ///
  /// - Throws: `TrainingError.otherRun` with the first difference.
  public func expect(
    configuration wanted: TrainingConfiguration, model: LanguageModelConfiguration, tokenizer: AnyTokenizer,
    textHash: String
  ) throws {
    let ownModel = checkpoint.model.configuration
    try expect(tokenizer.kind, self.tokenizer.kind, "the tokenizer")
    try expect(tokenizer.vocabulary.count, self.tokenizer.vocabulary.count, "the vocabulary size")
    guard self.tokenizer == tokenizer else {
      throw TrainingError.otherRun(what: "the vocabulary", expected: "of other tokens", found: "of as many tokens")
    }
    try expect(Self.brief(textHash), Self.brief(self.textHash), "the text")
    try expect(model.embeddingSize, ownModel.embeddingSize, "the embedding size")
    try expect(Self.kinds(model), Self.kinds(ownModel), "the kind of recurrent layers")
    try expect(Self.sizes(model), Self.sizes(ownModel), "the hidden sizes")
    try expect(model.initializer, ownModel.initializer, "the initial weights' distribution")
    try expect(model.output, ownModel.output, "the output layer")
    try expect(model.dropout, ownModel.dropout, "the dropout")
    try expect(wanted.batches.batchSize, configuration.batches.batchSize, "the batch size")
    try expect(wanted.batches.sequenceLength, configuration.batches.sequenceLength, "the sequence length")
    try expect(wanted.batches, configuration.batches, "the batching")
    try expect(wanted.optimizer, configuration.optimizer, "the optimizer")
    try expect(wanted.learningRate.initial, configuration.learningRate.initial, "the learning rate")
    try expect(wanted.learningRate, configuration.learningRate, "the learning rate's schedule")
    try expect(Self.bound(wanted.clipNorm), Self.bound(configuration.clipNorm), "the clip norm")
    try expect(Self.bound(wanted.clipValue), Self.bound(configuration.clipValue), "the clip value")
    try expect(wanted.batchesPerUpdate, configuration.batchesPerUpdate, "the number of batches of an update")
    try expect(wanted.shards, configuration.shards, "the number of shards of a batch")
    try expect(
      wanted.patience.map(String.init) ?? "none", configuration.patience.map(String.init) ?? "none", "the patience")
    try expect(
      wanted.stepCount.map(String.init) ?? "none", configuration.stepCount.map(String.init) ?? "none",
      "the planned number of steps")
    try expect(wanted.objective, configuration.objective, "the training objective")
    try expect(wanted.reduction, configuration.reduction, "the loss's reduction")
    try expect(wanted.penalties, configuration.penalties, "the penalties")
    try expect(wanted.seed, configuration.seed, "the seed")
    try expect(wanted.precision, configuration.precision, "the precision")
    try expect(wanted.partRates, configuration.partRates, "the parts' rates")
    try expect(
      wanted.origin?.name ?? "none", configuration.origin?.name ?? "none", "the model that the run started from")
    try expect(wanted.vectors?.name ?? "none", configuration.vectors?.name ?? "none", "the word vectors")
    var rest = configuration
    rest.epochs = wanted.epochs
    // Catches settings that were added to the configurations but not to the checks above.
    guard rest == wanted, model == ownModel else {
      throw TrainingError.otherRun(what: "the configuration", expected: "different", found: "another")
    }
    let made = checkpoint.history.count
    guard made <= wanted.epochs || wanted.stepCount != nil else {
      throw TrainingError.otherRun(
        what: "the number of epochs", expected: "\(wanted.epochs)", found: "already at \(made)")
    }
  }

  private func expect<Value: Equatable>(_ wanted: Value, _ own: Value, _ what: String) throws {
    guard own != wanted else { return }
    throw TrainingError.otherRun(what: what, expected: "\(wanted)", found: "\(own)")
  }

  private static func brief(_ hash: String) -> String { "the one with sha256 \(hash.prefix(8))…" }
  private static func bound(_ bound: Float?) -> String { bound.map { "\($0)" } ?? "none" }
  private static func kinds(_ model: LanguageModelConfiguration) -> String {
    model.layers.map(\.kind).joined(separator: ", ")
  }
  private static func sizes(_ model: LanguageModelConfiguration) -> String {
    model.layers.map { "\($0.hiddenSize)" }.joined(separator: ",")
  }
}
