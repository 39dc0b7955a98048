import MynahIO
public import MynahModels
public import MynahText

/// A published experiment that can be reproduced: its data, model, training configuration and expected results.
///
/// `Recipe.all` contains all recipes.
public struct Recipe: Sendable {
  /// The name that selects the recipe.
  public let name: String
  /// A one-sentence description of the recipe and its source.
  public let summary: String
  /// The name of the data set whose folder the recipe reads; nil if the recipe contains its text.
  public let dataSet: String?
  /// Reads the data from a folder.
  public let data: @Sendable (_ directory: String) throws -> RecipeData
  /// The SHA-256 of the training tokens as little-endian 32-bit integers, which verifies the training data.
  public let trainingIDsSHA256: String
  /// Returns the model configuration for a vocabulary size.
  public let model: @Sendable (_ vocabularySize: Int) -> LanguageModelConfiguration
  /// The configuration of the training run.
  public let training: TrainingConfiguration
  /// The model that is tested.
  public let kept: Trainer.KeptModel
  /// The batching of the validation text; nil for that of the training text, unshuffled.
  public let validationBatches: BatchLayout?
  /// The batching of the test text; nil for that of the validation text.
  public let testBatches: BatchLayout?
  /// The metrics on the validation text in addition to the loss.
  public let metrics: [Metric]
  /// The reference results; nil if there are none to compare with epoch by epoch.
  public let reference: RecipeReference?
  /// The goals that a run must meet for the recipe to count as reproduced.
  public let goals: [RecipeGoal]

  /// Creates a recipe.
  public init(
    name: String, summary: String, dataSet: String?,
    data: @escaping @Sendable (_ directory: String) throws -> RecipeData, trainingIDsSHA256: String,
    model: @escaping @Sendable (_ vocabularySize: Int) -> LanguageModelConfiguration, training: TrainingConfiguration,
    kept: Trainer.KeptModel = .last, validationBatches: BatchLayout? = nil, testBatches: BatchLayout? = nil,
    metrics: [Metric] = [], reference: RecipeReference? = nil, goals: [RecipeGoal]
  ) {
    (self.name, self.summary, self.dataSet) = (name, summary, dataSet)
    (self.data, self.trainingIDsSHA256) = (data, trainingIDsSHA256)
    (self.model, self.training, self.kept) = (model, training, kept)
    (self.validationBatches, self.testBatches, self.metrics) = (validationBatches, testBatches, metrics)
    (self.reference, self.goals) = (reference, goals)
  }

  /// All recipes, in the order in which they are listed.
  public static let all: [Recipe] = [
    pennTreebank, padded, shakespeare, toy, brown, zarembaSmall, zarembaMedium, zarembaLarge, wikiText2, awdLSTM,
    awdLSTMWikiText2, awdLSTMCharacters, awdQRNN, awdMixture,
  ]

  /// Returns the batches of a validation text.
  ///
  /// - Parameter layout: The batching of the training text.
  /// - Throws: `TextError` if there is no token to predict.
  package func validationBatches(of text: [Int32], trainedWith layout: BatchLayout) throws(TextError) -> EpochBatches {
    try (validationBatches ?? layout).batchesInOrder(of: text)
  }

  /// Returns the recipe with a name; nil if there is none.
  public static func named(_ name: String) -> Recipe? { all.first { $0.name == name } }
}

/// The training, validation and test tokens of a recipe.
public struct RecipeData: Sendable {
  /// The training tokens.
  public let training: [Int32]
  /// The tokens to validate on after each epoch; nil if there are none.
  public let validation: [Int32]?
  /// The tokens to test on at the end; nil if there are none.
  public let test: [Int32]?
  /// The tokenizer of the texts.
  public let tokenizer: AnyTokenizer

  /// Creates the data of a recipe.
  public init(training: [Int32], validation: [Int32]? = nil, test: [Int32]? = nil, tokenizer: AnyTokenizer) {
    (self.training, self.validation, self.test, self.tokenizer) = (training, validation, test, tokenizer)
  }

  /// The SHA-256 of the training tokens as little-endian 32-bit integers, in hexadecimal.
  public var trainingIDsSHA256: String { SHA256.hexadecimal(of: training) }
}

/// The reference results of a recipe, from another implementation.
public struct RecipeReference: Hashable, Sendable {
  /// The perplexities of an epoch.
  public struct Epoch: Hashable, Sendable {
    /// The perplexity of the training text during the epoch.
    public let train: Double
    /// The perplexity of the validation text after the epoch.
    public let validation: Double

    /// Creates the perplexities of an epoch.
    public init(train: Double, validation: Double) { (self.train, self.validation) = (train, validation) }
  }

  /// The implementation that produced the results: "PyTorch".
  public let source: String
  /// The epochs in order; they may be fewer than the recipe's.
  public let epochs: [Epoch]
  /// The test perplexity after the last epoch; nil if unknown.
  public let test: Double?

  /// Creates a reference.
  public init(source: String, epochs: [(train: Double, validation: Double)], test: Double? = nil) {
    self.source = source
    self.epochs = epochs.map { Epoch(train: $0.train, validation: $0.validation) }
    self.test = test
  }
}
