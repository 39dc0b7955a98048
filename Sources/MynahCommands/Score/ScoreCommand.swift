import ArgumentParser
import Foundation
import MynahIO
import MynahInference
import MynahModels
import MynahTensors
import MynahText

/// `mynah score`: how probable a model finds each line.
struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Tell how probable a model finds each line of a text.",
    discussion: """
      Reads files, or standard input line by line. A line's end is predicted too where it is a token. Words that the model \
      does not know are predicted as <unk>; the summary has the perplexity with and without them.

        mynah score notes.safetensors draft.txt
        echo "the cat sat" | mynah score notes.safetensors --tokens
      """)

  /// The base of logarithms.
  enum Base: String, ExpressibleByArgument, CaseIterable {
    case e, two = "2", ten = "10"

    /// What nats are divided by.
    var nats: Double {
      switch self {
      case .e: 1
      case .two: log(2)
      case .ten: log(10)
      }
    }
  }

  @Argument(help: "A model file that mynah train wrote.")
  var model: String

  @Argument(help: "Text files. (default: standard input)")
  var files: [String] = []

  @Option(
    help: ArgumentHelp(
      "What a line knows of those before it: reset (nothing), carry (all), documents (what came since an empty line). (default: reset)",
      valueName: "policy"),
    transform: Self.policy)
  var state = TextScorer.StatePolicy.reset

  @Flag(help: "Tell of each token: its log-probability and its rank among all.")
  var tokens = false

  @Option(help: "The base of the logarithms that are printed, e, 2 or 10; JSON has nats.")
  var logBase = Base.e

  @Flag(help: "Leave lines out that are not UTF-8, and tell of them, instead of ending there.")
  var keepGoing = false

  @Flag(help: "Print an object of JSON for each line, and one for all.")
  var json = false

  @OptionGroup var continuing: LoadStateOptions

  @Option(
    help: ArgumentHelp("Write what the model remembers after the last line, to go on from there.", valueName: "file"))
  var saveState: String?

  @OptionGroup(title: "Adapting") var adaptation: AdaptationOptions
  @OptionGroup var precision: WeightPrecisionOptions
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    guard (continuing.loadState == nil && saveState == nil) || (state == .carry && adaptation.isPlain) else {
      throw ValidationError(
        "--load-state and --save-state need --state carry, and no adapting: a state is a network's alone")
    }
  }

  mutating func run() throws {
    if let saveState { try AtomicFile.check(saveState) }
    try threads.run { try score() }
  }

  private func score() throws {
    let file = try ModelFile(contentsOf: model)
    var scorer = try scorer(file)
    var lines = try LineReader(files)
    var summary = Summary(state: state.rawValue)
    while true {
      do {
        guard let line = try lines.next() else { break }
        let score = try scorer.score(line.text)
        summary.add(score)
        try write(score, line.number, file.tokenizer.vocabulary)
      } catch  where keepGoing && error.isOfOneLine {
        StandardError.write("skipped: \(error)\n")
        summary.skippedCount += 1
      }
    }
    if let saveState, let predictor = scorer.state as? NeuralPredictor {
      try StateFile(predictor, modelPath: model).write(to: saveState)
    }
    if json { try StandardOutput.writeJSON(summary.figures) } else { try StandardOutput.write(summary.inWords) }
  }

  private func scorer(_ file: ModelFile) throws -> TextScorer {
    guard let path = continuing.loadState else {
      let predictor = try adaptation.predictor(file, path: model, precision: precision)
      return TextScorer(predictor, tokenizer: file.tokenizer, policy: state, tellingTokens: tokens)
    }
    let predictor = try StateFile.predictor(at: path, model: precision.model(of: file), modelPath: model)
    return TextScorer(continuing: predictor, tokenizer: file.tokenizer, tellingTokens: tokens)
  }

  private func write(_ score: LineScore, _ number: Int, _ vocabulary: Vocabulary) throws {
    if json {
      return try StandardOutput.writeJSON(
        LineFigures(
          line: number, logProbability: score.logProbability, tokenCount: score.tokenCount,
          unknownCount: score.unknownCount,
          tokens: score.tokens?.map {
            TokenFigures(
              text: vocabulary[$0.id], logProbability: $0.logProbability, surprisal: -$0.logProbability / log(2),
              rank: $0.rank, isUnknown: $0.isUnknown)
          }))
    }
    var text = "\((score.logProbability / logBase.nats).formatted(4))\t\(score.tokenCount)\t\(score.unknownCount)\n"
    for token in score.tokens ?? [] {
      text +=
        "\t\((token.logProbability / logBase.nats).formatted(4))\t\(token.rank)\t\(vocabulary[token.id].visible)\n"
    }
    try StandardOutput.write(text)
  }

  @Sendable private static func policy(_ name: String) throws -> TextScorer.StatePolicy {
    guard let policy = TextScorer.StatePolicy(rawValue: name) else {
      throw ValidationError(
        "expected one of \(TextScorer.StatePolicy.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return policy
  }

  // MARK: Figures

  private struct LineFigures: Encodable {
    let line: Int
    let logProbability: Double
    let tokenCount, unknownCount: Int
    let tokens: [TokenFigures]?
  }

  private struct TokenFigures: Encodable {
    let text: String
    let logProbability: Double
    /// In bits.
    let surprisal: Double
    let rank: Int
    let isUnknown: Bool
  }

  /// What all lines come to.
  private struct Summary {
    struct Figures: Encodable {
      let perplexity, perplexityWithoutUnknown, logProbability: Double
      let tokenCount, unknownCount, lineCount, skippedCount: Int
      let state: String
    }

    let state: String
    private var total = LineScore()
    private var lineCount = 0
    var skippedCount = 0

    init(state: String) { self.state = state }

    mutating func add(_ score: LineScore) {
      total += score
      lineCount += 1
    }

    var figures: Figures {
      Figures(
        perplexity: total.perplexity, perplexityWithoutUnknown: total.perplexityWithoutUnknown,
        logProbability: total.logProbability, tokenCount: total.tokenCount, unknownCount: total.unknownCount,
        lineCount: lineCount, skippedCount: skippedCount, state: state)
    }

    var inWords: String {
      let skipped = skippedCount == 0 ? "" : "skipped lines              \(skippedCount.grouped)\n"
      let state =
        switch self.state {
        case "reset": "each line on its own"
        case "carry": "carried from line to line"
        default: "carried from line to line, anew after an empty one"
        }
      return """
        perplexity                 \(total.perplexity.asPerplexity)
        perplexity without unknown \(total.perplexityWithoutUnknown.asPerplexity)
        unknown tokens             \(total.unknownCount.grouped)
        tokens                     \(total.tokenCount.grouped), line ends included
        lines                      \(lineCount.grouped)
        state                      \(state)
        \(skipped)
        """
    }
  }
}

extension Error {
  /// A Boolean value indicating whether the error affects only one line of a text.
  var isOfOneLine: Bool {
    switch self as any Error {
    case FileError.notUTF8, TextError.unknownToken: true
    default: false
    }
  }
}
