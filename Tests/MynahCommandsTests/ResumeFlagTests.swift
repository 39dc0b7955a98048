import Foundation
import MynahModels
import MynahTraining
import TestSupport
import Testing

@Suite("Resuming mynah train with each flag repeated, omitted or changed")
struct ResumeFlagTests {
  /// A flag that determines a run, and its value, or nil for a flag without one.
  struct Flag: Sendable {
    let name: String
    let value: String?
    /// A different value, with which the run cannot be resumed.
    let other: String?
    /// The run's value as it appears in the error message, or nil if it is `value`.
    let own: String?

    init(_ name: String, _ value: String? = nil, other: String? = nil, own: String? = nil) {
      (self.name, self.value, self.other, self.own) = (name, value, other, own)
    }

    var arguments: [String] { [name] + [value].compactMap(\.self) }
  }

  /// Runs that together use all the flags that determine a run.
  static let runs: [(name: String, flags: [Flag])] = [
    (
      "sgd",
      [
        Flag("--tokenizer", "word", other: "character"), Flag("--minimum-count", "1", other: "3"),
        Flag("--vocabulary", "60", other: "50"), Flag("--embedding", "8", other: "9"),
        Flag("--hidden", "8,8", other: "8"), Flag("--cell", "lstm", other: "gru"),
        Flag("--forget-bias", "1", other: "2", own: "1.0"), Flag("--residual"),
        Flag("--dropout", "0.25", other: "0.5"), Flag("--dropout-hidden", "0.125", other: "0.25"),
        Flag("--dropout-layer-input", "0.1", other: "0.5"),
        Flag("--dropout-embedding", "0.1", other: "0.5"), Flag("--dropout-input", "0.1", other: "0.5"),
        Flag("--dropout-weights", "0.1", other: "0.5"), Flag("--variational-dropout"),
        Flag("--initializer", "uniform", other: "glorot"), Flag("--initial-range", "0.2", other: "0.1"),
        Flag("--batching", "windows", other: "contiguous"), Flag("--batch", "4", other: "5"),
        Flag("--sequence-length", "6", other: "7"), Flag("--optimizer", "sgd", other: "adam"),
        Flag("--momentum", "0.5", other: "0.25"), Flag("--nesterov"), Flag("--weight-decay", "0.001", other: "0.01"),
        Flag("--clip", "4", other: "none", own: "4.0"), Flag("--clip-value", "1", other: "2", own: "1.0"),
        Flag("--batches-per-update", "2", other: "3"), Flag("--shards", "2", other: "4"),
        Flag("--patience", "3", other: "4"),
        Flag("--seed", "7", other: "8"), Flag("--learning-rate", "0.5", other: "0.25"),
        Flag("--schedule", "step", other: "plateau"), Flag("--decay", "0.75", other: "0.5"),
        Flag("--decay-after", "2", other: "1"), Flag("--warm-up", "5", other: "6"),
        Flag("--smoothing", "0.125", other: "0.25"), Flag("--mean-loss"),
        Flag("--weight-penalty", "0.0001", other: "0.001"), Flag("--activation-penalty", "0.125", other: "0.25"),
        Flag("--temporal-penalty", "0.125", other: "0.25"), Flag("--precision", "float32"),
      ]
    ),
    (
      "adam",
      [
        Flag("--optimizer", "adam", other: "rmsprop"), Flag("--betas", "0.75,0.875", other: "0.9,0.999"),
        Flag("--epsilon", "0.0001", other: "0.001"), Flag("--amsgrad"), Flag("--tied"),
        Flag("--embedding", "8", other: "9"), Flag("--hidden", "8", other: "9"),
        Flag("--sampled", "9", other: "8"), Flag("--initializer", "orthogonal", other: "uniform"),
        Flag("--schedule", "cosine", other: "linear"), Flag("--batching", "documents", other: "windows"),
      ]
    ),
    (
      "asgd",
      [
        Flag("--optimizer", "asgd", other: "sgd"), Flag("--average-after", "2", other: "3"),
        Flag("--cell", "projected", other: "lstm"), Flag("--projection", "4", other: "3"),
        Flag("--hidden", "8", other: "9"), Flag("--initializer", "glorot", other: "uniform"),
        Flag("--embedding-initializer", "uniform:0.25", other: "zeros"),
        Flag("--output-initializer", "zeros", other: "uniform:0.5"),
        Flag("--batching", "sentences", other: "documents"), Flag("--maximum-length", "6", other: "7"),
        Flag("--tokenizer", "t.json", other: "other.json", own: "a tokenizer with other tokens"),
        Flag("--validation-share", "0.25", other: "0.2"),
      ]
    ),
    (
      "layers",
      [
        Flag("--layers", "lstm:8,gru:6", other: "lstm:8"), Flag("--output-layer", "adaptive:5", other: "mixture:2"),
        Flag("--forget-bias", "1", other: "2", own: "1.0"),
      ]
    ),
    (
      "windows",
      [
        Flag("--cell", "qrnn", other: "sru"), Flag("--hidden", "8,6,6", other: "8,6"),
        Flag("--window", "2,1,1", other: "2"),
      ]
    ),
    (
      "mixture",
      [
        Flag("--skip-connections"), Flag("--hidden", "8,8", other: "8"),
        Flag("--output-layer", "mixture:2", other: "softmax"), Flag("--dropout-latent", "0.25", other: "0.5"),
      ]
    ),
    ("one window", [Flag("--window", "2", other: "1"), Flag("--hidden", "8,6", other: "8")]),
    (
      "mogrifier",
      [
        Flag("--cell", "mogrifier", other: "capped"), Flag("--hidden", "8", other: "9"),
        Flag("--rounds", "3", other: "5"), Flag("--rank", "2", other: "3"), Flag("--cap-input-gate"),
      ]
    ),
    (
      "fine-tuned",
      [
        Flag("--init-from", "t", other: "other"), Flag("--freeze", "embedding", other: "output"),
        Flag("--gradual-unfreezing"), Flag("--layer-rate-decay", "2", other: "3", own: "2.0"),
        Flag("--extend-vocabulary"),
      ]
    ),
    (
      "vectors",
      [
        Flag("--vectors", "one.vec", other: "two.vec"), Flag("--hidden", "8", other: "9"),
        Flag("--validation", "valid.txt", other: "text.txt"),
      ]
    ),
    (
      "random lengths",
      [
        Flag("--optimizer", "asgd", other: "sgd"), Flag("--average-after", "start", other: "3"),
        Flag("--initializer", "pytorch", other: "uniform"),
        Flag("--random-lengths"), Flag("--batching", "contiguous", other: "windows"),
        Flag("--sequence-length", "9", other: "8"), Flag("--hidden", "8", other: "9"),
      ]
    ),
    // A run in which the flags of the other runs have their defaults.
    ("plain", [Flag("--hidden", "8", other: "9"), Flag("--embedding", "8", other: "9")]),
  ]

  /// Flags that do not determine a run, and may be added or changed when it is resumed.
  static let free = [
    ["--epochs", "1"], ["--threads", "2"], ["--checkpoint-every", "7"], ["--metrics", "accuracy"],
    ["--tensorboard", "board"], ["--log-json", "log"], ["--sample-every-epoch", "3"], ["--profile"], ["--json"],
    ["--quiet"], ["--dry-run"],
  ]

  /// Flags that control resuming or plan several runs, which other tests cover.
  static let ofResuming: Set = ["--output", "--resume", "--overwrite", "--reschedule", "--seeds", "--minutes"]

  private static func makeFiles(_ tool: CommandLineTool) throws {
    try tool.write(TinyModel.text(tokenCount: 800), to: "text.txt")
    try tool.write(TinyModel.text(tokenCount: 200, seed: 9), to: "valid.txt")
    try tool.write("the 1 2 3\na 4 5 6\n", to: "one.vec")
    try tool.write("the 1 2 3\n", to: "two.vec")
    for (name, tokens) in [("t", ["<unk>", "<eos>", "the", "a", "."]), ("other", ["<unk>", "<eos>", "the"])] {
      try TinyModel.drawn(tokens: tokens).write(to: tool.path(name))
      #expect(try tool.run("inspect", name, "--tokenizer", name + ".json").status == 0)
    }
  }

  @Test("The tables list all flags of mynah train")
  func complete() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let listed = Self.runs.flatMap { $0.flags.map(\.name) } + Self.free.map { $0[0] } + Self.ofResuming
    #expect(Set(listed) == (try HelpDump(tool).flags["train"]))
  }

  @Test(
    "A run resumes with all, one or none of its flags, but not with a different value",
    arguments: runs.map(\.name))
  func resumes(name: String) throws {
    let flags = try #require(Self.runs.first { $0.name == name }).flags
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try Self.makeFiles(tool)
    let command = ["train", "text.txt", "--output", "m"]
    let first = try tool.run(command + ["--epochs", "1"] + flags.flatMap(\.arguments))
    #expect(first.status == 0, "\(first.errors)")
    let files = try (tool.bytes("m"), tool.bytes("m.training"))
    for given in [[], flags.flatMap(\.arguments)] + flags.map(\.arguments) + Self.free {
      let outcome = try tool.run(command + ["--resume"] + given)
      #expect(outcome.status == 0, "\(given): \(outcome.errors)")
      #expect(try (tool.bytes("m"), tool.bytes("m.training")) == files, "\(given)")
    }
    for flag in flags {
      guard let other = flag.other else { continue }
      let outcome = try tool.run(command + ["--resume", flag.name, other])
      #expect(outcome.status == 65 && outcome.isTidy, "\(outcome.errors)")
      let parts = outcome.lastLine.components(separatedBy: " in the run that is resumed")
      #expect(parts[0].hasPrefix("error: \(flag.name) is \(other)"), "\(outcome.lastLine)")
      #expect(parts[0].hasSuffix(" and was \(flag.own ?? flag.value ?? "")"), "\(outcome.lastLine)")
    }
    // The plain run cannot be resumed with flags that only the other runs have.
    guard name == "plain" else { return }
    for flag in Self.runs.flatMap(\.flags) where flag.other == nil && flag.value == nil {
      let outcome = try tool.run(command + ["--resume", flag.name])
      #expect(outcome.status == 65 && outcome.lastLine.contains("\(flag.name) is on and was "), "\(outcome.lastLine)")
    }
    for given in [
      ["--warm-up", "5"], ["--sampled", "9"], ["--clip-value", "1"], ["--patience", "1"], ["--betas", "0.9,0.9"],
    ] {
      let outcome = try tool.run(command + ["--resume"] + given)
      #expect(
        outcome.status == 65 && outcome.lastLine.contains("\(given[0]) is ") && outcome.lastLine.contains("was none"))
    }
    #expect(try (tool.bytes("m"), tool.bytes("m.training")) == files)
  }

  @Test("When resuming, the default vocabulary limits may be given explicitly, but no others")
  func limits() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try Self.makeFiles(tool)
    let command = ["train", "text.txt", "--output", "m", "--hidden", "8", "--embedding", "8", "--epochs", "1"]
    #expect(try tool.run(command).status == 0)
    #expect(try tool.run(command + ["--resume", "--minimum-count", "2"]).status == 0)
    let other = try tool.run(command + ["--resume", "--minimum-count", "9"])
    #expect(other.status == 65 && other.lastLine.contains("--minimum-count is 9 and was the default"))
  }
}
