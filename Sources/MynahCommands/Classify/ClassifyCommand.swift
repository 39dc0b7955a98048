import ArgumentParser

/// `mynah classify`: text classification.
struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Train, evaluate and run text classifiers.",
    discussion: """
      A labelled file has a label, a tab and a text on each line.

        mynah classify train train.tsv --output spam.classifier
        mynah classify evaluate spam.classifier test.tsv
        echo "WIN a prize! Call now" | mynah classify predict spam.classifier
      """,
    subcommands: [ClassifyTrainCommand.self, ClassifyEvaluateCommand.self, ClassifyPredictCommand.self])
}
