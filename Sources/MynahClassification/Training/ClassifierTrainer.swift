import Foundation
public import MynahModels
import MynahTensors
import MynahText

/// Makes a classifier of labelled texts.
///
/// The same texts, settings and seed give the same bits, at any number of threads.
public struct ClassifierTrainer: Sendable {
  /// What determines the classifier.
  public let settings: ClassifierSettings
  /// A language model to begin with, whose tokens the texts are then read in; nil: one is made of the texts.
  public var languageModel: ModelFile?
  /// Asked after each step; true ends the run with `ClassificationError.interrupted`.
  public var shouldStop: @Sendable () -> Bool = { false }

  /// Creates a trainer.
  public init(_ settings: ClassifierSettings) { self.settings = settings }

  /// Learns labelled texts.
  ///
  /// - Parameters:
  ///   - text: Texts of two labels or more, two texts of each at least.
  ///   - report: Called after each epoch of each stage; what it throws ends the run.
  /// - Returns: The classifier, and how it does on the texts that its members held out.
  /// - Throws: `ClassificationError`, `TextError`.
  public func train(
    _ text: LabelledText, report: (ClassifierEvent) throws -> Void = { _ in }
  ) throws -> (classifier: TextClassifier, heldOut: ClassificationReport) {
    if let defect = settings.defect { throw ClassificationError.impossible(reason: defect) }
    let labels = text.labels
    let classes = try classes(of: text, labels)
    return try withoutActuallyEscaping(report) { report in
      var run = ClassifierRun(settings: settings, shouldStop: shouldStop, report: report)
      var members: [TextClassifier.Member] = []
      var heldOut = ClassificationReport(labels: labels)
      for (index, reading) in settings.readings.enumerated() {
        run.member = index
        let parts = HeldOutTexts(
          classes: classes, share: settings.heldOutShare, member: index, seed: settings.seed)
        func read(_ parts: HeldOutTexts) throws -> MemberData {
          try MemberData(text, classes, parts, reading: reading, settings: settings, languageModel: languageModel)
        }
        func trained(_ data: MemberData) throws -> TextClassifier.Member {
          try StoragePool.recycling { try self.member(data, classCount: labels.count, reading, run) }
        }
        let data = try read(parts)
        let member = try trained(data)
        // Word counts have nothing to end or to calibrate by; what is held out only shows how they do.
        members.append(
          settings.method == .naiveBayes ? try trained(read(HeldOutTexts(learningAll: classes.count))) : member)
        try ThreadTeam.$current.withValue(nil) {
          for example in data.heldOutTexts {
            heldOut.add(
              Prediction(labels: labels, probabilities: try member.probabilities(example.text)), actual: example.label)
          }
        }
      }
      let classifier = TextClassifier(method: settings.method, labels: labels, members: members)
      return (classifier, heldOut)
    }
  }

  /// The class of each example.
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
    _ data: MemberData, classCount: Int, _ reading: ClassifierSettings.Reading, _ run: ClassifierRun
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
    let scored = ThreadTeam.$current.withValue(nil) {
      data.heldOut.map { text in
        let scored = model.scored(text.ids, vocabulary: vocabulary)
        return ScoredText(scores: scored.scores, tokenCount: scored.tokenCount, label: text.label)
      }
    }
    return TextClassifier.Member(
      tokenizer: data.tokenizer, model: model,
      calibration: calibration.map { Calibration(fitting: scored, from: $0.biases, freedom: $0.freedom) }
        ?? .identity(classCount: classCount))
  }
}
