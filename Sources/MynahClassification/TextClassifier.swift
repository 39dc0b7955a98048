import MynahIO
import MynahTensors
import MynahText

/// A text classifier that predicts the class of a text with its probability.
///
/// ```swift
/// let trainer = ClassifierTrainer(ClassifierSettings(.perClass))
/// let classifier = try trainer.train(LabelledText(at: "train.tsv")).classifier
/// let prediction = try classifier.predict("WIN a prize! Call now")
/// print(prediction.label, prediction.probability)
/// ```
///
/// The classifier is an ensemble: it averages the probabilities of its members, each with its own tokenizer and model.
public struct TextClassifier: Sendable {
  /// A member of the ensemble.
  public struct Member: Sendable {
    /// The conversion of texts to the tokens that the model reads.
    public let tokenizer: ClassifierTokenizer
    /// The model that computes the scores of the classes.
    public let model: ClassifierModel
    /// The calibration that converts scores to probabilities.
    public let calibration: Calibration
    /// The n-gram classifier that is combined with the model in equal weight; nil for the model alone.
    public let ngrams: NGramClassifier?

    /// Creates a member.
    ///
    /// - Precondition: model, calibration and n-grams have the same number of classes.
    public init(
      tokenizer: ClassifierTokenizer, model: ClassifierModel, calibration: Calibration, ngrams: NGramClassifier? = nil
    ) {
      require(
        ngrams?.biases.count ?? calibration.biases.count == calibration.biases.count,
        "n-grams of \(ngrams?.biases.count ?? 0) classes do not fit a calibration of \(calibration.biases.count)")
      (self.tokenizer, self.model, self.calibration, self.ngrams) = (tokenizer, model, calibration, ngrams)
    }

    /// Returns the probabilities of the classes: those of the model, or the normalised geometric mean of those of the
    /// model and of the n-gram classifier, p ∝ √(p_model · p_n-grams).
    ///
    /// The geometric mean is confident where either of the two is very confident: G. Hinton, "Products of experts",
    /// 1999.
    func probabilities(_ text: String) throws -> [Double] {
      let ids = try tokenizer.encode(text)
      let scored = try model.scored(ids, vocabulary: tokenizer.tokenizer.vocabulary)
      guard let ngrams else { return calibration.probabilities(scored.scores, tokenCount: scored.tokenCount) }
      let own = calibration.logProbabilities(scored.scores, tokenCount: scored.tokenCount)
      return zip(own, ngrams.logProbabilities(text)).map { ($0 + $1) / 2 }.softmax()
    }
  }

  /// The classification method.
  public let method: ClassificationMethod
  /// The labels of the classes, at least two.
  public let labels: [String]
  /// The members, at least one.
  public let members: [Member]
  /// The notes of the classifier's author, by key.
  public var notes: [String: String]

  /// Creates a classifier from its members.
  ///
  /// - Precondition: there are at least two labels and at least one member.
  public init(
    method: ClassificationMethod, labels: [String], members: [Member], notes: [String: String] = [:]
  ) {
    require(
      labels.count > 1 && !members.isEmpty && members.allSatisfy { $0.calibration.biases.count == labels.count },
      "\(labels.count) labels and \(members.count) members do not make a classifier")
    (self.method, self.labels, self.members, self.notes) = (method, labels, members, notes)
  }

  /// Returns the predicted class of a text with the probabilities of all classes.
  ///
  /// - Throws: `TextError` if a token is unknown to a member whose vocabulary has no `<unk>`;
  ///   `ClassificationError.notFinite`.
  public func predict(_ text: String) throws -> Prediction {
    var sums = [Double](repeating: 0, count: labels.count)
    // A single text is too little work to split among threads.
    try ThreadTeam.$current.withValue(nil) {
      for member in members {
        for (index, probability) in try member.probabilities(text).enumerated() { sums[index] += probability }
      }
    }
    let probabilities = sums.map { $0 / Double(members.count) }
    guard probabilities.allSatisfy(\.isFinite) else { throw ClassificationError.notFinite }
    return Prediction(labels: labels, probabilities: probabilities)
  }
}

/// A classifier's prediction for a text.
public struct Prediction: Hashable, Sendable {
  /// The labels of the classes.
  public let labels: [String]
  /// The probabilities of the classes; they sum to 1.
  public let probabilities: [Double]
  /// The index of the most probable class; the first one in a tie.
  public let best: Int

  package init(labels: [String], probabilities: [Double]) {
    (self.labels, self.probabilities) = (labels, probabilities)
    best =
      probabilities.indices.max {
        probabilities[$0] < probabilities[$1] || probabilities[$0] == probabilities[$1] && $0 > $1
      } ?? 0
  }

  /// The label of the most probable class.
  public var label: String { labels[best] }
  /// The probability of the most probable class.
  public var probability: Double { probabilities[best] }
}
