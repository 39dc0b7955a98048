import MynahIO
public import MynahModels
public import MynahText

/// A published experiment that can be repeated: its data, its model, how that is trained, and what should come of it.
///
/// The recipes are `Recipe.all`; `mynah reproduce` runs them.
public struct Recipe: Sendable {
  /// What it is called on a command line.
  public let name: String
  /// What it is and where it comes from, in a sentence.
  public let summary: String
  /// The named data set whose folder it reads; nil where the text is its own.
  public let dataSet: String?
  /// Reads the data from a folder.
  public let data: @Sendable (_ directory: String) throws -> RecipeData
  /// The sha256 of the training tokens as little-endian 32-bit integers: what is learned is this text and no other.
  public let trainingIDsSHA256: String
  /// The model for a number of tokens.
  public let model: @Sendable (_ vocabularySize: Int) -> LanguageModelConfiguration
  /// How it is trained.
  public let training: TrainingConfiguration
  /// Which model is tested.
  public let kept: Trainer.KeptModel
  /// How the test text is cut; nil: as the validation text.
  public let testBatches: BatchLayout?
  /// Figures of the validation text's predictions besides the loss.
  public let metrics: [Metric]
  /// What the same recipe gave elsewhere; nil: nothing to compare with epoch by epoch.
  public let reference: RecipeReference?
  /// What has to be met for it to count as reproduced.
  public let goals: [RecipeGoal]

  /// Creates a recipe.
  public init(
    name: String, summary: String, dataSet: String?,
    data: @escaping @Sendable (_ directory: String) throws -> RecipeData, trainingIDsSHA256: String,
    model: @escaping @Sendable (_ vocabularySize: Int) -> LanguageModelConfiguration, training: TrainingConfiguration,
    kept: Trainer.KeptModel = .last, testBatches: BatchLayout? = nil, metrics: [Metric] = [],
    reference: RecipeReference? = nil, goals: [RecipeGoal]
  ) {
    (self.name, self.summary, self.dataSet) = (name, summary, dataSet)
    (self.data, self.trainingIDsSHA256) = (data, trainingIDsSHA256)
    (self.model, self.training, self.kept) = (model, training, kept)
    (self.testBatches, self.metrics) = (testBatches, metrics)
    (self.reference, self.goals) = (reference, goals)
  }

  /// All recipes, in the order in which they are listed.
  public static let all: [Recipe] = [
    pennTreebank, padded, shakespeare, toy, brown, zarembaSmall, zarembaMedium, wikiText2,
  ]

  /// The recipe of a name; nil if there is none.
  public static func named(_ name: String) -> Recipe? { all.first { $0.name == name } }
}

/// The tokens that a recipe learns and is measured on.
public struct RecipeData: Sendable {
  /// The tokens to learn.
  public let training: [Int32]
  /// The tokens to measure after each epoch; nil if there are none.
  public let validation: [Int32]?
  /// The tokens to measure at the end; nil if there are none.
  public let test: [Int32]?
  /// How texts become these tokens.
  public let tokenizer: AnyTokenizer

  /// Creates data.
  public init(training: [Int32], validation: [Int32]? = nil, test: [Int32]? = nil, tokenizer: AnyTokenizer) {
    (self.training, self.validation, self.test, self.tokenizer) = (training, validation, test, tokenizer)
  }

  /// The sha256 of the training tokens as little-endian 32-bit integers, in hexadecimal digits.
  public var trainingIDsSHA256: String { SHA256.hexadecimal(of: training) }
}

/// What the same recipe gave elsewhere.
public struct RecipeReference: Hashable, Sendable {
  /// An epoch's perplexities.
  public struct Epoch: Hashable, Sendable {
    /// Of the training text while it was learned.
    public let train: Double
    /// Of the validation text after the epoch.
    public let validation: Double

    /// Creates an epoch's figures.
    public init(train: Double, validation: Double) { (self.train, self.validation) = (train, validation) }
  }

  /// What gave the figures: "PyTorch".
  public let source: String
  /// The epochs, first to last; they may be fewer than the recipe's.
  public let epochs: [Epoch]
  /// The test perplexity after the last epoch; nil if it is not known.
  public let test: Double?

  /// Creates a reference.
  public init(source: String, epochs: [(train: Double, validation: Double)], test: Double? = nil) {
    self.source = source
    self.epochs = epochs.map { Epoch(train: $0.train, validation: $0.validation) }
    self.test = test
  }
}
