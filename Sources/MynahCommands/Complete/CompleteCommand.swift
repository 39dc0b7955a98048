import ArgumentParser
import Foundation
import MynahIO
import MynahInference
import MynahModels
import MynahText

/// `mynah complete`: suggestions for words that are being typed.
struct CompleteCommand: CommandWithMessages, ConditionalFlags {
  static let configuration = CommandConfiguration(
    commandName: "complete",
    abstract: "Suggest completions of words while they are typed.",
    discussion: """
      In a terminal it shows suggestions as you type: Tab accepts the first one, Alt and a digit another, Ctrl-D ends. \
      --context prints suggestions once; without it, the last word of each line of standard input is completed. \
      --simulate types a text and counts the keystrokes that suggestions save.

        mynah complete notes.safetensors
        mynah complete notes.safetensors --context "the company said" --prefix s
        mynah complete notes.safetensors --simulate test.txt --count 3
      """)

  @Argument(help: "A model file that mynah train wrote.", completion: .file())
  var model: String

  @Option(help: ArgumentHelp("The text before the word.", valueName: "text"))
  var context: String?

  @Option(help: ArgumentHelp("The letters of the word that were typed so far.", valueName: "letters"))
  var prefix: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The number of words to suggest. (default: 5)", valueName: "words"),
    transform: Bounded.integer(1...10_000))
  var count = 5

  @Option(
    help: ArgumentHelp("Simulate typing this text, and print the keystrokes that suggestions save.", valueName: "file"))
  var simulate: String?

  @Flag(
    help: "Ignore the case of the typed letters; suggestions follow it, and are capitalised at a sentence start.")
  var ignoreCase = false

  @Flag(help: "Print a JSON object for each context.")
  var json = false

  @OptionGroup var continuing: LoadStateOptions
  @OptionGroup var state: StateOptions
  @OptionGroup(title: "Prediction") var adaptation: AdaptationOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var messages: MessageOptions

  var rules: [FlagRule] {
    [
      FlagRule("--context", context != nil, excludes: "--simulate", simulate != nil),
      FlagRule("--prefix", prefix != nil, excludes: "--simulate", simulate != nil),
      FlagRule(
        "--load-state", continuing.loadState != nil, needs: "a model without adaptation or mixing", adaptation.isPlain),
      FlagRule("--state", state.state != nil, excludes: "--load-state", continuing.loadState != nil),
    ]
  }

  mutating func run() throws { try threads.run { try complete() } }

  private func complete() throws {
    let file = try ModelFile(contentsOf: model)
    let completer = try completer(file)
    if let simulate {
      try type(simulate, completer)
    } else if context != nil || prefix != nil {
      try answer(context ?? "", prefix ?? "", completer)
    } else if isatty(STDIN_FILENO) == 1 && !json {
      try converse(completer)
    } else {
      try answerLines(completer)
    }
  }

  private func completer(_ file: ModelFile) throws -> Completer {
    guard let path = continuing.loadState else {
      let policy = state.policy(of: file)
      return try Completer(
        adaptation.predictor(file, policy: policy), tokenizer: file.tokenizer, policy: policy, ignoresCase: ignoreCase)
    }
    let predictor = try StateFile.predictor(at: path, model: adaptation.precision.model(of: file), modelPath: model)
    return try Completer(continuing: predictor, tokenizer: file.tokenizer, ignoresCase: ignoreCase)
  }

  // MARK: Answers

  /// Prints the suggestions for a word after a context.
  private func answer(_ context: String, _ prefix: String, _ completer: Completer) throws {
    var completer = completer
    let isApart = context.isEmpty || context.unicodeScalars.last?.properties.isWhitespace ?? true
    let unknownCount = try completer.read(isApart ? context : context + " ")
    if unknownCount > 0 {
      StandardError.warn("the model reads \(unknownCount) of the context's tokens as <unk>: not in its vocabulary")
    }
    let suggestions = try completer.suggestions(prefix: prefix, count: count)
    if json {
      return try StandardOutput.writeJSON(
        Answer(
          context: context, prefix: prefix,
          suggestions: suggestions.map { .init(text: $0.text, probability: $0.probability) }))
    }
    let lines = suggestions.map { "\($0.probability.formatted(4))  \($0.text.visible)\n" }
    try StandardOutput.write(lines.isEmpty ? "no word starts with '\(prefix.excerpt())'\n" : lines.joined())
  }

  /// Completes the last word of each line of standard input, or suggests a new word if the line ends in a space.
  private func answerLines(_ completer: Completer) throws {
    var lines = try LineReader([])
    while let line = try lines.next() {
      let start = line.text.lastIndex { $0.isWhitespace }.map { line.text.index(after: $0) } ?? line.text.startIndex
      try answer(String(line.text[..<start]), String(line.text[start...]), completer)
    }
  }

  private struct Answer: Encodable {
    struct Suggestion: Encodable {
      let text: String
      let probability: Double
    }
    let context: String
    let prefix: String
    let suggestions: [Suggestion]
  }

  // MARK: Typing

  private func converse(_ completer: Completer) throws {
    var terminal = try CompletionTerminal()
    var session = try TypingSession(completer, count: min(count, 9))
    try terminal.draw(session)
    while let key = terminal.key() {
      if key == .lineEnd { try terminal.leave(session.line) }
      try session.press(key)
      try terminal.draw(session)
    }
    try terminal.leave(session.line)
  }

  private func type(_ path: String, _ completer: Completer) throws {
    var (report, completer, lines) = (KeystrokeReport(), completer, try LineReader([path]))
    var progress = WorkProgress("typing")
    while let line = try lines.next() {
      try report.type(line.text, &completer, suggestionCount: count)
      progress.report(lines.share)
    }
    progress.clear()
    guard report.wordCount > 0 else { throw FileError.emptyText(path: path) }
    let waits = report.waits.sorted()
    let wait = { (share: Double) in waits[min(waits.count - 1, Int(Double(waits.count) * share))].seconds * 1e3 }
    let figures = Figures(
      wordCount: report.wordCount, takenCount: report.takenCount, keyCount: report.keyCount,
      plainKeyCount: report.plainKeyCount, savedShare: report.savedShare, suggestionCount: count,
      milliseconds: .init(median: wait(0.5), p95: wait(0.95), largest: wait(1)))
    if json { return try StandardOutput.writeJSON(figures) }
    try StandardOutput.write(
      """
      keystrokes saved   \((100 * report.savedShare).formatted(1)) %: \(report.keyCount.grouped) instead of \
      \(report.plainKeyCount.grouped)
      words              \(report.wordCount.grouped), \(report.takenCount.grouped) of them accepted from \(count) \
      suggestions
      ms per keystroke   \(figures.milliseconds.median.formatted(3)) median, \
      \(figures.milliseconds.p95.formatted(3)) 95th percentile, \(figures.milliseconds.largest.formatted(1)) maximum

      """)
  }

  private struct Figures: Encodable {
    struct Milliseconds: Encodable { let median, p95, largest: Double }
    let wordCount, takenCount, keyCount, plainKeyCount: Int
    let savedShare: Double
    let suggestionCount: Int
    let milliseconds: Milliseconds
  }
}
