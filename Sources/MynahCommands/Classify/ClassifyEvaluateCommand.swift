import ArgumentParser
import MynahClassification

/// `mynah classify evaluate`: the figures of a classifier on labelled texts.
struct ClassifyEvaluateCommand: CommandWithMessages {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Evaluate a classifier on labelled texts.",
    discussion: """
      Prints the accuracy, the precision, recall and F1 of each label, the confusion matrix, and the calibration error.

        mynah classify evaluate spam.classifier test.tsv
      """)

  @Argument(help: "A classifier that mynah classify train wrote.", completion: .file())
  var classifier: String

  @Argument(help: "A file with a label, a tab and a text on each line.", completion: .file())
  var input: String

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  mutating func run() throws {
    try threads.run {
      let classifier = try TextClassifier(contentsOf: classifier)
      var progress = WorkProgress("classifying")
      let report = try classifier.evaluate(LabelledText(at: input)) { progress.report($0) }
      progress.clear()
      if json {
        try StandardOutput.writeJSON(ClassificationFigures(report))
      } else {
        try StandardOutput.write(report.inWords)
      }
    }
  }
}
