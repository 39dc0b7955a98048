import ArgumentParser
import Foundation
import MynahIO
import MynahInference
import MynahModels
import MynahTensors
import MynahText

/// `mynah score`: the log-probabilities of lines.
struct ScoreCommand: CommandWithMessages, ConditionalFlags, CommandOfRanks {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Print the log-probability of each line of a text.",
    discussion: """
      Reads files, or standard input line by line. The score of a line is the sum over the tokens that begin in it, \
      including its end if that is a token; the scores of all lines add up to what mynah evaluate prints. Words that \
      are not in the model's vocabulary are predicted as <unk>; the summary has the perplexity with and without them.

        mynah score notes.safetensors draft.txt
        echo "the cat sat" | mynah score notes.safetensors --tokens
      """)

  /// The base of logarithms.
  enum Base: String, ExpressibleByArgument, CaseIterable {
    case e, two = "2", ten = "10"

    /// The factor of the logarithms in nats.
    var nats: Double {
      switch self {
      case .e: 1
      case .two: log(2)
      case .ten: log(10)
      }
    }
  }

  @Argument(help: "A model file that mynah train wrote.", completion: .file())
  var model: String

  @Argument(help: "Text files. (default: standard input)", completion: .file())
  var files: [String] = []

  @OptionGroup var state: StateOptions

  @Flag(help: "Print each token with its log-probability and its rank among all tokens.")
  var tokens = false

  @Option(help: "The base of the printed logarithms; JSON has nats. (default: e)")
  var logBase: Base?

  @Flag(help: "Skip lines that are not UTF-8, with a note, instead of stopping there.")
  var keepGoing = false

  @Flag(help: "Print a JSON object for each line, and one for all.")
  var json = false

  @OptionGroup var continuing: LoadStateOptions

  @Option(
    help: ArgumentHelp(
      "Write the model's state after the last line, to continue from there with --load-state.", valueName: "file"))
  var saveState: String?

  @OptionGroup(title: "Prediction") var adaptation: AdaptationOptions
  @OptionGroup(title: "Ranks") var ranks: RankOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  var rules: [FlagRule] {
    [
      FlagRule("--log-base", logBase != nil, excludes: "--json", json),
      FlagRule(
        "--load-state", continuing.loadState != nil, needs: "a model without adaptation or mixing", adaptation.isPlain),
      FlagRule(
        "--save-state", saveState != nil, needs: "a model without adaptation or mixing", adaptation.isPlain),
    ]
  }

  /// Returns the state policy for a model; loading or saving a state requires `.carry`.
  ///
  /// - Throws: `ValidationError` if a state is loaded or saved with another policy.
  private func policy(of file: ModelFile) throws -> StatePolicy {
    let policy = state.policy(of: file)
    let given = [continuing.loadState.map { _ in "--load-state" }, saveState.map { _ in "--save-state" }]
    if let flag = given.compactMap(\.self).first, policy != .carry {
      throw ValidationError("\(flag) needs --state carry: the model's state is \(policy.inWords)")
    }
    return policy
  }

  mutating func run() throws {
    if let saveState { try AtomicFile.check(saveState) }
    try threads.run { try score() }
  }

  private func score() throws {
    try Ranks.compare(
      files: [model] + (files.isEmpty ? ["-"] : files) + adaptation.files
        + [continuing.loadState].compactMap(\.self))
    let file = try ModelFile(contentsOf: model)
    let policy = try policy(of: file)
    // A single process scores each line immediately.
    let lineCount = Ranks.sharing.map { 256 * $0.rankCount } ?? 1
    var scorer = try scorer(file, policy)
    var lines = try LineReader(files, invalidBytes: file.tokenizer.invalidBytes)
    var summary = Summary(policy)
    var numbers: [Int] = []
    var heldCount = 0
    var progress = WorkProgress("scoring", on: .terminalWithoutResults)
    defer { progress.clear() }
    func write(_ scores: [LineScore]) throws {
      for (score, number) in zip(scores, numbers) {
        summary.add(score)
        try self.write(score, number, file.tokenizer.vocabulary)
      }
      numbers.removeFirst(scores.count)
    }
    func scoreHeld() throws {
      heldCount = 0
      try write(scorer.scoreHeld())
    }
    while true {
      do {
        guard let line = try lines.next() else { break }
        try scorer.hold(line.text, isEnded: line.isEnded)
        numbers.append(line.number)
      } catch {
        // Write the scores of the preceding lines before handling the error.
        try scoreHeld()
        guard keepGoing && error.isOfOneLine else { throw error }
        progress.clear()
        StandardError.write("skipped: \(error)\n")
        summary.skippedCount += 1
        continue
      }
      heldCount += 1
      if heldCount >= lineCount {
        try scoreHeld()
        progress.report(lines.share, tokens: summary.tokenCount)
      }
    }
    try write(scorer.finish())
    if Ranks.isFirst, let saveState, let predictor = scorer.state as? NeuralPredictor {
      try StateFile(predictor, modelPath: model).write(to: saveState)
    }
    if json { try StandardOutput.writeJSON(summary.figures) } else { try StandardOutput.write(summary.inWords) }
  }

  private func scorer(_ file: ModelFile, _ policy: StatePolicy) throws -> TextScorer {
    guard let path = continuing.loadState else {
      let predictor = try adaptation.predictor(file, policy: policy)
      return TextScorer(
        predictor, tokenizer: file.tokenizer, policy: policy, includingTokens: tokens, sharing: Ranks.sharing)
    }
    let predictor = try StateFile.predictor(at: path, model: adaptation.precision.model(of: file), modelPath: model)
    return TextScorer(continuing: predictor, tokenizer: file.tokenizer, includingTokens: tokens)
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
    let base = logBase ?? .e
    var text = "\((score.logProbability / base.nats).formatted(4))\t\(score.tokenCount)\t\(score.unknownCount)\n"
    for token in score.tokens ?? [] {
      text +=
        "\t\((token.logProbability / base.nats).formatted(4))\t\(token.rank)\t\(vocabulary[token.id].visible)\n"
    }
    try StandardOutput.write(text)
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

  /// The figures of all lines.
  private struct Summary {
    struct Figures: Encodable {
      /// Nil if nothing was predicted; `perplexityWithoutUnknown` is also nil if only `<unk>` was predicted.
      let perplexity, perplexityWithoutUnknown: Double?
      let logProbability: Double
      let tokenCount, unknownCount, lineCount, skippedCount: Int
      let state: String
    }

    private let policy: StatePolicy
    private var total = LineScore()
    private var lineCount = 0
    var skippedCount = 0
    var tokenCount: Int { total.tokenCount }

    init(_ policy: StatePolicy) { self.policy = policy }

    mutating func add(_ score: LineScore) {
      total += score
      lineCount += 1
    }

    var figures: Figures {
      Figures(
        perplexity: total.perplexity, perplexityWithoutUnknown: total.perplexityWithoutUnknown,
        logProbability: total.logProbability, tokenCount: total.tokenCount, unknownCount: total.unknownCount,
        lineCount: lineCount, skippedCount: skippedCount, state: policy.name)
    }

    var inWords: String {
      let skipped = skippedCount == 0 ? "" : "skipped lines              \(skippedCount.grouped)\n"
      let known = total.perplexityWithoutUnknown?.asPerplexity ?? "none: no known token was predicted"
      return """
        perplexity                 \(total.perplexity?.asPerplexity ?? "none: no token was predicted")
        perplexity without unknown \(known)
        unknown tokens             \(total.unknownCount.grouped)
        tokens                     \(total.tokenCount.grouped), line ends included
        lines                      \(lineCount.grouped)
        state                      \(policy.inWords)
        \(skipped)
        """
    }
  }
}

extension Error {
  /// A Boolean value indicating whether the error affects only one line of a text.
  var isOfOneLine: Bool {
    switch self as any Error {
    case FileError.notUTF8, FileError.nul, TextError.unknownToken: true
    default: false
    }
  }
}
