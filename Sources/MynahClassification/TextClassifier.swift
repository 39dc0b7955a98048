import MynahTensors
import MynahText

/// Tells of a text which class it belongs to, and how sure that is.
///
/// ```swift
/// let classifier = try ClassifierTrainer(ClassifierSettings(.perClass)).train(LabelledText(at: "train.tsv"))
/// let prediction = try classifier.predict("WIN a prize! Call now")
/// print(prediction.label, prediction.probability)
/// ```
///
/// It is an ensemble: the mean of its members' probabilities, of which each reads texts in its own way.
public struct TextClassifier: Sendable {
  /// One of an ensemble.
  public struct Member: Sendable {
    /// How texts become what the model reads.
    public let tokenizer: ClassifierTokenizer
    /// What gives classes scores.
    public let model: ClassifierModel
    /// How scores become probabilities.
    public let calibration: Calibration
    /// What judges the text's n-grams beside the model, with as much of a say; nil: nothing does.
    public let ngrams: NGramClassifier?

    /// Creates a member.
    ///
    /// - Precondition: model, calibration and n-grams are of one number of classes.
    public init(
      tokenizer: ClassifierTokenizer, model: ClassifierModel, calibration: Calibration, ngrams: NGramClassifier? = nil
    ) {
      precondition(
        ngrams?.biases.count ?? calibration.biases.count == calibration.biases.count,
        "n-grams of \(ngrams?.biases.count ?? 0) classes do not fit a calibration of \(calibration.biases.count)")
      (self.tokenizer, self.model, self.calibration, self.ngrams) = (tokenizer, model, calibration, ngrams)
    }

    /// The probabilities of the classes: the model's, or the geometric mean of its and the n-grams', p ∝ √(p_model · p_n-grams).
    ///
    /// A geometric mean is sure where one of both is very sure: G. Hinton, "Products of experts", 1999.
    func probabilities(_ text: String) throws -> [Double] {
      let ids = try tokenizer.encode(text)
      let scored = model.scored(ids, vocabulary: tokenizer.tokenizer.vocabulary)
      guard let ngrams else { return calibration.probabilities(scored.scores, tokenCount: scored.tokenCount) }
      let own = calibration.logProbabilities(scored.scores, tokenCount: scored.tokenCount)
      return zip(own, ngrams.logProbabilities(text)).map { ($0 + $1) / 2 }.softmax()
    }
  }

  /// How texts are told apart.
  public let method: ClassificationMethod
  /// The classes' labels, two or more.
  public let labels: [String]
  /// The members, at least one.
  public let members: [Member]
  /// Notes of the classifier's maker, by key.
  public var notes: [String: String]

  /// Creates a classifier from its members.
  ///
  /// - Precondition: there are two labels or more, and a member.
  public init(
    method: ClassificationMethod, labels: [String], members: [Member], notes: [String: String] = [:]
  ) {
    precondition(
      labels.count > 1 && !members.isEmpty && members.allSatisfy { $0.calibration.biases.count == labels.count },
      "a classifier of \(labels.count) labels and \(members.count) members cannot be made")
    (self.method, self.labels, self.members, self.notes) = (method, labels, members, notes)
  }

  /// Tells a text's class.
  ///
  /// - Throws: `TextError` if a member has no token for what stands there, `ClassificationError.notFinite`.
  public func predict(_ text: String) throws -> Prediction {
    var sums = [Double](repeating: 0, count: labels.count)
    // One text is too little work to be shared out among threads.
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

/// What a classifier says of a text.
public struct Prediction: Hashable, Sendable {
  /// The labels of the classes.
  public let labels: [String]
  /// Their probabilities; the sum is 1.
  public let probabilities: [Double]
  /// The place of the most probable one; of equally probable ones the first.
  public let best: Int

  package init(labels: [String], probabilities: [Double]) {
    (self.labels, self.probabilities) = (labels, probabilities)
    best =
      probabilities.indices.max {
        probabilities[$0] < probabilities[$1] || probabilities[$0] == probabilities[$1] && $0 > $1
      } ?? 0
  }

  /// The most probable class's label.
  public var label: String { labels[best] }
  /// Its probability.
  public var probability: Double { probabilities[best] }
}
