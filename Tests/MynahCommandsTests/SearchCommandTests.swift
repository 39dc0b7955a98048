import Foundation
import MynahModels
import MynahTraining
import TestSupport
import Testing

@Suite("mynah search")
struct SearchCommandTests {
  /// The flags of a tiny model that are not searched.
  private static let flags = [
    "--tokenizer", "word", "--embedding", "8", "--batch", "8", "--sequence-length", "8", "--optimizer", "sgd",
  ]

  private struct Line: Decodable {
    let run, epochs: Int
    let rung: Int?
    let validation: Double?
    let diverged: Bool?
    let settings: [String: String]
    let command: [String]?
  }

  private func tool(tokenCount: Int = 1000) throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try tool.write(TinyModel.text(tokenCount: tokenCount), to: "my text")
    return tool
  }

  private func lines(_ outcome: CommandLineTool.Outcome) throws -> [Line] {
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try outcome.output.split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
  }

  @Test("The printed command reproduces the best model, byte for byte, and the other runs can be resumed")
  func best() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let search =
      ["search", "my text", "--learning-rate", "0.1..4.0", "--hidden", "8|6,4", "--runs", "4", "--epochs", "3"]
      + ["--schedule", "cosine", "--output", "m.x"] + Self.flags
    let lines = try lines(try tool.run(search + ["--json"]))
    #expect(lines.dropLast().map { [$0.rung ?? 0, $0.epochs] } == [[1, 1], [1, 1], [1, 1], [1, 1], [2, 3]])
    let (first, last) = (lines.prefix(4), try #require(lines.last))
    #expect(first.map(\.run) == [1, 2, 3, 4] && Set(first.map(\.settings)).count == 4)
    #expect(last.run == first.min { $0.validation ?? 0 < $1.validation ?? 0 }?.run)
    var command = try #require(last.command)
    #expect(command.prefix(3) == ["mynah", "train", "my text"] && command.suffix(2) == ["--output", "m.x"])
    for (flag, value) in last.settings {
      #expect(command.firstIndex(of: flag).map { command[$0 + 1] } == value)
    }
    command[command.count - 1] = "alone"
    #expect(try tool.run(Array(command.dropFirst())).status == 0)
    #expect(try tool.bytes("alone") == tool.bytes("m.x"))
    #expect(try tool.bytes("m.x") == tool.bytes("m-run-\(last.run).x"))
    #expect(try tool.bytes("alone.training") == tool.bytes("m-run-\(last.run).x.training"))
    // A run that lost can be resumed like any other.
    let lost = last.run == 1 ? 2 : 1
    let resumed = try tool.run("train", "my text", "--resume", "--output", "m-run-\(lost).x")
    #expect(resumed.status == 0 && resumed.output.contains("of 3"), "\(resumed.errors)")
  }

  @Test("A table ranks the runs, and is the same for the same search but differs with another seed")
  func table() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let search = ["search", "my text", "--dropout", "0.0..0.5", "--runs", "3", "--epochs", "1", "--hidden", "6"]
    let first = try tool.run(search + ["--output", "m"] + Self.flags)
    #expect(first.status == 0, "\(first.errors)")
    let rows = first.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(rows[3] == ["rank", "run", "--dropout", "epochs", "validation", "perplexity"])
    #expect(rows[4...6].map { $0[0] } == ["1", "2", "3"] && rows[4...6].allSatisfy { $0[3] == "1" })
    let perplexities = rows[4...6].compactMap { Double($0[4]) }
    #expect(perplexities.count == 3 && perplexities == perplexities.sorted())
    let last = try #require(first.output.split(separator: "\n").last)
    #expect(last.hasPrefix("mynah train 'my text' --dropout \(rows[4][2]) "), "\(last)")
    #expect(first.errors.contains("run 2 of 3 to epoch 1 of 1: --dropout "), "\(first.errors)")
    let again = try tool.run(search + ["--output", "m", "--overwrite", "--quiet", "--threads", "1"] + Self.flags)
    #expect(again.output == first.output && !again.errors.contains("run "), "\(again.errors)")
    let other = try tool.run(search + ["--output", "m", "--overwrite", "--search-seed", "2"] + Self.flags)
    #expect(other.status == 0 && other.output != first.output)
  }

  @Test("An interrupted search resumes with the same table and the same models")
  func interrupted() throws {
    let search =
      ["search", "my text", "--learning-rate", "0.5..2.0", "--output", "m", "--runs", "3", "--epochs", "18"]
      + ["--hidden", "6"] + Self.flags
    let (whole, stopped) = (try tool(tokenCount: 3000), try tool(tokenCount: 3000))
    defer {
      whole.folder.remove()
      stopped.folder.remove()
    }
    let expected = try whole.run(search)
    #expect(expected.status == 0, "\(expected.errors)")
    // The second run has finished its first epoch.
    let outcome = try stopped.run(
      search, until: { stopped.exists("m-run-2") }, then: SIGINT, isTooLate: { _ in stopped.exists("m-run-3") }
    ) {
      for name in try stopped.files() where name != "my text" {
        try FileManager.default.removeItem(atPath: stopped.path(name))
      }
    }
    #expect(outcome.status == 130 && outcome.lastLine.hasSuffix("; continue with --resume"), "\(outcome.errors)")
    #expect(!stopped.exists("m") && !stopped.exists("m-run-3") && stopped.exists("m.search"))
    // Flags may be left out.
    let resumed = try stopped.run("search", "my text", "--output", "m", "--resume")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(
      resumed.errors.components(separatedBy: "run 1 of 3").count == expected.errors.components(
        separatedBy: "run 1 of 3"
      ).count - 1)
    #expect(resumed.output.split(separator: "\n").suffix(5) == expected.output.split(separator: "\n").suffix(5))
    for name in ["m", "m-run-1", "m-run-2", "m-run-3"] {
      #expect(try stopped.bytes(name) == whole.bytes(name), "\(name)")
    }
    // A finished search prints its table again.
    #expect(try stopped.run(search + ["--resume"]).output.split(separator: "\n").count == 6)
  }

  @Test("A run whose state is ahead of the plan, as after a kill between two writes, is not trained again")
  func ahead() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let search = ["search", "my text", "--hidden", "6|5|4", "--runs", "3", "--epochs", "3", "--output", "m"]
    let whole = try tool.run(search + Self.flags)
    let plan = try JSONSerialization.jsonObject(with: tool.bytes("m.search")) as? [String: Any]
    var cut = try #require(plan)
    cut["results"] = []
    try tool.write(
      String(decoding: try JSONSerialization.data(withJSONObject: cut), as: UTF8.self), to: "m.search")
    let bytes = try (1...3).map { try tool.bytes("m-run-\($0)") }
    let resumed = try tool.run("search", "my text", "--output", "m", "--resume")
    #expect(resumed.status == 0 && resumed.output == whole.output, "\(resumed.errors)")
    #expect(try (1...3).map { try tool.bytes("m-run-\($0)") } == bytes)
  }

  @Test("A run that diverges ranks last, and a search in which all runs diverge is an error")
  func divergence() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let search =
      ["search", "my text", "--runs", "2", "--epochs", "2", "--clip", "none", "--hidden", "6", "--output", "m"]
      + Self.flags
    let lines = try lines(try tool.run(search + ["--learning-rate", "1e9|0.5", "--json"]))
    let diverged = try #require(lines.first { $0.diverged == true })
    #expect(diverged.settings["--learning-rate"] == "1e9" && diverged.validation == nil && diverged.epochs == 0)
    #expect(lines.last?.settings["--learning-rate"] == "0.5" && lines.last?.epochs == 2)
    let table = try tool.run("search", "my text", "--output", "m", "--resume").output
    #expect(table.contains("2       \(diverged.run)"), "\(table)")
    let none = try tool.run(search + ["--learning-rate", "1e8|1e9", "--overwrite"])
    #expect(none.status == 65 && none.isTidy && none.lastLine.contains("all 2 runs diverged"), "\(none.errors)")
  }

  @Test("Invalid arguments are errors, as in mynah train, before anything is written")
  func errors() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let files = try tool.files()
    for (words, status, sentence) in [
      (["--hidden", "8..x"], Int32(64), "--hidden '8..x' is not a range"), ([], 64, "needs a flag with a range"),
      (["--droput", "0.1..0.2"], 64, "Unknown option '--droput'"),
      (["--dropout", "0.1..1.5"], 64, "'1.5' is invalid for '--dropout"),
      (["--cell", "lstm|gur"], 64, "'gur' is invalid for '--cell"),
      (["--epochs", "2|3"], 64, "--epochs cannot be searched"),
      (["--tokenizer", "word|byte"], 64, "--tokenizer cannot be searched"),
      (["--maximum-length", "5..9"], 64, "--maximum-length cannot be searched"),
      (["--hidden", "8|9", "--epochs", "0"], 64, "needs --epochs of at least 1"),
      (["--hidden", "8|9", "--embedding", "8", "--tied"], 64, "(found in the run with --hidden 9)"),
      (["--hidden", "8|9", "-"], 64, "write standard input to a file"),
      (["--hidden", "8|9", "--resume"], 66, "there is no search at 'm.search' to resume"),
      (["--hidden", "8|9", "--resume", "--overwrite"], 64, "cannot be combined"),
      (["--hidden", "8|9", "--runs", "0"], 64, "expected a whole number"),
      (["--hidden", "8|9", "none"], 66, "'none'"),
    ] {
      let outcome = try tool.run(["search", "my text", "--output", "m"] + words)
      #expect(outcome.status == status && outcome.isTidy, "\(words): \(outcome.errors)")
      #expect(outcome.lastLine.contains(sentence), "\(words): \(outcome.lastLine)")
      #expect(try tool.files() == files, "\(words)")
    }
    for flag in [
      "--seeds 1..2", "--minutes 1", "--dry-run", "--profile", "--tensorboard x", "--log-json=x",
      "--sample-every-epoch 3",
    ] {
      let words = flag.split(separator: " ").map(String.init)
      let outcome = try tool.run(["search", "my text", "--output", "m", "--hidden", "8|9"] + words)
      let name = words[0].prefix { $0 != "=" }
      #expect(outcome.status == 64 && outcome.isTidy, "\(flag): \(outcome.errors)")
      #expect(outcome.lastLine.hasPrefix("error: \(name) has no effect on a search"), "\(outcome.lastLine)")
      #expect(try tool.files() == files, "\(flag)")
    }
  }

  @Test("A search resumes only with the same text and settings, and never replaces unrelated files")
  func others() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let search = ["search", "my text", "--output", "m"]
    let first = search + ["--hidden", "6|5", "--runs", "2", "--epochs", "1"] + Self.flags
    #expect(try tool.run(first).status == 0)
    for (words, sentence) in [
      (["--hidden", "6|4"], "--hidden is 6|4 and was 6|5"), (["--dropout", "0.1"], "--dropout is 0.1 and was none"),
      (["--tied"], "--tied is on and was none"), (["--runs", "3"], "--runs is 3 and was 2"),
      (["--search-seed", "3"], "--search-seed is 3 and was 1"),
      (["--reduction-factor", "2"], "--reduction-factor is 2 and was 3"),
      (["other"], "the text is my text, other and was my text"),
    ] {
      let outcome = try tool.run(search + words + ["--resume"])
      #expect(outcome.status == 65 && outcome.isTidy, "\(words): \(outcome.errors)")
      #expect(outcome.lastLine.contains(sentence), "\(words): \(outcome.lastLine)")
    }
    #expect(try tool.run(first + ["--resume"]).status == 0)
    let model = try tool.bytes("m")
    try tool.write("a text", to: "m")
    #expect(try tool.run(first + ["--resume"]).status == 73)
    try model.write(to: URL(filePath: tool.path("m")))
    let again = try tool.run(first)
    #expect(again.status == 73 && again.lastLine.contains("'m.search' already exists; continue"), "\(again.errors)")
    for name in ["m.search", "m", "m-run-2", "m-run-2.training"] {
      try tool.write("a text", to: name.replacing("m", with: "n", maxReplacements: 1))
      let kept = try tool.run(
        ["search", "my text", "--output", "n", "--overwrite"] + first.dropFirst(4))
      #expect(kept.status == 73 && kept.isTidy, "\(name): \(kept.errors)")
      try FileManager.default.removeItem(atPath: tool.path(name.replacing("m", with: "n", maxReplacements: 1)))
    }
  }

  @Test("A damaged plan is an error, and only --overwrite replaces a plan")
  func damagedPlan() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let search = ["search", "my text", "--output", "m", "--hidden", "6|5", "--runs", "2", "--epochs", "1"] + Self.flags
    #expect(try tool.run(search).status == 0)
    let plan = String(decoding: try tool.bytes("m.search"), as: UTF8.self)
    for (part, other) in [
      ("{", "["), (#""reductionFactor":3"#, #""reductionFactor":1"#), (#""epochs":1,"red"#, #""epochs":0,"red"#),
      (#""run":2"#, #""run":3"#), (#""rung":1"#, #""rung":2"#), (#"[["5"],["6"]]"#, "[]"),
      (#"[["5"],["6"]]"#, "[[],[]]"),
    ] {
      #expect(plan.contains(part), "\(part)")
      try tool.write(plan.replacing(part, with: other), to: "m.search")
      let outcome = try tool.run(search + ["--resume"])
      #expect(outcome.status == 65 && outcome.isTidy, "\(part): \(outcome.errors)")
    }
    try tool.write(plan, to: "m.search")
    #expect(try tool.run(search + ["--resume"]).status == 0)
    #expect(try tool.run(search + ["--overwrite"]).status == 0)
  }

  @Test("An interrupted search with --overwrite leaves no old runs and cannot be resumed on a different text")
  func changedText() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let search = ["search", "my text", "--output", "m", "--hidden", "6|5", "--runs", "2"] + Self.flags
    #expect(try tool.run(search + ["--epochs", "1"]).status == 0 && tool.exists("m-run-2.training"))
    let old = try tool.bytes("m.search")
    let run = try tool.start(search + ["--epochs", "100000", "--overwrite"])
    run.wait { (try? tool.bytes("m.search")) != old && tool.exists("m-run-1") }
    kill(run.process.processIdentifier, SIGINT)
    #expect(try run.finish().status == 130)
    #expect(!tool.exists("m-run-2") && !tool.exists("m-run-2.training"))
    try tool.write(TinyModel.text(tokenCount: 900), to: "my text")
    // Without the interrupted run's state, only the plan identifies the text.
    for name in ["m-run-1", "m-run-1.training"] { try FileManager.default.removeItem(atPath: tool.path(name)) }
    let resumed = try tool.run("search", "my text", "--output", "m", "--resume")
    #expect(resumed.status == 65 && resumed.lastLine.contains("the text is one with sha256"), "\(resumed.errors)")
  }
}
