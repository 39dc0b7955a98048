import MynahDatasets
import MynahModels
import MynahText

extension Recipe {
  /// The Penn Treebank benchmark: an embedding size of 200, LSTMs of 256 and 128 units, 15 epochs of SGD.
  ///
  /// The learning rate is 1, halved at each epoch after the fifth. The loss is summed over 20 steps and averaged over
  /// 60 rows. Gradients are clipped to a global norm of 5. Weights are initialised uniformly in ±0.1, LSTM biases to 0.
  /// The experiment's source (TensorFlow) shows the first epoch only: train 430.3, validation 233.7.
  ///
  /// The reference is PyTorch 2.13 on a CPU, seed 1. The results vary with the seed: the first epoch's train perplexity
  /// was 432.1, 430.3 and 430.3 for seeds 1, 2 and 3, its validation perplexity 260.0, 260.4 and 237.4.
  public static let pennTreebank = Recipe(
    name: "ptb",
    summary: "the Penn Treebank: an embedding of 200, LSTMs of 256 and 128, gradient descent, 15 epochs; "
      + "its test perplexity in PyTorch is 117.95",
    dataSet: "ptb", data: pennTreebankData, trainingIDsSHA256: pennTreebankSHA256,
    model: { vocabularySize in
      LanguageModelConfiguration(vocabulary: vocabularySize, embedding: 200, layers: [.lstm(256), .lstm(128)])
    },
    training: TrainingConfiguration(
      learningRate: .halving(from: 1, after: 5), clipNorm: 5, epochs: 15,
      batches: .contiguous(batchSize: 60, sequenceLength: 20)),
    reference: RecipeReference(
      source: "PyTorch",
      epochs: [
        (432.06, 259.97), (186.20, 173.88), (137.72, 151.55), (113.90, 141.44), (98.94, 135.82), (80.44, 126.43),
        (70.47, 124.11), (65.12, 123.06), (62.19, 122.47), (60.60, 122.21), (59.72, 122.06), (59.25, 121.92),
        (58.99, 121.76), (58.86, 121.62), (58.79, 121.53),
      ], test: 117.95),
    goals: [.asReference(within: 0.02)])

  /// Reads the Penn Treebank, or another text in the same format.
  static func pennTreebankData(at directory: String) throws -> RecipeData {
    let treebank = try PennTreebank(at: directory)
    return RecipeData(
      training: treebank.train, validation: treebank.valid, test: treebank.test, tokenizer: .word(treebank.tokenizer))
  }

  static let pennTreebankSHA256 = "13ceaa94f7754f019f361799bfe0af70af87d2d5d704777713f8c47abbd875bf"
}
