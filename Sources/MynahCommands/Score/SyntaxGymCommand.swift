import ArgumentParser
import MynahAnalysis
import MynahIO
import MynahInference
import MynahModels
import MynahText

/// `mynah syntaxgym`: the accuracy of a model on the test suites of SyntaxGym.
struct SyntaxGymCommand: CommandWithMessages, ConditionalFlags {
  static let configuration = CommandConfiguration(
    commandName: "syntaxgym",
    abstract: "Print how often the predictions of SyntaxGym's test suites hold.",
    discussion: """
      Reads suites in SyntaxGym's JSON: items of sentences in several conditions, divided into regions, and formulas \
      that compare the surprisals of regions, in bits, summed over tokens. Each sentence is a text of its own. For \
      models of words, a word that the vocabulary lacks is tried in lowercase and without punctuation.

        mynah syntaxgym notes.safetensors number_prep.json cleft.json
      """)

  @Argument(help: "A model file that mynah train wrote.", completion: .file())
  var model: String

  @Argument(help: "SyntaxGym test suites.", completion: .file())
  var files: [String]

  @Flag(help: "Do not change the spelling of the sentences.")
  var verbatim = false

  @Flag(help: "Print a row of tab-separated columns for each prediction, and one for each suite.")
  var tsv = false

  @Flag(help: "Print a JSON object for each suite.")
  var json = false

  @OptionGroup var precision: WeightPrecisionOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  var rules: [FlagRule] { [FlagRule("--tsv", tsv, excludes: "--json", json)] }

  mutating func run() throws {
    try threads.run { try evaluate() }
  }

  private func evaluate() throws {
    let file = try ModelFile(contentsOf: model)
    let isOfWords = if case .word = file.tokenizer { true } else { false }
    try FlagRule("--verbatim", verbatim, needs: "a model of words", isOfWords).check()
    let (inference, familiar) = (precision.model(of: file), FamiliarWords(file.tokenizer.vocabulary))
    let suites = try files.map { (path: $0, suite: try SyntaxGymSuite(contentsOf: $0)) }
    if tsv { try StandardOutput.write("suite\tprediction\tformula\tright\titems\taccuracy\n") }
    for (path, suite) in suites {
      var progress = WorkProgress(path)
      let report = try SyntaxGymReport(of: suite, inference, tokenizer: file.tokenizer) {
        isOfWords && !verbatim ? familiar($0) : $0
      } report: { share in
        progress.report(share)
      }
      progress.clear()
      let figures = Figures(path, suite, report)
      if json {
        try StandardOutput.writeJSON(figures)
      } else {
        try StandardOutput.write(tsv ? figures.rows : figures.inWords)
      }
    }
  }

  // MARK: Figures

  private struct Figures: Encodable {
    struct Prediction: Encodable {
      let formula: String
      let accuracy: Double
      let rightCount: Int
      /// The outcomes of the prediction, by item.
      let holds: [Bool]
    }
    let file: String
    let suite: String?
    let accuracy: Double
    let itemCount, wordCount, unknownCount: Int
    let predictions: [Prediction]

    init(_ path: String, _ suite: SyntaxGymSuite, _ report: SyntaxGymReport) {
      (file, self.suite, accuracy, itemCount) = (path, suite.name, report.accuracy, suite.items.count)
      (wordCount, unknownCount) = (report.wordCount, report.unknownCount)
      predictions = report.predictions.map {
        Prediction(
          formula: $0.formula.description, accuracy: $0.accuracy, rightCount: $0.rightCount, holds: $0.holds)
      }
    }

    var inWords: String {
      let unknown = 100 * Double(unknownCount) / Double(max(wordCount, 1))
      let first =
        "\(file.visible): \((100 * accuracy).formatted(1)) % of the predictions hold for \(itemCount.grouped) "
        + "\(itemCount == 1 ? "item" : "items"); \(unknown.formatted(1)) % of the words unknown\n"
      return predictions.enumerated().reduce(first) { text, entry in
        let share = "\((100 * entry.element.accuracy).formatted(1)) %".leftPadded(8)
        return text + "\("\(entry.offset + 1)".leftPadded(4))\(share)  \(entry.element.formula.visible)\n"
      }
    }

    /// The rows of a table, the last one for the whole suite.
    var rows: String {
      let name = (suite ?? file).tableCell
      let rows = predictions.enumerated().map { index, prediction in
        [
          name, "\(index + 1)", prediction.formula.tableCell, "\(prediction.rightCount)", "\(itemCount)",
          prediction.accuracy.cell,
        ]
      }
      let right = predictions.reduce(0) { $0 + $1.rightCount }
      let total = [name, "all", "", "\(right)", "\(itemCount * predictions.count)", accuracy.cell]
      return (rows + [total]).map { $0.joined(separator: "\t") + "\n" }.joined()
    }
  }
}

extension SyntaxGymError: CommandFailure {
  var failureCode: FailureCode { .badData }
}
