import MynahModels
import MynahTensors
import MynahText

/// The tokenized training texts and validation texts of one member of the ensemble.
struct MemberData {
  let tokenizer: ClassifierTokenizer
  let learned, validation: [(ids: [Int32], label: Int)]
  /// The validation texts, with their classes.
  let validationTexts: [(text: String, label: Int)]
  /// The pretrained language model, if there is one.
  private let start: LanguageModel?

  init(
    _ text: LabelledText, _ classes: [Int], _ parts: ValidationTexts, reading: ClassifierSettings.Reading,
    settings: ClassifierSettings, languageModel: ModelFile?
  ) throws {
    let learnedText = parts.learned.lazy.map { (text: text.examples[$0].text, label: classes[$0]) }
    let form = languageModel == nil ? reading.form : .asWritten
    let tokens =
      languageModel?.tokenizer
      ?? AnyTokenizer(
        reading.tokenizer, training: learnedText.map { form($0.text) + "\n" }.joined(),
        minimumCount: settings.method == .naiveBayes ? 1 : nil)
    let tokenizer = ClassifierTokenizer(form: form, tokenizer: tokens, maximumTokenCount: settings.maximumTokenCount)
    validationTexts = parts.validation.map { (text.examples[$0].text, classes[$0]) }
    learned = try learnedText.map { (try tokenizer.encode($0.text), $0.label) }
    validation = try validationTexts.map { (try tokenizer.encode($0.text), $0.label) }
    self.tokenizer = tokenizer
    start = languageModel?.model
  }

  // MARK: Methods

  func naiveBayes(classCount: Int) -> NaiveBayes {
    let vocabulary = tokenizer.tokenizer.vocabulary
    return NaiveBayes(
      counting: learned.map { NaiveBayes.words($0.ids, vocabulary) }, classes: learned.map(\.label),
      classCount: classCount, wordCount: NaiveBayes.wordCount(of: vocabulary))
  }

  /// Returns log p(k): the logarithms of the classes' shares of the training texts.
  func logPriors(classCount: Int) -> [Double] {
    NaiveBayes.logPriors((0..<classCount).map { label in learned.count { $0.label == label } })
  }

  /// Trains one language model on all texts, then a copy of it for each class on the texts of that class.
  func classModels(
    classCount: Int, _ reading: ClassifierSettings.Reading, _ run: ClassifierRun
  ) throws -> ClassModels {
    let general = try languageModel(reading, run, name: "language model", seed: run.seed(1)) { $0 }
    let models = try (0..<classCount).map { label in
      var model = general
      try stage(
        "class \(label + 1) of \(classCount)", rate: run.settings.learningRate, epochs: run.settings.epochs, run,
        seed: run.seed(100 + UInt64(label)), of: label
      ) { $0 }.train(&model, run)
      return model
    }
    return ClassModels(models)
  }

  /// Trains a language model for each direction on all texts, then fine-tunes the classifier on the labels.
  func recurrentClassifier(
    classCount: Int, _ reading: ClassifierSettings.Reading, _ run: ClassifierRun
  ) throws -> RecurrentClassifier {
    let settings = run.settings
    let forward = try languageModel(reading, run, name: "language model", seed: run.seed(1)) { $0 }
    let backward =
      settings.isBidirectional
      ? try languageModel(reading, run, name: "language model, backwards", seed: run.seed(2), from: false) {
        $0.reversed()
      } : nil
    var random = RandomSource(seed: run.seed(3))
    var classifier = RecurrentClassifier(
      forward: forward, backward: backward, pooling: settings.pooling, classCount: classCount, using: &random)
    try FineTuning(learned: learned, validation: validation, seed: run.seed(4)).train(&classifier, run)
    return classifier
  }

  /// Trains a language model on all texts, starting from the pretrained model or from randomly initialised weights.
  private func languageModel(
    _ reading: ClassifierSettings.Reading, _ run: ClassifierRun, name: String, seed: UInt64,
    from usesStart: Bool = true,
    order: ([Int32]) -> [Int32]
  ) throws -> LanguageModel {
    var random = RandomSource(seed: seed)
    let configuration =
      start?.configuration
      ?? LanguageModelConfiguration(
        vocabulary: tokenizer.vocabularySize, embedding: reading.embeddingSize,
        layers: reading.hiddenSizes.map { .lstm($0) },
        dropout: DropoutRates(
          input: run.settings.dropout, hidden: run.settings.dropout, output: run.settings.dropout,
          isVariational: true))
    var model =
      usesStart ? start ?? LanguageModel(configuration, using: &random) : LanguageModel(configuration, using: &random)
    try stage(
      name, rate: run.settings.languageModelRate, epochs: reading.languageModelEpochs, run, seed: seed, order: order
    )
    .train(&model, run)
    return model
  }

  private func stage(
    _ name: String, rate: Float, epochs: Int, _ run: ClassifierRun, seed: UInt64, of label: Int? = nil,
    order: ([Int32]) -> [Int32]
  ) -> LanguageModelStage {
    func texts(_ all: [(ids: [Int32], label: Int)]) -> [[Int32]] {
      all.filter { label == nil || $0.label == label }.map { order($0.ids) }
    }
    return LanguageModelStage(
      name: name, learned: texts(learned), validation: texts(validation), rate: rate, epochs: epochs,
      batchSize: run.settings.batchSize, seed: seed)
  }
}
