import ArgumentParser
import MynahIO
import MynahInference
import MynahModels
import MynahText

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure how well a model predicts a text.",
    discussion: """
      The perplexity is how many equally likely tokens the model's uncertainty amounts to: lower is better. Models with \
      different vocabularies are compared by bits per character, or by their perplexity of a word or byte of the text.

        mynah evaluate notes.safetensors test.txt
        mynah evaluate notes.safetensors test.txt --cache 500 --dynamic 0.00005 --dynamic-statistics notes.txt
        mynah evaluate notes.safetensors test.txt --mix notes.arpa --tune-weights other.txt
      """)

  @Argument(help: "A model file that mynah train wrote.")
  var model: String

  @Argument(help: "A text file that the model has not learned.")
  var text: String

  @OptionGroup(title: "Adapting") var adaptation: AdaptationOptions
  @OptionGroup var precision: WeightPrecisionOptions
  @OptionGroup var threads: ThreadOptions

  @Flag(help: "Print one object of JSON.")
  var json = false

  mutating func run() throws {
    try threads.run {
      let file = try ModelFile(contentsOf: model)
      let text = try TextFile(at: text).text
      let encoded = try file.tokenizer.encode(text)
      let predictor = try adaptation.predictor(file, path: model, precision: precision)
      let report = try predictor.perplexity(of: encoded, tokenizer: file.tokenizer)
      let length = TextLength(of: text)
      if json {
        try StandardOutput.writeJSON(Figures(report, length))
      } else {
        try StandardOutput.write(inWords(report, length, file.tokenizer))
      }
    }
  }

  /// The report for machines.
  private struct Figures: Encodable {
    let perplexity, nats: Double
    let targetCount, unknownCount: Int
    let bitsPerCharacter: Double
    let wordPerplexity, characterPerplexity, bytePerplexity: Double
    let wordCount, characterCount, byteCount: Int

    init(_ report: PerplexityReport, _ length: TextLength) {
      (wordCount, characterCount, byteCount) = (length.wordCount, report.characterCount, length.byteCount)
      wordPerplexity = report.perplexity(by: wordCount)
      characterPerplexity = report.perplexity(by: characterCount)
      bytePerplexity = report.perplexity(by: byteCount)
      (perplexity, nats) = (report.perplexity, report.loss.nats)
      (targetCount, unknownCount) = (report.loss.targetCount, report.unknownCount)
      bitsPerCharacter = report.bitsPerCharacter
    }
  }

  /// The report for people: the figures, and what was counted.
  private func inWords(_ report: PerplexityReport, _ length: TextLength, _ tokenizer: AnyTokenizer) -> String {
    let (targets, unknown) = (report.loss.targetCount, report.unknownCount)
    let share = (100 * Double(unknown) / Double(targets)).brief
    let lineEnd = tokenizer.endOfSentenceID.map { tokenizer.vocabulary[$0] } ?? ""
    let lineEnds =
      switch tokenizer {
      case _ where tokenizer.endOfSentenceID != nil: "each is the token \(lineEnd), predicted like any other"
      case .word: "white space like any other: not predicted"
      case .kerasWord where tokenizer.hasWords: "left out like other white space and punctuation: not predicted"
      case .bytePair: "tokens or parts of tokens like any other"
      default: "tokens like any other"
      }
    let start =
      report.startsAfterEndOfSentence
      ? "zero, after an \(lineEnd), so that every token was predicted; carried to the text's end"
      : "zero; the first token was context only; carried to the text's end"
    return """
      perplexity          \(report.perplexity.asPerplexity)
      bits per character  \(report.bitsPerCharacter.formatted(4)), over \(report.characterCount.grouped) characters
      perplexity per word \(report.perplexity(by: length.wordCount).asPerplexity), over \(length.wordCount.grouped) words between white space
      perplexity per byte \(report.perplexity(by: length.byteCount).formatted(4)), over \(length.byteCount.grouped) bytes
      nats                \(report.loss.nats.formatted(2)), \(report.loss.mean.formatted(4)) a target
      targets             \(targets.grouped) \(tokenizer.countedNoun)
      unknown             \(unknown.grouped) of them (\(share) %), predicted as <unk>
      line ends           \(lineEnds)
      state               \(start)

      """
  }
}
