public import MynahText

/// The method of classification.
public enum ClassificationMethod: String, Hashable, Codable, Sendable, CaseIterable {
  /// One language model per class.
  case perClass = "per-class"
  /// A recurrent classifier initialised from a language model.
  case fineTune = "fine-tune"
  /// Naive Bayes on word counts, as a baseline.
  case naiveBayes = "naive-bayes"
}

/// The settings that determine a classifier, together with the labelled texts and an optional pretrained language
/// model.
public struct ClassifierSettings: Hashable, Sendable {
  /// The text normalisation, tokenizer and model size of one member of the ensemble.
  public struct Reading: Hashable, Sendable {
    /// The normalisation applied to a text first.
    public var form: TextForm
    /// The kind of tokenizer.
    public var tokenizer: TokenizerKind
    /// E, the embedding size.
    public var embeddingSize: Int
    /// H, the hidden size, of each recurrent layer.
    public var hiddenSizes: [Int]
    /// The maximum number of epochs of the language models.
    public var languageModelEpochs: Int

    /// Creates a reading.
    public init(
      form: TextForm, tokenizer: TokenizerKind, embeddingSize: Int, hiddenSizes: [Int], languageModelEpochs: Int
    ) {
      (self.form, self.tokenizer, self.embeddingSize) = (form, tokenizer, embeddingSize)
      (self.hiddenSizes, self.languageModelEpochs) = (hiddenSizes, languageModelEpochs)
    }

    /// Lower-case words, with punctuation split off and every digit replaced by 0.
    public static let words = Reading(
      form: .folded, tokenizer: .word, embeddingSize: 64, hiddenSizes: [128], languageModelEpochs: 10)
    /// Characters as written.
    public static let characters = Reading(
      form: .asWritten, tokenizer: .character, embeddingSize: 32, hiddenSizes: [192], languageModelEpochs: 12)
  }

  /// The classification method.
  public var method: ClassificationMethod
  /// The members of the ensemble, whose probabilities are averaged; each has its own validation split.
  public var readings: [Reading]
  /// The maximum number of epochs of the class models or of the recurrent classifier.
  public var epochs: Int
  /// The learning rate of the language models, which are trained with Adam.
  public var languageModelRate: Float = 0.003
  /// The learning rate of the class models or of the recurrent classifier.
  public var learningRate: Float
  /// The kinds of pooling whose results a recurrent classifier concatenates.
  public var pooling: [Pooling] = Pooling.allCases
  /// A Boolean value indicating whether a recurrent classifier also reads texts backwards.
  public var isBidirectional = true
  /// The dropout rate of embeddings and layer outputs during training.
  public var dropout: Float = 0.5
  /// The embedding dropout of a recurrent classifier: the rate of dropping tokens, so that no single word is decisive.
  public var tokenDropout: Float = 0.2
  /// The number of buckets for hashed word and character n-grams, the features of a linear model that is combined with
  /// each member; 0 for no such model.
  public var ngramBucketCount: Int
  /// The batch size, in texts.
  public var batchSize = 32
  /// The share of each class's texts in the validation split, which is used for early stopping and calibration: above
  /// 0, below 1.
  public var validationShare = 0.1
  /// The maximum number of tokens of a text; longer texts are truncated.
  public var maximumTokenCount = 1024
  /// The random seed; equal seeds give bit-identical classifiers.
  public var seed: UInt64 = 1

  /// Creates the default settings of a method.
  public init(_ method: ClassificationMethod) {
    self.method = method
    ngramBucketCount = method == .fineTune ? 1 << 16 : 0
    switch method {
    case .perClass: (readings, epochs, learningRate) = ([.words, .words], 25, 0.002)
    case .fineTune: (readings, epochs, learningRate) = ([Reading](repeating: .words, count: 5), 8, 0.001)
    case .naiveBayes: (readings, epochs, learningRate) = ([.words], 1, 0.001)
    }
  }

  /// The maximum number of n-gram buckets.
  static let largestBucketCount = 1 << 24

  /// A description of the first invalid setting; nil if all settings are valid.
  public var defect: String? {
    let sizes = readings.flatMap { [$0.embeddingSize, $0.languageModelEpochs] + $0.hiddenSizes }
    if let size = (sizes + [epochs, batchSize, maximumTokenCount]).first(where: { !(1...1 << 20).contains($0) }) {
      return "sizes, epochs and lengths must lie between 1 and \(1 << 20), found \(size)"
    }
    guard (0...Self.largestBucketCount).contains(ngramBucketCount) else {
      return "buckets of n-grams must lie between 0 and \(Self.largestBucketCount), found \(ngramBucketCount)"
    }
    if readings.isEmpty || readings.contains(where: \.hiddenSizes.isEmpty) {
      return "a classifier needs at least one model, and each model at least one recurrent layer"
    }
    if pooling.isEmpty { return "a recurrent classifier needs a kind of pooling" }
    if let rate = [languageModelRate, learningRate].first(where: { !($0 > 0 && $0.isFinite) }) {
      return "learning rates must be positive, found \(rate)"
    }
    if let rate = [dropout, tokenDropout].first(where: { !($0 >= 0 && $0 < 1) }) {
      return "a dropout rate must be at least 0 and below 1, found \(rate)"
    }
    return validationShare > 0 && validationShare < 1
      ? nil : "the share of validation texts must be between 0 and 1, found \(validationShare)"
  }
}
