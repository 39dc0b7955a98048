import MynahDatasets
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import MynahTraining

/// The demo's experiment: texts sampled from the demo language, a model that is trained on them, and its measurements.
struct DemoExperiment {
  /// The language: its true perplexity is known in closed form.
  let language = DemoLanguage()
  /// The training tokens, sampled from the language.
  let training: [Int32]
  /// The test tokens, sampled separately.
  let test: [Int32]
  /// The training configuration.
  let configuration = TrainingConfiguration(
    learningRate: LearningRateSchedule(initial: 1, factor: 0.25, constantEpochs: 1), clipNorm: 5, epochs: 3,
    batches: .contiguous(batchSize: 20, sequenceLength: 20))
  /// The model before training.
  let untrained: LanguageModel

  /// Samples the texts and the initial weights.
  init(seed: UInt64) {
    var random = RandomSource(seed: seed)
    training = language.sample(tokenCount: 800_000, using: &random)
    test = language.sample(tokenCount: 100_000, using: &random)
    untrained = LanguageModel(
      LanguageModelConfiguration(vocabulary: language.vocabulary.count, embedding: 64, layers: [.lstm(128)]),
      using: &random)
  }

  /// Trains a copy of the model.
  func train(stoppingIf shouldStop: @escaping @Sendable () -> Bool, report: (TrainingEvent) throws -> Void) throws
    -> LanguageModel
  {
    var trainer = Trainer(configuration)
    trainer.shouldStop = shouldStop
    var model = untrained
    try trainer.train(&model, on: training, report: report)
    return model
  }

  /// Returns the perplexity of the test text, each token predicted from all preceding tokens.
  func perplexity(of model: LanguageModel) throws -> Double {
    let start = language.vocabulary.endOfSentenceID.map { [$0] } ?? []
    return try model.loss(of: start + test).perplexity
  }

  /// The perplexity of an add-one trigram model of the same text.
  var trigramPerplexity: Double {
    TrigramModel(
      training: training, vocabularySize: language.vocabulary.count, startID: language.vocabulary.endOfSentenceID ?? 0
    ).perplexity(of: test)
  }

  /// Generates whole sentences with a model and returns their tokens.
  func write(_ model: LanguageModel, sentences: Int, seed: UInt64) throws -> [Int32] {
    let file = ModelFile(model: model, tokenizer: try AnyTokenizer(language.tokenizer))
    // An untrained model may take long to end a sentence.
    let options = GenerationOptions(length: 60 * sentences)
    var generator = try TextGenerator(file, prompt: "", options: options, random: RandomSource(seed: seed))
    var (ids, rest) = ([Int32](), sentences)
    while rest > 0, let id = try generator.next()?.id {
      ids.append(id)
      if id == language.vocabulary.endOfSentenceID { rest -= 1 }
    }
    return ids
  }
}
