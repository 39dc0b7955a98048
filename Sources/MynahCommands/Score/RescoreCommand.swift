import ArgumentParser
import MynahIO
import MynahInference
import MynahModels
import MynahText

/// `mynah rescore`: n-best lists in a new order.
struct RescoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rescore",
    abstract: "Rescore n-best lists.",
    discussion: """
      Reads lines `id ||| text ||| scores`, with an optional fourth field for the sum of the scores, as speech \
      recognisers and translators write them; successive lines with the same id are one list. Prints each list best \
      first, with the new score as the last field: score-weight · old score + model-weight · ln p(text) \
      + token-bonus · tokens.

        mynah rescore notes.safetensors lists.txt --model-weight 0.5
      """)

  @Argument(help: "A model file that mynah train wrote.", completion: .file())
  var model: String

  @Argument(help: "Files of lists. (default: standard input)", completion: .file())
  var files: [String] = []

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The weight of the old score. (default: 1)", valueName: "number"),
    transform: Bounded.number(-1e6...1e6))
  var scoreWeight: Float = 1

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The weight of the model's ln p. (default: 1)", valueName: "number"),
    transform: Bounded.number(-1e6...1e6))
  var modelWeight: Float = 1

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The bonus for each token. (default: 0)", valueName: "number"),
    transform: Bounded.number(-1e6...1e6))
  var tokenBonus: Float = 0

  @Flag(help: "Print a JSON object for each line.")
  var json = false

  @OptionGroup(title: "Prediction") var adaptation: AdaptationOptions
  @OptionGroup var threads: ThreadOptions

  mutating func run() throws { try threads.run { try rescore() } }

  private func rescore() throws {
    let file = try ModelFile(contentsOf: model)
    let scorer = TextScorer(
      try adaptation.predictor(file, policy: .reset), tokenizer: file.tokenizer, policy: .reset)
    var (lines, list) = (try LineReader(files), [NBestHypothesis]())
    while let line = try lines.next() {
      guard !line.text.allSatisfy(\.isWhitespace) else { continue }
      guard let hypothesis = NBestHypothesis(line.text) else { throw NBestError(line: line.number, found: line.text) }
      if let first = list.first, first.id != hypothesis.id {
        try write(list, scorer)
        list = []
      }
      list.append(hypothesis)
    }
    try write(list, scorer)
  }

  private func write(_ list: [NBestHypothesis], _ scorer: TextScorer) throws {
    let rescoring = Rescoring(
      scoreWeight: Double(scoreWeight), modelWeight: Double(modelWeight), tokenBonus: Double(tokenBonus))
    for (place, ranked) in try rescoring.ranked(list, by: scorer).enumerated() {
      let hypothesis = ranked.hypothesis
      if json {
        try StandardOutput.writeJSON(
          Figures(
            id: hypothesis.id, rank: place + 1, text: hypothesis.text, score: ranked.score,
            logProbability: ranked.model.logProbability, tokenCount: ranked.model.tokenCount,
            unknownCount: ranked.model.unknownCount))
      } else {
        try StandardOutput.write(
          "\(hypothesis.id) ||| \(hypothesis.text) ||| \(hypothesis.scores) ||| \(ranked.score.formatted(4))\n")
      }
    }
  }

  private struct Figures: Encodable {
    let id: String
    let rank: Int
    let text: String
    let score, logProbability: Double
    let tokenCount, unknownCount: Int
  }
}

/// An error of a line that is not a hypothesis.
struct NBestError: CommandFailure {
  let line: Int
  let found: String

  var failureCode: FailureCode { .badData }
  var sentence: String {
    "line \(line) is not a hypothesis: expected id ||| text ||| scores, with an optional fourth field for their sum, "
      + "found \(found.quoted()); correct or remove the line"
  }
}
