import Foundation

/// How well a classifier tells texts apart.
public struct ClassificationReport: Hashable, Sendable {
  /// The labels of the classes.
  public let labels: [String]
  /// How many texts of class i were taken for class j: [i][j].
  public private(set) var confusion: [[Int]]
  /// The bins of the calibration, which cut the probabilities of what was predicted evenly.
  public private(set) var bins: [CalibrationBin]
  private var nats = 0.0

  /// The number of bins.
  public static let binCount = 10

  /// The report of nothing.
  public init(labels: [String]) {
    self.labels = labels
    confusion = [[Int]](repeating: [Int](repeating: 0, count: labels.count), count: labels.count)
    bins = (0..<Self.binCount).map { index in
      CalibrationBin(from: Double(index) / Double(Self.binCount), to: Double(index + 1) / Double(Self.binCount))
    }
  }

  /// Counts a text.
  ///
  /// - Parameters:
  ///   - prediction: What was said of it.
  ///   - actual: The place of its class.
  public mutating func add(_ prediction: Prediction, actual: Int) {
    confusion[actual][prediction.best] += 1
    nats -= log(max(prediction.probabilities[actual], .leastNormalMagnitude))
    // The last bin has its upper end, 1.
    let bin = min(Int(prediction.probability * Double(Self.binCount)), Self.binCount - 1)
    bins[bin].add(prediction.probability, isRight: prediction.best == actual)
  }

  // MARK: Figures

  /// The number of texts.
  public var count: Int { confusion.reduce(0) { $0 + $1.reduce(0, +) } }
  /// The share of texts that are taken for what they are; NaN of none.
  public var accuracy: Double { Double(labels.indices.reduce(0) { $0 + confusion[$1][$1] }) / Double(count) }
  /// The mean of −ln p(actual class); NaN of none.
  public var logLoss: Double { nats / Double(count) }

  /// The share of texts taken for a class that are of it; 0 where none was.
  public func precision(of label: Int) -> Double {
    Self.share(confusion[label][label], of: confusion.reduce(0) { $0 + $1[label] })
  }

  /// The share of a class's texts that are taken for it; 0 where there are none.
  public func recall(of label: Int) -> Double {
    Self.share(confusion[label][label], of: confusion[label].reduce(0, +))
  }

  /// The harmonic mean of precision and recall: 2·right / (taken for the class + of the class); 0 where there are neither.
  public func f1(of label: Int) -> Double {
    Self.share(2 * confusion[label][label], of: confusion[label].reduce(0, +) + confusion.reduce(0) { $0 + $1[label] })
  }

  /// The mean distance between how sure the classifier was and how often it was right, over bins of equal width:
  /// Σ n_b / n · |right_b / n_b − mean probability_b|; NaN of none.
  ///
  /// M. Naeini, G. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", 2015.
  public var expectedCalibrationError: Double {
    bins.reduce(0) { $0 + abs(Double($1.rightCount) - $1.probabilitySum) } / Double(count)
  }

  private static func share(_ part: Int, of whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}

/// Predictions that were about equally sure.
public struct CalibrationBin: Hashable, Sendable {
  /// The bounds of their probabilities.
  public let from, to: Double
  /// How many there are, and how many are right.
  public private(set) var count = 0, rightCount = 0
  /// The sum of their probabilities.
  public private(set) var probabilitySum = 0.0

  init(from: Double, to: Double) { (self.from, self.to) = (from, to) }

  /// The mean probability; NaN of none.
  public var meanProbability: Double { probabilitySum / Double(count) }
  /// The share that is right; NaN of none.
  public var accuracy: Double { Double(rightCount) / Double(count) }

  mutating func add(_ probability: Double, isRight: Bool) {
    count += 1
    probabilitySum += probability
    if isRight { rightCount += 1 }
  }
}

extension TextClassifier {
  /// Tells the classes of labelled texts and compares.
  ///
  /// - Throws: `ClassificationError.unknownLabel` at the first label that the classifier does not know; what `predict` throws.
  public func evaluate(_ text: LabelledText) throws -> ClassificationReport {
    let numbers = Dictionary(uniqueKeysWithValues: labels.enumerated().map { (Bytes($1), $0) })
    let classes = try text.examples.map { example in
      guard let number = numbers[Bytes(example.label)] else {
        throw ClassificationError.unknownLabel(example.label, path: text.path, line: example.line, known: labels)
      }
      return number
    }
    var report = ClassificationReport(labels: labels)
    for (example, number) in zip(text.examples, classes) { report.add(try predict(example.text), actual: number) }
    return report
  }
}
