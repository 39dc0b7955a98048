import ArgumentParser
import MynahIO
import MynahInference
import MynahModels
import MynahText

struct EvaluateCommand: CommandWithMessages, CommandOfRanks {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure the perplexity of a model on a text.",
    discussion: """
      The perplexity is the number of equally likely tokens that the model's uncertainty corresponds to: lower is \
      better. Compare models with different vocabularies by bits per character, or by the perplexity per word or byte.

        mynah evaluate notes.safetensors test.txt
        mynah evaluate notes.safetensors test.txt --cache 500 --dynamic 0.00005 \\
          --dynamic-statistics notes.txt
        mynah evaluate notes.safetensors test.txt --mix notes.arpa \\
          --tune-weights other.txt
      """)

  @Argument(help: "A model file that mynah train wrote.", completion: .file())
  var model: String

  @Argument(help: "A text file that the model was not trained on.", completion: .file())
  var text: String

  @OptionGroup var state: StateOptions
  @OptionGroup(title: "Prediction") var adaptation: AdaptationOptions
  @OptionGroup(title: "Ranks") var ranks: RankOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  mutating func run() throws {
    try threads.run {
      try Ranks.compare(files: [model, text] + adaptation.files)
      let file = try ModelFile(contentsOf: model)
      let text = try TextFile(at: text, invalidBytes: file.tokenizer.invalidBytes).text
      let policy = state.policy(of: file)
      let predictor = try adaptation.predictor(file, policy: policy)
      let report = try WorkProgress.showing("evaluating") {
        try predictor.perplexity(
          of: text, tokenizer: file.tokenizer, policy: policy, sharing: Ranks.sharing, report: $0)
      }
      let length = TextLength(of: text)
      if json {
        try StandardOutput.writeJSON(Figures(report, length, policy))
      } else {
        try StandardOutput.write(inWords(report, length, file.tokenizer, policy))
      }
    }
  }

  /// The report as JSON.
  private struct Figures: Encodable {
    let perplexity: Double
    /// Nil if only `<unk>` was predicted.
    let perplexityWithoutUnknown: Double?
    let nats: Double
    let targetCount, unknownCount: Int
    let bitsPerCharacter: Double
    let wordPerplexity, characterPerplexity, bytePerplexity: Double
    let wordCount, characterCount, byteCount: Int
    let state: String

    init(_ report: PerplexityReport, _ length: TextLength, _ policy: StatePolicy) {
      state = policy.name
      (wordCount, characterCount, byteCount) = (length.wordCount, report.characterCount, length.byteCount)
      wordPerplexity = report.perplexity(by: wordCount)
      characterPerplexity = report.perplexity(by: characterCount)
      bytePerplexity = report.perplexity(by: byteCount)
      (perplexity, perplexityWithoutUnknown) = (report.perplexity, report.perplexityWithoutUnknown)
      nats = report.loss.nats
      (targetCount, unknownCount) = (report.loss.targetCount, report.unknownCount)
      bitsPerCharacter = report.bitsPerCharacter
    }
  }

  /// Returns the report as text: the figures, and what was counted.
  private func inWords(
    _ report: PerplexityReport, _ length: TextLength, _ tokenizer: AnyTokenizer, _ policy: StatePolicy
  ) -> String {
    let (targets, unknown) = (report.loss.targetCount, report.unknownCount)
    let share = (100 * Double(unknown) / Double(targets)).brief
    let lineEnd = tokenizer.endOfSentenceID.map { tokenizer.vocabulary[$0] } ?? ""
    let lineEnds =
      switch tokenizer {
      case _ where tokenizer.endOfSentenceID != nil: "each is the token \(lineEnd), predicted like any other"
      case .word: "white space like any other: not predicted"
      case .kerasWord where tokenizer.hasWords: "left out like other white space and punctuation: not predicted"
      case .huggingFace(let tokenizer) where tokenizer.encodesWordsApart: "white space like any other: not predicted"
      case .bytePair, .huggingFace: "tokens or parts of tokens like any other"
      default: "tokens like any other"
      }
    let start =
      report.predictsEveryToken
      ? "zero, after a line end, so that every token was predicted" : "zero; the first token was context only"
    let known = report.knownLoss.targetCount
    let withoutUnknown =
      known == targets
      ? ""
      : "without unknown     \(report.perplexityWithoutUnknown?.asPerplexity ?? "none"), over \(known.grouped) targets "
        + "that are not <unk>\n"
    let advice = unknown > 0 ? ": compare only with models of the same vocabulary" : ""
    let (byWord, byByte) = (report.perplexity(by: length.wordCount), report.perplexity(by: length.byteCount))
    return """
      perplexity          \(report.perplexity.asPerplexity)
      \(withoutUnknown)\
      bits per character  \(report.bitsPerCharacter.formatted(4)), over \(report.characterCount.grouped) characters
      perplexity per word \(byWord.asPerplexity), over \(length.wordCount.grouped) words between white space
      perplexity per byte \(byByte.formatted(4)), over \(length.byteCount.grouped) bytes
      nats                \(report.loss.nats.formatted(2)), \(report.loss.mean.formatted(4)) per target
      targets             \(targets.grouped) \(tokenizer.countedNoun)
      unknown             \(unknown.grouped) of them (\(share) %), predicted as <unk>\(advice)
      line ends           \(lineEnds)
      state               \(start); \(policy.inWords)

      """
  }
}
