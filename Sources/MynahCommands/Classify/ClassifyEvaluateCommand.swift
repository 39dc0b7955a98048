import ArgumentParser
import MynahClassification

/// `mynah classify evaluate`: how well a classifier tells texts apart.
struct ClassifyEvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure how well a classifier tells labelled texts apart.",
    discussion: """
      Prints accuracy, precision, recall and F1 of each label, what was taken for what, and whether the probabilities mean what \
      they say.

        mynah classify evaluate spam.classifier test.tsv
      """)

  @Argument(help: "A classifier that mynah classify train wrote.")
  var classifier: String

  @Argument(help: "A file with a label, a tab and a text on each line.")
  var input: String

  @Flag(help: "Print one object of JSON.")
  var json = false

  @OptionGroup var threads: ThreadOptions

  mutating func run() throws {
    try threads.run {
      let classifier = try TextClassifier(contentsOf: classifier)
      let report = try classifier.evaluate(LabelledText(at: input))
      if json {
        try StandardOutput.writeJSON(ClassificationFigures(report))
      } else {
        try StandardOutput.write(report.inWords)
      }
    }
  }
}
