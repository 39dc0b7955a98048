import MynahDatasets
import MynahModels
import MynahText

// Models of the Berkeley course w266: embedding and output weights are initialised uniformly in ±1, recurrent layers
// with Keras's defaults; dropout 0.1 on the LSTMs' outputs; Adam with learning rate 0.01.

extension Recipe {
  /// The Brown corpus: 10,000 words, two LSTMs of 200 units, 10 epochs, windows of 25 tokens.
  ///
  /// The reference is PyTorch 2.13 on a CPU, seed 1, for the first 3 epochs only (`Scripts/reference-recipes.py`). The
  /// mean loss of the first epoch varies with the seed, because it depends on how early a run improves on unigram
  /// frequencies.
  public static let brown = Recipe(
    name: "brown",
    summary: "the Brown corpus: 10,000 words, two LSTMs of 200, Adam, 10 epochs of windows of 25",
    dataSet: "brown",
    data: { directory in
      let corpus = try Brown(at: directory)
      // The course's program drops a window that is followed by fewer than 25 tokens.
      let testCount = max(0, corpus.test.ids.count - 25) / 25 * 25 + 1
      return RecipeData(
        training: corpus.train.ids, validation: Array(corpus.test.ids.prefix(testCount)),
        tokenizer: .word(corpus.tokenizer))
    },
    trainingIDsSHA256: "cf2d089a905259950f2aafd6fbd616f6b14726c71f2d66d7133309c0c2395a10",
    model: { w266Model(vocabularySize: $0, size: 200, layerCount: 2) },
    training: w266Training(epochs: 10, batches: .windows(batchSize: 100, sequenceLength: 25, buffer: 2500)),
    metrics: [.accuracy],
    reference: RecipeReference(source: "PyTorch", epochs: [(224.88, 152.56), (134.73, 130.66), (110.30, 123.97)]),
    goals: [.asReference(within: 0.1)])

  /// Two sentences about a lamb, repeated a hundred times: an LSTM of 10 units memorises them in 20 epochs.
  public static let toy = Recipe(
    name: "toy",
    summary: "two sentences about a lamb: an LSTM of 10 learns them by heart in 20 epochs; needs no data",
    dataSet: nil,
    data: { _ in
      let corpus = ToyCorpus()
      let last = corpus.targets.suffix(1)
      return RecipeData(training: corpus.inputs + last, tokenizer: .word(corpus.tokenizer))
    },
    trainingIDsSHA256: "18f441387a2e24846ae5b46ed4bca52ea61082971a09649b9ee658d1dde8ee70",
    model: { w266Model(vocabularySize: $0, size: 10, layerCount: 1) },
    training: w266Training(epochs: 20, batches: .windows(batchSize: 32, sequenceLength: 8, buffer: 200, repeats: 100)),
    goals: [.trainingLoss(atMost: 0.1)])

  private static func w266Model(vocabularySize: Int, size: Int, layerCount: Int) -> LanguageModelConfiguration {
    keras(
      LanguageModelConfiguration(
        vocabulary: vocabularySize, embedding: size,
        layers: Array(repeating: .lstm(size, forgetBias: 1), count: layerCount), dropout: .outputs(0.1)),
      embedding: .uniform(1), output: .uniform(1))
  }

  private static func w266Training(epochs: Int, batches: BatchLayout) -> TrainingConfiguration {
    TrainingConfiguration(
      optimizer: OptimizerConfiguration(Adam(epsilon: 1e-7)), learningRate: .constant(0.01), clipNorm: nil,
      epochs: epochs, batches: batches, reduction: .meanPerTarget)
  }
}
