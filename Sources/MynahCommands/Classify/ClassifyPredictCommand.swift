import ArgumentParser
import MynahClassification
import MynahIO
import MynahText

/// `mynah classify predict`: the classes of lines.
struct ClassifyPredictCommand: CommandWithMessages {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Print the class of each line of standard input.",
    discussion: """
      The label of a line and its probability are printed as soon as the line is read. Empty lines are classified too.

        mynah classify predict spam.classifier < messages.txt
      """)

  @Argument(help: "A classifier that mynah classify train wrote.", completion: .file())
  var classifier: String

  @Flag(help: "Skip lines that are not UTF-8, with a note, instead of stopping there.")
  var keepGoing = false

  @Flag(help: "Print a JSON object for each line, with the probabilities of all labels.")
  var json = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  mutating func run() throws {
    try threads.run { try predict() }
  }

  private func predict() throws {
    let classifier = try TextClassifier(contentsOf: classifier)
    var lines = try LineReader([])
    while true {
      do {
        guard let line = try lines.next() else { break }
        try write(try classifier.predict(line.text), line.number)
      } catch  where keepGoing && error.isOfOneLine {
        StandardError.write("skipped: \(error)\n")
      }
    }
  }

  private func write(_ prediction: Prediction, _ number: Int) throws {
    guard json else {
      return try StandardOutput.write("\(prediction.label.visible)\t\(prediction.probability.formatted(4))\n")
    }
    try StandardOutput.writeJSON(
      Figures(
        line: number, label: prediction.label, probability: prediction.probability,
        probabilities: ByLabel(prediction.labels, prediction.probabilities)))
  }

  private struct Figures: Encodable {
    let line: Int
    let label: String
    let probability: Double
    let probabilities: ByLabel<Double>
  }
}

/// A value for each class, encoded as an object whose keys are the labels.
struct ByLabel<Figure: Encodable>: Encodable {
  private let figures: [(label: String, figure: Figure)]

  init(_ labels: [String], _ figures: [Figure]) { self.figures = Array(zip(labels, figures)) }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    for (label, figure) in figures { try values.encode(figure, forKey: Key(stringValue: label)) }
  }
}
