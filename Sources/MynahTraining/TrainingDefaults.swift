public import MynahModels
public import MynahText

/// Default settings of a model and a training run for a text.
///
/// Longer texts get a larger model and fewer epochs. The batch size is chosen so that an epoch has at least about fifty
/// updates. The learning rate that is halved in the second half of the run, the clip norm of 5 and the initial range
/// ±0.1 are common values for LSTM language models (W. Zaremba, I. Sutskever, O. Vinyals, 2014).
public struct TrainingDefaults: Hashable, Sendable {
  /// The configuration of the model.
  public let model: LanguageModelConfiguration
  /// The configuration of the training run.
  public let training: TrainingConfiguration

  init(model: LanguageModelConfiguration, training: TrainingConfiguration) {
    (self.model, self.training) = (model, training)
  }

  /// Chooses the settings from the number of training tokens and the tokenizer.
  ///
  /// - Parameter epochs: The number of passes over the text; nil for the default. The learning rate schedule depends on
  ///   it; for 0, it is that of the default, with which the run can be continued.
  public init(tokenCount: Int, tokenizer: AnyTokenizer, epochs: Int? = nil) {
    let size = Size(tokenCount: tokenCount, tokenizer: tokenizer)
    let sequenceLength = max(1, min(size.sequenceLength, tokenCount - 1))
    let batchSize = max(1, min(size.batchSize, tokenCount / (50 * sequenceLength)))
    let scheduled = epochs.flatMap { $0 > 0 ? $0 : nil } ?? size.epochs
    model = LanguageModelConfiguration(
      vocabulary: tokenizer.vocabulary.count, embedding: size.embedding, layers: size.hidden.map { .lstm($0) },
      dropout: .outputs(size.dropout))
    training = TrainingConfiguration(
      optimizer: .sgd, learningRate: .halving(from: 1, after: (scheduled + 1) / 2), clipNorm: 5,
      epochs: epochs ?? size.epochs,
      batches: .contiguous(batchSize: batchSize, sequenceLength: sequenceLength), seed: 1)
  }

  /// A row of the table of sizes.
  private struct Size {
    let embedding: Int, hidden: [Int], dropout: Float, batchSize: Int, sequenceLength: Int, epochs: Int

    init(tokenCount: Int, tokenizer: AnyTokenizer) {
      switch (tokenizer.hasWords, tokenCount) {
      case (true, ..<50_000): self.init(64, [128], dropout: 0.5, batch: 20, steps: 20, epochs: 10)
      case (true, ..<400_000): self.init(128, [200], dropout: 0.4, batch: 20, steps: 20, epochs: 8)
      case (true, ..<4_000_000): self.init(200, [256, 128], dropout: 0.2, batch: 40, steps: 20, epochs: 10)
      case (true, _): self.init(256, [512, 256], dropout: 0, batch: 64, steps: 32, epochs: 6)
      case (false, ..<200_000): self.init(32, [128], dropout: 0, batch: 20, steps: 40, epochs: 20)
      case (false, ..<4_000_000): self.init(48, [256], dropout: 0, batch: 40, steps: 50, epochs: 10)
      case (false, _): self.init(64, [512], dropout: 0, batch: 64, steps: 64, epochs: 5)
      }
    }

    private init(
      _ embedding: Int, _ hidden: [Int], dropout: Float, batch batchSize: Int, steps sequenceLength: Int, epochs: Int
    ) {
      (self.embedding, self.hidden, self.dropout) = (embedding, hidden, dropout)
      (self.batchSize, self.sequenceLength, self.epochs) = (batchSize, sequenceLength, epochs)
    }
  }
}
