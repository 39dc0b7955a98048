import MynahDatasets
import MynahModels
import MynahText

extension Recipe {
  /// A million characters of Shakespeare: an embedding of 256, an LSTM of 1024, 20 epochs of windows of 100 characters.
  ///
  /// Layers begin as Keras draws them: the embedding uniform in ±0.05, matrices by Glorot, orthogonal from state to state, forget
  /// gates' biases at 1. Adam at 0.0001; TensorFlow's tutorial on text generation, which the experiment follows, has 0.001.
  ///
  /// The reference is PyTorch 2.13 on a CPU, seed 1, of which 3 epochs were made (`Scripts/reference-recipes.py`). The document prints a
  /// running loss of 2.8563 nats after 19 batches of epoch 3, a perplexity of 17.4. When a run leaves the plateau where it knows
  /// nothing but how frequent each character is, a perplexity of 27, is a matter of the seed.
  public static let shakespeare = Recipe(
    name: "shakespeare",
    summary:
      "a million characters of Shakespeare: an embedding of 256, an LSTM of 1024, Adam, 20 epochs of windows of 100",
    dataSet: "tinyshakespeare",
    data: { directory in
      let plays = try TinyShakespeare(at: directory)
      return RecipeData(
        training: plays.train, validation: plays.valid, test: plays.test, tokenizer: .character(plays.tokenizer))
    },
    trainingIDsSHA256: "6284fb9ee2a90b6e28ed1da5558945cbaf3de7ef6fb6a02e611961fa16a03c5a",
    model: { vocabularySize in
      keras(
        LanguageModelConfiguration(
          vocabulary: vocabularySize, embedding: 256, layers: [.lstm(1024, forgetBias: 1)]),
        embedding: .uniform(0.05), output: .glorotUniform)
    },
    training: TrainingConfiguration(
      optimizer: OptimizerConfiguration(Adam(epsilon: 1e-7)), learningRate: .constant(0.0001), clipNorm: nil,
      epochs: 20,
      batches: .windows(size: 64, steps: 100, buffer: 10_000, remainder: .drop), reduction: .meanPerTarget),
    kept: .best,
    reference: RecipeReference(source: "PyTorch", epochs: [(32.07, 27.32), (22.78, 18.39), (15.69, 13.55)]),
    goals: [.asReference(within: 0.1)])

  /// A model whose layers begin as Keras draws them.
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
