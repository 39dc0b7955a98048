import Foundation
import MynahModels
import MynahText
import TestSupport
import Testing

@Suite("Progress, notes and warnings on a terminal", .serialized)
struct ProgressTests {
  private static let words = ["<unk>", "<eos>", "a", "b", "c"]

  /// Returns a tool whose folder contains a model and a short text of words in its vocabulary.
  private func tool() throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try TinyModel.drawn(tokens: Self.words, bound: 1).write(to: tool.path("m"))
    try tool.write("a b\nb c a\n", to: "short")
    return tool
  }

  /// Writes a text that takes more than a second to read on any machine, and which no test reads to the end.
  private func writeLongText(_ tool: CommandLineTool) throws {
    try tool.write(String(repeating: "a b c b a c c b\n", count: 2_000_000), to: "long")
  }

  private func words(_ command: String) -> [String] { command.split(separator: " ").map(String.init) }

  /// Runs a command with a terminal as standard error until a condition holds, and returns the text written there.
  private func written(
    _ tool: CommandLineTool, _ arguments: [String], showsResults: Bool = false, until isSo: (String) -> Bool
  ) throws -> String {
    let terminal = try PseudoTerminal()
    let run = try tool.start(arguments, output: showsResults ? terminal.handle : nil, errors: terminal.handle)
    run.wait { isSo(terminal.text) }
    kill(run.process.processIdentifier, SIGKILL)
    _ = try run.finish()
    return terminal.text
  }

  @Test(
    "Work that takes longer than a second shows its progress and the remaining time",
    arguments: [
      ("evaluate m long", "evaluating"), ("evaluate m long --dynamic 0.01", "evaluating"),
      ("evaluate m short --dynamic 0.01 --dynamic-statistics long", "measuring gradients"),
      ("evaluate m short --mix m --tune-weights long", "tuning weights"), ("score m long", "scoring"),
      ("surprisal m long --by-word", "reading"), ("pairs m pairs", "pairs"),
      ("map big --count 1000", "t-SNE"),
    ])
  func shown(command: String, label: String) throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    switch words(command)[0] {
    case "map": try TinyModel.drawn(tokens: Self.words + (0..<1000).map { "\($0)" }).write(to: tool.path("big"))
    case "pairs":
      let pair = "{\"sentence_good\": \"a b\", \"sentence_bad\": \"b a\"}\n"
      try tool.write(String(repeating: pair, count: 100_000), to: "pairs")
    default: try writeLongText(tool)
    }
    let text = try written(tool, words(command)) { $0.contains("ETA") }
    #expect(text.contains(label) && text.contains(" %  "), "\(text.suffix(200).debugDescription)")
  }

  @Test("Work that takes less than a second shows no progress, and the last progress line is erased")
  func short() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write(#"{"sentence_good": "a b", "sentence_bad": "b a"}"# + "\n", to: "pair")
    for command in ["evaluate m short", "score m short", "compare m m -- short", "pairs m pair"] {
      let (terminal, start) = (try PseudoTerminal(), ContinuousClock.now)
      let outcome = try tool.start(words(command), errors: terminal.handle).finish()
      let isFast = ContinuousClock.now - start < .seconds(1)
      #expect(outcome.status == 0, "\(command)")
      if isFast { #expect(terminal.text.isEmpty, "\(terminal.text.debugDescription)") }
      #expect(!terminal.text.contains("ETA") || terminal.text.hasSuffix("\r\u{1B}[K"))
    }
  }

  @Test("Progress is not shown with --quiet, together with results on the same terminal, or in files")
  func silent() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try writeLongText(tool)
    let shown = try tool.start(words("evaluate m long"))
    let start = ContinuousClock.now
    let quiet = try written(tool, words("evaluate m long --quiet")) { _ in ContinuousClock.now - start > .seconds(3) }
    #expect(quiet.isEmpty, "\(quiet.suffix(200).debugDescription)")
    kill(shown.process.processIdentifier, SIGKILL)
    #expect(try shown.finish().errors.isEmpty)
    let mixed = try written(tool, words("score m long"), showsResults: true) { _ in
      ContinuousClock.now - start > .seconds(6)
    }
    #expect(mixed.utf8.count > 1000 && !mixed.contains("ETA"))
  }

  @Test("With --quiet, training prints only its figures, but warnings are still shown")
  func quiet() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(tokenCount: 1500), to: "text")
    let flags = TinyModel.flags + ["--epochs", "1", "--overwrite", "--minimum-count", "1"]
    let (told, quiet) = try (tool.run(["train", "text"] + flags), tool.run(["train", "text", "--quiet"] + flags))
    #expect(told.status == 0 && told.errors.contains(" to learn from, "), "\(told.errors)")
    #expect(quiet.status == 0 && quiet.errors.isEmpty, "\(quiet.errors)")
    #expect(quiet.output.split(separator: "\n").count == told.output.split(separator: "\n").count)
    let warned = try tool.run("generate", "m", "stranger", "--seed", "1", "--length", "2", "--quiet")
    #expect(warned.errors == "warning: the model reads 1 of the prompt's tokens as <unk>: not in its vocabulary\n")
    try tool.write("a b\n", to: "tiny")
    let counted = try tool.run("ngram", "tiny", "--output", "g", "--quiet")
    #expect(counted.errors.hasPrefix("warning: the discounts of "), "\(counted.errors)")
    let failed = try tool.run("evaluate", "none", "text", "--quiet")
    #expect(failed.status == 66 && failed.isTidy, "\(failed.errors)")
  }

  @Test(
    "A command that waits for input from a terminal prints one note, unless --quiet is set",
    arguments: [
      "score m", "evaluate m -", "surprisal m --tsv", "ngram - --order 2 --output g",
      "generate m -",
      "activations m", "rescore m", "evaluate m short --mix m --tune-weights -", "complete m --json",
      "train - --output t",
    ])
  func waiting(command: String) throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    for isQuiet in [false, true] {
      let terminal = try PseudoTerminal()
      let parts = words(command)
      let run = try tool.start(
        [parts[0]] + (isQuiet ? ["--quiet"] : []) + parts.dropFirst(), input: terminal.handle)
      if isQuiet { usleep(100_000) } else { run.wait { run.errorsSoFar.contains("Ctrl-D") } }
      terminal.type(command.hasPrefix("rescore") ? "0 ||| a b ||| 1\n" : "a b c\nb a c\n")
      for _ in 0..<3 {
        usleep(20_000)
        terminal.type("\u{4}")
      }
      let outcome = try run.finish()
      #expect(outcome.errors.components(separatedBy: "Ctrl-D").count == (isQuiet ? 1 : 2), "\(outcome.errors)")
      #expect(!outcome.wasKilled)
    }
    // Input from a pipe or a file needs no note.
    let outcome = try tool.run(words(command), input: "short")
    #expect(!outcome.errors.contains("Ctrl-D"))
  }
}
