import MynahModels
import MynahText

// W. Zaremba, I. Sutskever, O. Vinyals, "Recurrent neural network regularization", 2014, with the settings of the
// authors' program: all weights and biases are initialised uniformly, the gradients of a loss summed over the steps are
// clipped by their norm, and dropout is applied to the embeddings and to each layer's outputs.

extension Recipe {
  /// The small model, without regularisation: two LSTMs of 200 units, 13 epochs; test perplexity 114.5 in the paper.
  public static let zarembaSmall = zaremba(
    name: "zaremba-small",
    summary:
      "Zaremba's small model of the Penn Treebank: two LSTMs of 200, 13 epochs; test perplexity 114.5 in the paper",
    hidden: 200, range: 0.1, dropout: 0, steps: 20,
    rate: .init(initial: 1, factor: 0.5, constantEpochs: 4), epochs: 13, testLimit: 117)

  /// The medium model: two LSTMs of 650 units, dropout 0.5 on non-recurrent connections, 39 epochs.
  ///
  /// The test perplexity in the paper is 82.7.
  public static let zarembaMedium = zaremba(
    name: "zaremba-medium",
    summary: "Zaremba's medium model of the Penn Treebank: two LSTMs of 650, dropout 0.5, 39 epochs; "
      + "test perplexity 82.7 in the paper",
    hidden: 650, range: 0.05, dropout: 0.5, steps: 35,
    rate: .init(initial: 1, factor: 0.8, constantEpochs: 6), epochs: 39, testLimit: 84.5)

  /// The large model: two LSTMs of 1,500 units, dropout 0.65, 55 epochs, gradients clipped to a norm of 10.
  ///
  /// The test perplexity in the paper is 78.4.
  public static let zarembaLarge = zaremba(
    name: "zaremba-large",
    summary: "Zaremba's large model of the Penn Treebank: two LSTMs of 1,500, dropout 0.65, 55 epochs; "
      + "test perplexity 78.4 in the paper",
    hidden: 1500, range: 0.04, dropout: 0.65, steps: 35,
    rate: .init(initial: 1, factor: 1 / 1.15, constantEpochs: 14), clipNorm: 10, epochs: 55, testLimit: 80)

  private static func zaremba(
    name: String, summary: String, hidden: Int, range: Float, dropout: Float, steps: Int, rate: LearningRateSchedule,
    clipNorm: Float = 5, epochs: Int, testLimit: Double
  ) -> Recipe {
    Recipe(
      name: name, summary: summary, dataSet: "ptb", data: pennTreebankData, trainingIDsSHA256: pennTreebankSHA256,
      model: { vocabularySize in
        var model = LanguageModelConfiguration(
          vocabulary: vocabularySize, embedding: hidden, layers: [.lstm(hidden), .lstm(hidden)],
          dropout: DropoutRates(input: dropout, hidden: dropout, output: dropout), initializer: .uniform(range))
        model.recurrentBiasInitializer = .uniform(range)
        return model
      },
      training: TrainingConfiguration(
        learningRate: rate, clipNorm: clipNorm, epochs: epochs,
        batches: .contiguous(batchSize: 20, sequenceLength: steps)),
      // The test text is read from start to end in one row.
      testBatches: .contiguous(batchSize: 1, sequenceLength: steps, remainder: .keep), goals: [.test(atMost: testLimit)]
    )
  }
}
