import ArgumentParser
import MynahIO
import MynahInference
import MynahModels
import MynahText

/// `mynah rescore`: n-best lists in a new order.
struct RescoreCommand: CommandWithMessages, ConditionalFlags {
  static let configuration = CommandConfiguration(
    commandName: "rescore",
    abstract: "Rescore n-best lists.",
    discussion: """
      Reads lines `id ||| text ||| scores`, with an optional fourth field for the total score and further fields, as \
      speech recognisers and translators write them; successive lines with the same id are one list. Prints each list \
      best first, with the new score in place of the total: score-weight · old score + model-weight · ln p(text) \
      + token-bonus · tokens. The old score is the total, or else the sum of the scores.

      Scores are numbers, name=number, or Moses' `Name= 1 2`, with white space between. --weights gives each a weight \
      by its name: numbers without a name are score, or score1, score2 and so on; several with one name are Name.1, \
      Name.2 and so on. The built-in scores are model (ln p of the text), tokens and words, with weight 0 unless given.

      With --scores, lists are in the format of Kaldi, `utterance-n words…`, and each file of scores has lines \
      `utterance-n number`. The costs of Kaldi are negated log-probabilities, so they need a negative weight. Prints \
      the key, the new score and the text, with tabs between.

        mynah rescore notes.safetensors lists.txt --model-weight 0.5
        mynah rescore notes.safetensors lists.txt --weights am=1,lm=0.7,model=0.5
        mynah rescore notes.safetensors dev.txt --tune references.txt
        mynah rescore notes.safetensors nbest.txt --scores am=ac_cost.txt \\
          --scores lm=lm_cost.txt --weights am=-0.1,lm=-0.5,model=0.5
      """)

  @Argument(help: "A model file that mynah train wrote.", completion: .file())
  var model: String

  @Argument(help: "Files of lists. (default: standard input)", completion: .file())
  var files: [String] = []

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The weight of the old score. (default: 1)", valueName: "number"),
    transform: Bounded.number(-1e6...1e6))
  var scoreWeight: Float?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The weight of the model's ln p. (default: 1)", valueName: "number"),
    transform: Bounded.number(-1e6...1e6))
  var modelWeight: Float?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The bonus for each token. (default: 0)", valueName: "number"),
    transform: Bounded.number(-1e6...1e6))
  var tokenBonus: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The weight of each score: am=1,lm=0.7,words=0.1,model=0.5. With --tune, the weights to start from.",
      valueName: "weights"),
    transform: RescoreFlags.weights)
  var weights: ScoreWeights?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Read lists in the format of Kaldi, with the scores NAME in this file; may be given several times.",
      valueName: "NAME=FILE"),
    transform: RescoreFlags.scores)
  var scores: [KaldiScoreFile] = []

  @Option(
    help: ArgumentHelp(
      "Find the weights with the lowest word error rate of the first texts against these references, lines "
        + "`id ||| text`, or `utterance words…` with --scores.", valueName: "references"), completion: .file())
  var tune: String?

  @Option(
    help: ArgumentHelp("Print the word error rates against references, as in --tune.", valueName: "references"),
    completion: .file())
  var references: String?

  @Flag(help: "Print a JSON object for each line and, with references, one for the word error rates.")
  var json = false

  @OptionGroup(title: "Prediction") var prediction: PredictionOptions<NamedMixtureWeights>
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  var rules: [FlagRule] {
    let single = [
      ("--score-weight", scoreWeight != nil), ("--model-weight", modelWeight != nil),
      ("--token-bonus", tokenBonus != nil),
    ]
    return single.flatMap { flag, isGiven in
      [
        FlagRule(flag, isGiven, excludes: "--weights", weights != nil),
        FlagRule(flag, isGiven, excludes: "--tune", tune != nil),
      ]
    } + [FlagRule("--references", references != nil, excludes: "--tune", tune != nil)]
  }

  func validate() throws {
    try checkRules()
    let names = scores.map(\.name)
    if let name = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw ValidationError("--scores needs a different name for each file, found \(name.quoted()) twice")
    }
  }

  mutating func run() throws { try threads.run { try rescore() } }

  private func rescore() throws {
    let references = try (tune ?? references).map { path in
      try NBestReferences(at: path, format: scores.isEmpty ? .fields : .kaldi)
    }
    let file = try ModelFile(contentsOf: model)
    let scorer = TextScorer(
      try prediction.predictor(file, policy: .reset), tokenizer: file.tokenizer, policy: .reset)
    let reader =
      try scores.isEmpty
      ? NBestReader(files) : NBestReader(kaldi: files, scores: scores.map { ($0.name, $0.path) })
    let output = RescoreOutput(json: json)
    if let references, tune != nil {
      try RescoreTuning(weights: weights, output: output).run(reader, references, scorer)
    } else {
      try rescore(reader, references, scorer, output)
    }
  }

  /// Rescores lists one by one, so that only one of them is in memory.
  private func rescore(
    _ lists: NBestReader, _ references: NBestReferences?, _ scorer: TextScorer, _ output: RescoreOutput
  ) throws {
    var (lists, references, errors) = (lists, references, RescoringErrors())
    if let weights, weights["model"] == nil {
      StandardError.warn("the weights do not contain model, so the model's scores are not used")
    }
    var progress = WorkProgress("rescoring", on: .terminalWithoutResults)
    defer { progress.clear() }
    while let list = try lists.next() {
      progress.report(lists.share)
      let reference = try references?.take(for: list)
      let scored = try list.hypotheses.map { try ScoredHypothesis($0, by: scorer, reference: reference) }
      let ranked = try rule(for: list).ranked(scored)
      if reference != nil { errors.add(ranked) }
      try output.write(ranked)
    }
    progress.clear()
    guard let references else { return }
    try references.checkUsed()
    let summary = RescoreSummary(errors: errors, start: nil, weights: weights)
    output.describe(summary)
    try output.finish(summary)
  }

  private func rule(for list: NBestList) throws -> any RescoringRule {
    if let weights { return try WeightedRescoring(weights, names: list.scoreNames) }
    return Rescoring(
      scoreWeight: Double(scoreWeight ?? 1), modelWeight: Double(modelWeight ?? 1), tokenBonus: Double(tokenBonus ?? 0))
  }
}

extension NBestError: CommandFailure {
  var failureCode: FailureCode { .badData }
}
