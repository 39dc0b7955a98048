import ArgumentParser
import Foundation
import MynahIO
import MynahInference
import MynahModels
import MynahText

/// `mynah pairs`: the accuracy of a model on minimal pairs.
struct PairsCommand: CommandWithMessages, ConditionalFlags {
  static let configuration = CommandConfiguration(
    commandName: "pairs",
    abstract: "Print how often a model prefers the acceptable sentence of a pair.",
    discussion: """
      Reads files with one JSON object per line, with the keys sentence_good and sentence_bad of BLiMP. For models of \
      words, a word that the vocabulary lacks is tried in lowercase and without punctuation. A tie counts as wrong. \
      Each sentence is a text of its own; a cache and dynamic evaluation start anew for each.

      For several files, the mean of their accuracies is printed with its 95 % interval, by a bootstrap over the pairs \
      of each file (1,000 draws with a fixed seed).

        mynah pairs notes.safetensors agreement.jsonl islands.jsonl
        mynah pairs notes.safetensors agreement.jsonl --tsv > pairs.tsv
      """)

  @Argument(help: "A model file that mynah train wrote.", completion: .file())
  var model: String

  @Argument(help: "Files of pairs.", completion: .file())
  var files: [String]

  @Flag(help: "Do not change the spelling of the sentences.")
  var verbatim = false

  @Flag(help: "Print a row of tab-separated columns for each pair instead.")
  var tsv = false

  @Flag(help: "Print a JSON object for each file, and one for the mean of several.")
  var json = false

  @OptionGroup(title: "Prediction") var adaptation: AdaptationOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  var rules: [FlagRule] { [FlagRule("--tsv", tsv, excludes: "--json", json)] }

  mutating func run() throws {
    try threads.run { try compare() }
  }

  private func compare() throws {
    let file = try ModelFile(contentsOf: model)
    let isOfWords = if case .word = file.tokenizer { true } else { false }
    try FlagRule("--verbatim", verbatim, needs: "a model of words", isOfWords).check()
    let predictor = try adaptation.predictor(file, policy: .reset)
    let scorer = TextScorer(predictor, tokenizer: file.tokenizer)
    let familiar = FamiliarWords(file.tokenizer.vocabulary)
    if tsv { try StandardOutput.write(Self.header) }
    var sets: [[Bool]] = []
    for path in files {
      var (report, outcomes) = (MinimalPairReport(), [Bool]())
      let pairs = try Self.pairs(at: path)
      var progress = WorkProgress(path, on: tsv ? .terminalWithoutResults : .terminal)
      for pair in pairs {
        let scored = try scorer.score(pair) { isOfWords && !verbatim ? familiar($0) : $0 }
        report.add(scored, tokenizer: file.tokenizer)
        outcomes.append(scored.outcome == .right)
        if tsv { try StandardOutput.write(Self.row(path, outcomes.count, scored)) }
        progress.report(Double(outcomes.count) / Double(pairs.count))
      }
      progress.clear()
      sets.append(outcomes)
      if tsv { continue }
      let figures = Figures(
        file: path, accuracy: report.accuracy, coverage: report.coverage, pairCount: report.pairCount,
        rightCount: report.rightCount, tieCount: report.tieCount, knownPairCount: report.knownPairCount,
        knownAccuracy: report.knownAccuracy)
      if json { try StandardOutput.writeJSON(figures) } else { try StandardOutput.write(figures.inWords) }
    }
    guard files.count > 1, !tsv else { return }
    let mean = MeanAccuracy(sets)
    let figures = MeanFigures(
      fileCount: files.count, meanAccuracy: mean.value, meanAccuracyLow: mean.low, meanAccuracyHigh: mean.high)
    if json { try StandardOutput.writeJSON(figures) } else { try StandardOutput.write(figures.inWords) }
  }

  private static func pairs(at path: String) throws -> [MinimalPair] {
    var lines = try LineReader([path])
    var pairs: [MinimalPair] = []
    while let line = try lines.next() {
      guard !line.text.allSatisfy(\.isWhitespace) else { continue }
      do {
        pairs.append(try JSONDecoder().decode(MinimalPair.self, from: Data(line.text.utf8)))
      } catch {
        throw PairsError(path: path, line: line.number)
      }
    }
    guard !pairs.isEmpty else { throw FileError.emptyText(path: path) }
    return pairs
  }

  // MARK: Figures

  private static let header =
    [
      "file", "index", "log_probability_good", "log_probability_bad", "difference", "outcome", "unknown_good",
      "unknown_bad",
    ].joined(separator: "\t") + "\n"

  private static func row(_ path: String, _ index: Int, _ pair: ScoredPair) -> String {
    let cells = [
      path.tableCell, "\(index)", pair.good.logProbability.cell, pair.bad.logProbability.cell, pair.difference.cell,
      pair.outcome.rawValue, "\(pair.good.unknownCount)", "\(pair.bad.unknownCount)",
    ]
    return cells.joined(separator: "\t") + "\n"
  }

  private struct Figures: Encodable {
    let file: String
    let accuracy, coverage: Double
    let pairCount, rightCount, tieCount: Int
    let knownPairCount: Int
    let knownAccuracy: Double

    var inWords: String {
      "\(file): \((100 * accuracy).formatted(1)) % of \(pairCount.grouped) pairs right (\(tieCount.grouped) ties), "
        + "\((100 * coverage).formatted(1)) % of the tokens known; "
        + (knownPairCount > 0
          ? "\((100 * knownAccuracy).formatted(1)) % of the \(knownPairCount.grouped) pairs without an unknown word\n"
          : "no pair without an unknown word\n")
    }
  }

  private struct MeanFigures: Encodable {
    let fileCount: Int
    let meanAccuracy, meanAccuracyLow, meanAccuracyHigh: Double

    var inWords: String {
      let bounds = [meanAccuracyLow, meanAccuracyHigh].map { (100 * $0).formatted(1) }.joined(separator: "–")
      return "mean of \(fileCount) files: \((100 * meanAccuracy).formatted(1)) % right (95 % interval \(bounds) %)\n"
    }
  }
}

/// The error for a line that is not a pair.
private struct PairsError: CommandFailure {
  let path: String
  let line: Int

  var failureCode: FailureCode { .badData }
  var sentence: String {
    "expected a JSON object with sentence_good and sentence_bad in line \(line) of \(path.quoted()), found something "
      + "else; correct or remove the line"
  }
}
