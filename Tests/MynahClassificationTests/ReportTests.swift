import Foundation
import MynahClassification
import Testing

@Suite("Classification report")
struct ReportTests {
  /// A report on predicted probabilities of “b” and whether “b” is correct.
  private func report(_ texts: [(Double, Bool)]) -> ClassificationReport {
    var report = ClassificationReport(labels: ["a", "b"])
    for (probability, isB) in texts {
      report.add(Prediction(labels: ["a", "b"], probabilities: [1 - probability, probability]), actual: isB ? 1 : 0)
    }
    return report
  }

  @Test("Metrics match values calculated by hand")
  func figures() {
    let report = report([(0.9, true), (0.8, true), (0.7, false), (0.2, true), (0.1, false), (0.05, false)])
    #expect(report.confusion == [[2, 1], [1, 2]] && report.count == 6)
    #expect(abs(report.accuracy - 4.0 / 6) < 1e-12)
    #expect(abs(report.precision(of: 1) - 2.0 / 3) < 1e-12 && abs(report.recall(of: 1) - 2.0 / 3) < 1e-12)
    #expect(abs(report.f1(of: 1) - 2.0 / 3) < 1e-12 && abs(report.f1(of: 0) - 2.0 / 3) < 1e-12)
    let loss = -(log(0.9) + log(0.8) + log(0.3) + log(0.2) + log(0.9) + log(0.95)) / 6
    #expect(abs(report.logLoss - loss) < 1e-12)
    // Confidence 0.9, 0.9 and 0.95: all right; 0.8 and 0.8: one right; 0.7: wrong.
    let error = (0.25 + 0.6 + 0.7) / 6
    #expect(abs(report.expectedCalibrationError - error) < 1e-9, "\(report.expectedCalibrationError)")
    #expect(report.bins.map(\.count).reduce(0, +) == 6 && report.bins[9].count == 3)
  }

  @Test("Classes that are never predicted or never occur have metrics of 0")
  func empty() {
    let report = report([(0.1, false), (0.2, false), (0.3, true)])
    #expect(report.precision(of: 1) == 0 && report.recall(of: 1) == 0 && report.f1(of: 1) == 0)
    #expect(report.f1(of: 0) == 4.0 / 5)
    let nothing = ClassificationReport(labels: ["a", "b"])
    #expect(nothing.count == 0 && nothing.accuracy.isNaN && nothing.f1(of: 0) == 0)
  }

  @Test("A tie predicts the first class, and a probability of 1 is in the last bin")
  func ties() {
    #expect(Prediction(labels: ["a", "b", "c"], probabilities: [0.25, 0.375, 0.375]).label == "b")
    #expect(report([(1, true)]).bins[9].count == 1 && report([(0.5, true)]).confusion == [[0, 0], [1, 0]])
  }
}
