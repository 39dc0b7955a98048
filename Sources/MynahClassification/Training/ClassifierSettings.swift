public import MynahText

/// How texts are told apart.
public enum ClassificationMethod: String, Hashable, Codable, Sendable, CaseIterable {
  /// A language model for each class.
  case perClass = "per-class"
  /// A recurrent classifier that begins as a language model.
  case fineTune = "fine-tune"
  /// Word counts, for comparison.
  case naiveBayes = "naive-bayes"
}

/// What determines a classifier, besides the labelled texts and a model to begin with.
public struct ClassifierSettings: Hashable, Sendable {
  /// How texts are read, and by models of which size: one member of an ensemble.
  public struct Reading: Hashable, Sendable {
    /// What is made of a text first.
    public var form: TextForm
    /// What the tokens are.
    public var level: TokenLevel
    /// E, the size of a token's vector.
    public var embeddingSize: Int
    /// H of each recurrent layer.
    public var hiddenSizes: [Int]
    /// Passes of the language models over the texts at most.
    public var languageModelEpochs: Int

    /// Creates a reading.
    public init(
      form: TextForm, level: TokenLevel, embeddingSize: Int, hiddenSizes: [Int], languageModelEpochs: Int
    ) {
      (self.form, self.level, self.embeddingSize) = (form, level, embeddingSize)
      (self.hiddenSizes, self.languageModelEpochs) = (hiddenSizes, languageModelEpochs)
    }

    /// Words in small letters, punctuation split off, digits folded.
    public static let words = Reading(
      form: .folded, level: .word, embeddingSize: 64, hiddenSizes: [128], languageModelEpochs: 10)
    /// The characters as they stand.
    public static let characters = Reading(
      form: .asWritten, level: .character, embeddingSize: 32, hiddenSizes: [192], languageModelEpochs: 12)
  }

  /// How texts are told apart.
  public var method: ClassificationMethod
  /// The members of the ensemble, whose probabilities are averaged; each holds out other texts.
  public var readings: [Reading]
  /// Passes of a class's model, or of the recurrent classifier, over their texts at most.
  public var epochs: Int
  /// Adam's rate for the language models, and for what comes after.
  public var languageModelRate: Float = 0.003
  /// The rate of a class's model, or of the recurrent classifier.
  public var learningRate: Float
  /// What of a reader's outputs a recurrent classifier joins.
  public var pooling: [Pooling] = Pooling.allCases
  /// Whether a recurrent classifier reads from the end too.
  public var isBidirectional = true
  /// The dropout rate of embeddings and of layers' outputs in training.
  public var dropout: Float = 0.5
  /// The rate at which a recurrent classifier's tokens are dropped in training, so that no single word decides.
  public var tokenDropout: Float = 0.2
  /// Buckets that n-grams of words and characters are hashed into, which a linear model judges beside each member; 0: none does.
  public var ngramBucketCount: Int
  /// Texts that are trained side by side.
  public var batchSize = 32
  /// The share of each class's texts that is held out, to end training by and to calibrate with: above 0, below 1.
  public var heldOutShare = 0.1
  /// Tokens of a text that are read at most.
  public var maximumTokenCount = 1024
  /// Equal seeds give equal bits.
  public var seed: UInt64 = 1

  /// The settings that suit a method.
  public init(_ method: ClassificationMethod) {
    self.method = method
    ngramBucketCount = method == .fineTune ? 1 << 16 : 0
    switch method {
    case .perClass: (readings, epochs, learningRate) = ([.words, .words], 25, 0.002)
    case .fineTune: (readings, epochs, learningRate) = ([Reading](repeating: .words, count: 5), 8, 0.001)
    case .naiveBayes: (readings, epochs, learningRate) = ([.words], 1, 0.001)
    }
  }

  /// The most buckets of n-grams.
  static let largestBucketCount = 1 << 24

  /// What is wrong with the settings, in words; nil if they can be followed.
  public var defect: String? {
    let sizes = readings.flatMap { [$0.embeddingSize, $0.languageModelEpochs] + $0.hiddenSizes }
    if let size = (sizes + [epochs, batchSize, maximumTokenCount]).first(where: { !(1...1 << 20).contains($0) }) {
      return "sizes, epochs and lengths must lie between 1 and \(1 << 20), found \(size)"
    }
    guard (0...Self.largestBucketCount).contains(ngramBucketCount) else {
      return "buckets of n-grams must lie between 0 and \(Self.largestBucketCount), found \(ngramBucketCount)"
    }
    if readings.isEmpty || readings.contains(where: \.hiddenSizes.isEmpty) {
      return "a classifier needs a model, and a model a recurrent layer"
    }
    if pooling.isEmpty { return "a recurrent classifier needs a kind of pooling" }
    if let rate = [languageModelRate, learningRate].first(where: { !($0 > 0 && $0.isFinite) }) {
      return "learning rates must be positive, found \(rate)"
    }
    if let rate = [dropout, tokenDropout].first(where: { !($0 >= 0 && $0 < 1) }) {
      return "a dropout rate must be at least 0 and below 1, found \(rate)"
    }
    return heldOutShare > 0 && heldOutShare < 1 ? nil : "the share held out lies between 0 and 1, found \(heldOutShare)"
  }
}
