import MynahClassification
import MynahIO
import MynahModels

/// A classification report as JSON.
struct ClassificationFigures: Encodable {
  struct Bin: Encodable {
    let from, to: Double
    let count: Int
    /// Nil for an empty bin.
    let meanProbability, accuracy: Double?
  }

  struct Calibration: Encodable {
    let expectedCalibrationError, logLoss: Double
    let bins: [Bin]
  }

  let count: Int
  let accuracy: Double
  let precision, recall, f1: ByLabel<Double>
  let confusion: ByLabel<ByLabel<Int>>
  let calibration: Calibration

  init(_ report: ClassificationReport) {
    let labels = report.labels
    func byLabel(_ figure: (Int) -> Double) -> ByLabel<Double> { ByLabel(labels, labels.indices.map(figure)) }
    (count, accuracy) = (report.count, report.accuracy)
    (precision, recall) = (byLabel { report.precision(of: $0) }, byLabel { report.recall(of: $0) })
    f1 = byLabel { report.f1(of: $0) }
    confusion = ByLabel(labels, report.confusion.map { ByLabel(labels, $0) })
    calibration = Calibration(
      expectedCalibrationError: report.expectedCalibrationError, logLoss: report.logLoss,
      bins: report.bins.map { bin in
        Bin(
          from: bin.from, to: bin.to, count: bin.count, meanProbability: bin.count == 0 ? nil : bin.meanProbability,
          accuracy: bin.count == 0 ? nil : bin.accuracy)
      })
  }
}

extension ClassificationReport {
  /// The report as text.
  var inWords: String {
    let names = labels.map(\.visible)
    let width = max(7, names.map(\.count).max() ?? 0)
    let columns = ["precision", "recall", "F1"] + names.map { "as \($0)" }
    var text = "accuracy              \((100 * accuracy).formatted(2)) % of \(count.grouped) texts\n"
    text += "log loss              \(logLoss.formatted(4)) nats per text\n"
    text += "calibration error     \(expectedCalibrationError.formatted(4)), over \(Self.binCount) bins\n\n"
    text += "".padding(width) + columns.map { "  " + $0.leftPadded(9) }.joined() + "\n"
    for index in labels.indices {
      let shares = [precision(of: index), recall(of: index), f1(of: index)].map { $0.formatted(4) }
      let cells = shares + confusion[index].map(\.grouped)
      text += names[index].padding(width)
      text += zip(columns, cells).map { "  " + $1.leftPadded(max(9, $0.count)) }.joined() + "\n"
    }
    return text
  }
}
