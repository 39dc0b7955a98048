import MynahModels
import MynahText

extension Recipe {
  /// Independent sentences of the Penn Treebank, padded or truncated to 20 words.
  ///
  /// The model has an embedding size of ⌊V^¼⌋ = 10 and an LSTM of 128 units, with dropout 0.5 on its inputs and
  /// outputs; it is trained for 5 epochs.
  ///
  /// Words are numbered as in the Keras `Tokenizer`; 0 is padding and separates the sentences. The loss is summed over
  /// the non-padding targets of a batch. There is no end-of-sentence token.
  ///
  /// The reference is PyTorch 2.13 on a CPU, seed 1 (`Scripts/reference-recipes.py`). The perplexity falls steeply:
  /// Mynah with seed 1 differs by 3 % after the third epoch and by 0.1 % after the last.
  public static let padded = Recipe(
    name: "padded",
    summary:
      "sentences of the Penn Treebank padded to 20 words: an embedding of 10, an LSTM of 128, dropout 0.5, Adam, "
      + "5 epochs",
    dataSet: "ptb",
    data: { directory in
      let corpus = try Corpus(at: directory)
      func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }
      let training = lines(corpus.training)
      let tokenizer = KerasTokenizer(.init(wordLimit: 10_000, filters: ""), training: training)
      func ids(_ lines: [String]) throws -> [Int32] {
        var ids: [Int32] = []
        for line in lines { ids += try tokenizer.encode(line).ids + [0] }
        return ids
      }
      return RecipeData(
        training: try ids(training), validation: try ids(lines(corpus.validation)),
        test: try corpus.test.map { try ids(lines($0)) }, tokenizer: .kerasWord(tokenizer)
      )
    },
    trainingIDsSHA256: "516282e01811440b89a8e4e8eedcbcef38317586f9c816b0017ebef3a21e8bcf",
    model: { vocabularySize in
      let size = Embedding.defaultSize(vocabularySize: vocabularySize)
      return keras(
        LanguageModelConfiguration(
          vocabulary: vocabularySize, embedding: size, layers: [.lstm(128, forgetBias: 1)],
          dropout: DropoutRates(layerInput: 0.5, output: 0.5)),
        embedding: Embedding.defaultInitializer(size: size), output: .glorotUniform)
    },
    training: TrainingConfiguration(
      optimizer: OptimizerConfiguration(Adam(epsilon: 1e-7)), learningRate: .constant(0.001), clipNorm: nil, epochs: 5,
      batches: .sentences(batchSize: 64, maximumLength: 20, endingWith: 0, buffer: 50_000), reduction: .sum),
    reference: RecipeReference(
      source: "PyTorch",
      epochs: [(1055.08, 788.53), (744.73, 648.29), (629.01, 537.22), (545.42, 470.41), (488.79, 425.78)]),
    goals: [.asReference(within: 0.06)])
}
