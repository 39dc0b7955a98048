import ArgumentParser

/// `mynah classify`: tells texts apart.
struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Tell texts apart: learn labelled texts, measure a classifier, ask it.",
    discussion: """
      A labelled file has a label, a tab and a text on each line.

        mynah classify train train.tsv --output spam.classifier
        mynah classify evaluate spam.classifier test.tsv
        echo "WIN a prize! Call now" | mynah classify predict spam.classifier
      """,
    subcommands: [ClassifyTrainCommand.self, ClassifyEvaluateCommand.self, ClassifyPredictCommand.self])
}
