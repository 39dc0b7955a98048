public import MynahModels
public import MynahText

/// A model and a training run that suit a text, for those who choose nothing themselves.
///
/// More text feeds a larger model and needs fewer passes. Rows are as many as leave some fifty updates in an epoch; of
/// the learning rate, halved in the second half of the run, the clip to a norm of 5 and the initial range ±0.1 the usual
/// values for LSTM language models are taken (W. Zaremba, I. Sutskever, O. Vinyals, 2014).
public struct TrainingDefaults: Hashable, Sendable {
  /// The model's shape.
  public let model: LanguageModelConfiguration
  /// The run.
  public let training: TrainingConfiguration

  /// Chooses by the number of tokens to learn and by their kind.
  ///
  /// - Parameter epochs: Passes over the text if they are not to be chosen; the learning rate follows them.
  public init(tokenCount: Int, tokenizer: AnyTokenizer, epochs: Int? = nil) {
    let size = Size(tokenCount: tokenCount, tokenizer: tokenizer)
    let steps = max(1, min(size.steps, tokenCount - 1))
    let rows = max(1, min(size.rows, tokenCount / (50 * steps)))
    let epochs = epochs ?? size.epochs
    model = LanguageModelConfiguration(
      vocabulary: tokenizer.vocabulary.count, embedding: size.embedding, layers: size.hidden.map { .lstm($0) },
      dropout: .outputs(size.dropout))
    training = TrainingConfiguration(
      optimizer: .sgd, learningRate: .halving(from: 1, after: (epochs + 1) / 2), clipNorm: 5, epochs: epochs,
      batches: .contiguous(size: rows, steps: steps), seed: 1)
  }

  /// A row of the table of sizes.
  private struct Size {
    let embedding: Int, hidden: [Int], dropout: Float, rows: Int, steps: Int, epochs: Int

    init(tokenCount: Int, tokenizer: AnyTokenizer) {
      switch (tokenizer.hasWords, tokenCount) {
      case (true, ..<50_000): self.init(64, [128], dropout: 0.5, rows: 20, steps: 20, epochs: 10)
      case (true, ..<400_000): self.init(128, [200], dropout: 0.4, rows: 20, steps: 20, epochs: 8)
      case (true, ..<4_000_000): self.init(200, [256, 128], dropout: 0.2, rows: 40, steps: 20, epochs: 10)
      case (true, _): self.init(256, [512, 256], dropout: 0, rows: 64, steps: 32, epochs: 6)
      case (false, ..<200_000): self.init(32, [128], dropout: 0, rows: 20, steps: 40, epochs: 20)
      case (false, ..<4_000_000): self.init(48, [256], dropout: 0, rows: 40, steps: 50, epochs: 10)
      case (false, _): self.init(64, [512], dropout: 0, rows: 64, steps: 64, epochs: 5)
      }
    }

    private init(_ embedding: Int, _ hidden: [Int], dropout: Float, rows: Int, steps: Int, epochs: Int) {
      (self.embedding, self.hidden, self.dropout) = (embedding, hidden, dropout)
      (self.rows, self.steps, self.epochs) = (rows, steps, epochs)
    }
  }
}
