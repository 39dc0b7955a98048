import Foundation
public import MynahModels
import MynahTensors
import MynahText
import Synchronization

/// Trains a classifier on labelled texts.
///
/// The same texts, settings and seed give bit-identical classifiers for any number of threads. The members of the
/// ensemble are trained in parallel.
public struct ClassifierTrainer: Sendable {
  /// The settings of the classifier.
  public let settings: ClassifierSettings
  /// A pretrained language model to start from, whose tokenizer is then used; nil to train both on the texts.
  public var languageModel: ModelFile?
  /// Called between training steps; if it returns true, training throws `ClassificationError.interrupted`.
  public var shouldStop: @Sendable () -> Bool = { false }

  /// Creates a trainer.
  public init(_ settings: ClassifierSettings) { self.settings = settings }

  /// Trains a classifier.
  ///
  /// - Parameters:
  ///   - text: Texts of at least two labels, with at least two texts each.
  ///   - report: Called after each epoch of each stage, on any thread but never concurrently; an error that it throws
  ///     ends the training.
  /// - Returns: The classifier, and a report on the validation texts of its members.
  /// - Throws: `ClassificationError`, `TextError`.
  public func train(
    _ text: LabelledText, report: @escaping @Sendable (ClassifierEvent) throws -> Void = { _ in }
  ) throws -> (classifier: TextClassifier, validation: ClassificationReport) {
    if let defect = settings.defect { throw ClassificationError.impossible(reason: defect) }
    let labels = text.labels
    let classes = try classes(of: text, labels)
    let lock = Mutex(())
    let bucketCount = settings.ngramBucketCount
    let ngrams = bucketCount > 0 ? text.examples.map { NGramFeatures($0.text, bucketCount: bucketCount) } : nil
    let members = try SideBySide.map(settings.readings.count) { index, hasFailed in
      let run = ClassifierRun(
        settings: settings, member: index, shouldStop: { shouldStop() || hasFailed() },
        report: { event in try lock.withLock { _ in try report(event) } })
      return try member(text, classes, labels, ngrams, run)
    }
    var validation = ClassificationReport(labels: labels)
    for (prediction, actual) in members.flatMap(\.validation) { validation.add(prediction, actual: actual) }
    return (TextClassifier(method: settings.method, labels: labels, members: members.map(\.member)), validation)
  }

  /// Returns a trained member of the ensemble and its predictions for its validation texts.
  private func member(
    _ text: LabelledText, _ classes: [Int], _ labels: [String], _ ngrams: [NGramFeatures]?, _ run: ClassifierRun
  ) throws -> (member: TextClassifier.Member, validation: [(prediction: Prediction, actual: Int)]) {
    let reading = settings.readings[run.member]
    func trained(_ parts: ValidationTexts) throws -> (member: TextClassifier.Member, data: MemberData) {
      let data = try MemberData(
        text, classes, parts, reading: reading, settings: settings, languageModel: languageModel)
      let wide = try ngrams.map { ngrams in
        try self.ngrams(parts.learned.map { (ngrams[$0], classes[$0]) }, classCount: labels.count, run)
      }
      let member = try StoragePool.recycling { try self.member(data, classCount: labels.count, reading, wide, run) }
      return (member, data)
    }
    let (member, data) = try trained(
      ValidationTexts(classes: classes, share: settings.validationShare, member: run.member, seed: settings.seed))
    let validation = try ThreadTeam.$current.withValue(nil) {
      try data.validationTexts.map { example in
        (Prediction(labels: labels, probabilities: try member.probabilities(example.text)), example.label)
      }
    }
    guard settings.method == .naiveBayes else { return (member, validation) }
    // Naive Bayes needs no early stopping or calibration: validation texts only measure it, so it is retrained on all
    // texts.
    return (try trained(ValidationTexts(learningAll: classes.count)).member, validation)
  }

  /// Returns the class of each example.
  private func classes(of text: LabelledText, _ labels: [String]) throws -> [Int] {
    guard labels.count > 1 else {
      throw ClassificationError.oneClass(path: text.path, label: labels.first ?? "")
    }
    let numbers = Dictionary(uniqueKeysWithValues: labels.enumerated().map { (Bytes($1), $0) })
    let classes = text.examples.compactMap { numbers[Bytes($0.label)] }
    for (index, label) in labels.enumerated() {
      let count = classes.count { $0 == index }
      if count < 2 { throw ClassificationError.tooFewTexts(path: text.path, label: label, count: count, needed: 2) }
    }
    return classes
  }

  private func member(
    _ data: MemberData, classCount: Int, _ reading: ClassifierSettings.Reading, _ ngrams: NGramClassifier?,
    _ run: ClassifierRun
  ) throws -> TextClassifier.Member {
    let model: ClassifierModel
    let calibration: (freedom: Calibration.Freedom, biases: [Double])?
    let zeros = [Double](repeating: 0, count: classCount)
    switch settings.method {
    case .naiveBayes:
      model = .naiveBayes(data.naiveBayes(classCount: classCount))
      calibration = nil
    case .perClass:
      model = .perClass(try data.classModels(classCount: classCount, reading, run))
      calibration = ([.biases, .lengthExponent], data.logPriors(classCount: classCount))
    case .fineTune:
      model = .recurrent(try data.recurrentClassifier(classCount: classCount, reading, run))
      calibration = ([], zeros)
    }
    let vocabulary = data.tokenizer.tokenizer.vocabulary
    let scored = try ThreadTeam.$current.withValue(nil) {
      try data.validation.map { text in
        let scored = try model.scored(text.ids, vocabulary: vocabulary)
        return ScoredText(scores: scored.scores, tokenCount: scored.tokenCount, label: text.label)
      }
    }
    return TextClassifier.Member(
      tokenizer: data.tokenizer, model: model,
      calibration: calibration.map { Calibration(fitting: scored, from: $0.biases, freedom: $0.freedom) }
        ?? .identity(classCount: classCount),
      ngrams: ngrams)
  }

  /// Returns the n-gram classifier that is combined with a member's model.
  private func ngrams(
    _ texts: [(features: NGramFeatures, label: Int)], classCount: Int, _ run: ClassifierRun
  ) throws -> NGramClassifier {
    try NGramRegression(texts, bucketCount: settings.ngramBucketCount, classCount: classCount).fitted {
      if run.shouldStop() { throw ClassificationError.interrupted }
    }
  }
}
