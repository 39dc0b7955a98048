import Foundation

/// The evaluation of a classifier on labelled texts: confusion matrix, accuracy, log loss and calibration.
public struct ClassificationReport: Hashable, Sendable {
  /// The labels of the classes.
  public let labels: [String]
  /// The confusion matrix: element [i][j] is the number of texts of class i predicted as class j.
  public private(set) var confusion: [[Int]]
  /// The calibration bins: intervals of equal width for the probability of the predicted class.
  public private(set) var bins: [CalibrationBin]
  private var nats = 0.0

  /// The number of calibration bins.
  public static let binCount = 10

  /// Creates an empty report.
  public init(labels: [String]) {
    self.labels = labels
    confusion = [[Int]](repeating: [Int](repeating: 0, count: labels.count), count: labels.count)
    bins = (0..<Self.binCount).map { index in
      CalibrationBin(from: Double(index) / Double(Self.binCount), to: Double(index + 1) / Double(Self.binCount))
    }
  }

  /// Adds the prediction for a text.
  ///
  /// - Parameters:
  ///   - prediction: The prediction.
  ///   - actual: The index of the actual class.
  public mutating func add(_ prediction: Prediction, actual: Int) {
    confusion[actual][prediction.best] += 1
    nats -= log(max(prediction.probabilities[actual], .leastNormalMagnitude))
    // The last bin includes its upper bound, 1.
    let bin = min(Int(prediction.probability * Double(Self.binCount)), Self.binCount - 1)
    bins[bin].add(prediction.probability, isRight: prediction.best == actual)
  }

  // MARK: Metrics

  /// The number of texts.
  public var count: Int { confusion.reduce(0) { $0 + $1.reduce(0, +) } }
  /// The share of texts classified correctly; NaN without texts.
  public var accuracy: Double { Double(labels.indices.reduce(0) { $0 + confusion[$1][$1] }) / Double(count) }
  /// The mean of −ln p(actual class); NaN without texts.
  public var logLoss: Double { nats / Double(count) }

  /// Returns the share of texts predicted as a class that belong to it; 0 if there are none.
  public func precision(of label: Int) -> Double {
    Self.share(confusion[label][label], of: confusion.reduce(0) { $0 + $1[label] })
  }

  /// Returns the share of a class's texts that are predicted as that class; 0 if there are none.
  public func recall(of label: Int) -> Double {
    Self.share(confusion[label][label], of: confusion[label].reduce(0, +))
  }

  /// Returns the harmonic mean of precision and recall: 2·correct / (predicted + actual); 0 if both counts are 0.
  public func f1(of label: Int) -> Double {
    Self.share(2 * confusion[label][label], of: confusion[label].reduce(0, +) + confusion.reduce(0) { $0 + $1[label] })
  }

  /// The expected calibration error, the mean gap between accuracy and confidence over bins of equal width:
  /// Σ n_b / n · |correct_b / n_b − mean probability_b|; NaN without texts.
  ///
  /// M. Naeini, G. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", 2015.
  public var expectedCalibrationError: Double {
    bins.reduce(0) { $0 + abs(Double($1.rightCount) - $1.probabilitySum) } / Double(count)
  }

  private static func share(_ part: Int, of whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}

/// The predictions whose probabilities lie in one interval.
public struct CalibrationBin: Hashable, Sendable {
  /// The bounds of the interval.
  public let from, to: Double
  /// The number of predictions, and the number of correct ones.
  public private(set) var count = 0, rightCount = 0
  /// The sum of the predicted probabilities.
  public private(set) var probabilitySum = 0.0

  init(from: Double, to: Double) { (self.from, self.to) = (from, to) }

  /// The mean probability; NaN for an empty bin.
  public var meanProbability: Double { probabilitySum / Double(count) }
  /// The share of correct predictions; NaN for an empty bin.
  public var accuracy: Double { Double(rightCount) / Double(count) }

  mutating func add(_ probability: Double, isRight: Bool) {
    count += 1
    probabilitySum += probability
    if isRight { rightCount += 1 }
  }
}

extension TextClassifier {
  /// Classifies labelled texts and returns a report.
  ///
  /// - Parameter report: Called with the share of the texts after each; an error that it throws ends the evaluation.
  /// - Throws: `ClassificationError.unknownLabel` for the first label that is not a class of the classifier; any error
  ///   of `predict`, and what `report` throws.
  public func evaluate(
    _ text: LabelledText, report: (_ share: Double) throws -> Void = { _ in }
  ) throws -> ClassificationReport {
    let numbers = Dictionary(uniqueKeysWithValues: labels.enumerated().map { (Bytes($1), $0) })
    let classes = try text.examples.map { example in
      guard let number = numbers[Bytes(example.label)] else {
        throw ClassificationError.unknownLabel(example.label, path: text.path, line: example.line, known: labels)
      }
      return number
    }
    var result = ClassificationReport(labels: labels)
    for (index, example) in text.examples.enumerated() {
      result.add(try predict(example.text), actual: classes[index])
      try report(Double(index + 1) / Double(classes.count))
    }
    return result
  }
}
