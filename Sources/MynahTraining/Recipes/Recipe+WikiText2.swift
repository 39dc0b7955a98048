import MynahModels
import MynahText

extension Recipe {
  /// WikiText-2 with the settings of PyTorch's word language model example: two LSTMs of 200 units, dropout
  /// 0.2, 6 epochs.
  ///
  /// The example reports a test perplexity of 142.07.
  ///
  /// The learning rate is 20 for the mean over all targets, divided by 4 whenever the validation loss does not
  /// decrease. Gradients are clipped to a norm of 0.25. The model with the lowest validation loss is tested. PyTorch's
  /// layers add two biases; Mynah's have one.
  public static let wikiText2 = Recipe(
    name: "wikitext-2",
    summary:
      "WikiText-2: two LSTMs of 200 as in PyTorch's example, dropout 0.2, 6 epochs; test perplexity 142.07 there",
    dataSet: "wikitext-2", data: pennTreebankData,
    trainingIDsSHA256: wikiText2SHA256,
    model: { vocabularySize in
      // PyTorch initialises an LSTM's weights uniformly in ±1/√H.
      let range = 1 / Float(200).squareRoot()
      var model = LanguageModelConfiguration(
        vocabulary: vocabularySize, embedding: 200, layers: [.lstm(200), .lstm(200)],
        dropout: DropoutRates(input: 0.2, hidden: 0.2, output: 0.2), initializer: .uniform(range))
      model.embeddingInitializer = .uniform(0.1)
      model.outputInitializer = .uniform(0.1)
      model.recurrentBiasInitializer = .uniform(range)
      return model
    },
    training: TrainingConfiguration(
      learningRate: LearningRateSchedule(initial: 20, factors: [.plateau(by: 0.25, patience: 0)]), clipNorm: 0.25,
      epochs: 6, batches: .contiguous(batchSize: 20, sequenceLength: 35), reduction: .meanPerTarget),
    kept: .best, testBatches: .contiguous(batchSize: 10, sequenceLength: 35, remainder: .keep),
    goals: [.test(atMost: 146)])

  static let wikiText2SHA256 = "d5163de236cc4b80fa5c2f2aa3b829899ae21d97700c96d1a459ac457e36574e"
}
