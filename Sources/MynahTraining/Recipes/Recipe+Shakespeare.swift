import MynahDatasets
import MynahModels
import MynahText

extension Recipe {
  /// A million characters of Shakespeare: an embedding size of 256, an LSTM of 1024 units, 20 epochs, windows of 100.
  ///
  /// Layers are initialised with Keras's defaults: the embedding uniformly in ±0.05, weight matrices with Glorot,
  /// recurrent matrices orthogonally, forget gate biases to 1. Adam's learning rate is 0.0001; TensorFlow's text
  /// generation tutorial, which the experiment follows, uses 0.001.
  ///
  /// The reference is PyTorch 2.13 on a CPU, seed 1, for the first 3 epochs only (`Scripts/reference-recipes.py`). The
  /// experiment's source shows a running loss of 2.8563 nats after 19 batches of epoch 3, a perplexity of 17.4. A run
  /// first reaches a plateau at unigram frequencies (perplexity 27); the step at which it leaves the plateau varies
  /// with the seed.
  public static let shakespeare = Recipe(
    name: "shakespeare",
    summary:
      "a million characters of Shakespeare: an embedding of 256, an LSTM of 1024, Adam, 20 epochs of windows of 100",
    dataSet: "tinyshakespeare",
    data: shakespeareData, trainingIDsSHA256: shakespeareSHA256,
    model: { vocabularySize in
      keras(
        LanguageModelConfiguration(
          vocabulary: vocabularySize, embedding: 256, layers: [.lstm(1024, forgetBias: 1)]),
        embedding: .uniform(0.05), output: .glorotUniform)
    },
    training: TrainingConfiguration(
      optimizer: OptimizerConfiguration(Adam(epsilon: 1e-7)), learningRate: .constant(0.0001), clipNorm: nil,
      epochs: 20,
      batches: .windows(batchSize: 64, sequenceLength: 100, buffer: 10_000, remainder: .drop), reduction: .meanPerTarget
    ),
    kept: .best,
    reference: RecipeReference(source: "PyTorch", epochs: [(32.07, 27.32), (22.78, 18.39), (15.69, 13.55)]),
    goals: [.asReference(within: 0.1)])

  /// Reads the plays as characters.
  static func shakespeareData(at directory: String) throws -> RecipeData {
    let plays = try TinyShakespeare(at: directory)
    return RecipeData(
      training: plays.train, validation: plays.valid, test: plays.test, tokenizer: .character(plays.tokenizer))
  }

  static let shakespeareSHA256 = "6284fb9ee2a90b6e28ed1da5558945cbaf3de7ef6fb6a02e611961fa16a03c5a"

  /// Returns a model with Keras's default initialisation.
  static func keras(
    _ model: LanguageModelConfiguration, embedding: Initializer, output: Initializer
  ) -> LanguageModelConfiguration {
    var model = model
    model.initializer = .glorotUniform
    model.recurrentInitializer = .orthogonal
    model.embeddingInitializer = embedding
    model.outputInitializer = output
    return model
  }
}
