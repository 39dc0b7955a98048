import Foundation
import MynahClassification
import MynahIO
import MynahText
import TestSupport
import Testing

@Suite("The SMS Spam Collection")
struct SMSSpamTests {
  /// The training and test messages; a line is a test message if the first byte of its SHA-256 is below 51.
  private static func split() throws -> (learned: LabelledText, others: LabelledText) {
    let text = try LabelledText(at: TestData.path("sms") + "/SMSSpamCollection")
    func part(_ isMeasured: Bool) -> LabelledText {
      LabelledText(
        text.examples.filter { example in
          let line = Array((example.label + "\t" + example.text).utf8)
          let first = UInt8(SHA256.hexadecimal(of: line).prefix(2), radix: 16) ?? 0
          return (first < 51) == isMeasured
        }.map { ($0.label, $0.text) })
    }
    return (part(false), part(true))
  }

  /// The expected counts come from a Python implementation with dictionaries, run on the same words.
  @Test(
    "Naive Bayes predicts the same labels as an independent implementation",
    .enabled(if: TestData.isExpected("sms"), "\(TestData.reason("sms"))"))
  func naiveBayes() throws {
    let (learned, others) = try Self.split()
    #expect(learned.examples.count == 4529 && others.examples.count == 1045)
    let classifier = try ClassifierTrainer(ClassifierSettings(.naiveBayes)).train(learned).classifier
    #expect(try classifier.evaluate(others).confusion == [[889, 14], [5, 137]])
  }
}
