import Foundation
import MynahModels
import MynahTraining
import TestSupport
import Testing

@Suite("mynah train --minutes")
struct MinutesTests {
  private func tool(tokenCount: Int = 4000) throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try tool.write(TinyModel.text(tokenCount: tokenCount), to: "text")
    return tool
  }

  private func state(_ tool: CommandLineTool) throws -> TrainingStateFile {
    try TrainingStateFile(contentsOf: tool.path("m.training"))
  }

  @Test("It prints a plan, trains according to it, and writes a model whose run is complete")
  func plans() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let outcome = try tool.run("train", "text", "--output", "m", "--minutes", "0.02")
    #expect(outcome.status == 0, "\(outcome.errors)")
    for part in ["plan for 1 s: ", " epochs at ", "size", "dropout", "learning rate"] {
      #expect(outcome.errors.contains(part), "\(part): \(outcome.errors)")
    }
    #expect(outcome.output.split(separator: "\n").last?.hasPrefix("m: the model of epoch ") ?? false)
    let state = try state(tool)
    let pace = try #require(state.checkpoint.pace)
    #expect(state.configuration.stepCount == pace.turns[0].end && !state.checkpoint.history.isEmpty)
    // Resuming the complete run changes nothing.
    let bytes = try (tool.bytes("m"), tool.bytes("m.training"))
    #expect(try tool.run("train", "text", "--output", "m", "--resume").status == 0)
    #expect(try (tool.bytes("m"), tool.bytes("m.training")) == bytes)
    let more = try tool.run("train", "text", "--output", "m", "--resume", "--epochs", "99")
    #expect(more.isTidy && more.lastLine.contains("was planned to end after \(pace.end) steps"), "\(more.lastLine)")
    #expect(try (tool.bytes("m"), tool.bytes("m.training")) == bytes)
  }

  @Test("For a short text, it also tries other settings, and the model is no worse than with the defaults")
  func trials() throws {
    let tool = try tool(tokenCount: 600)
    defer { tool.folder.remove() }
    struct Result: Decodable { let validation: Double }
    // Small sizes leave time for trials on a busy machine, too.
    func validation(_ flags: String...) throws -> Double {
      let sizes = ["--embedding", "8", "--hidden", "8"]
      let outcome = try tool.run(["train", "text", "--output", "m", "--overwrite", "--json"] + sizes + flags)
      #expect(outcome.status == 0, "\(outcome.errors)")
      if !flags.isEmpty {
        #expect(outcome.errors.contains("trials: of "), "\(outcome.errors)")
        #expect(outcome.errors.contains("0.35 (outputs)") == flags.contains("--dropout"), "\(outcome.errors)")
      }
      let result = try #require(outcome.output.split(separator: "\n").last)
      return try JSONDecoder().decode(Result.self, from: Data(result.utf8)).validation
    }
    let usual = try validation()
    #expect(try validation("--minutes", "0.5") <= usual)
    _ = try validation("--minutes", "0.5", "--dropout", "0.35")
    // There are no trials for a run that starts from a model, since its weights are not random.
    let tuned = try tool.run("train", "text", "--output", "n", "--minutes", "0.02", "--init-from", "m")
    #expect(tuned.status == 0 && !tuned.errors.contains("trials"), "\(tuned.errors)")
    let dry = try tool.run("train", "text", "--output", "o", "--minutes", "1", "--init-from", "m", "--dry-run")
    #expect(dry.status == 0 && !dry.errors.contains("other settings"), "\(dry.errors)")
  }

  @Test("The plan keeps the values set by flags, such as sizes, the cell or the schedule, and sets the rest")
  func flags() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    // The time is too short for trials.
    for (flags, expected) in [
      (["--hidden", "24"], "embedding 24, LSTM 24,"), (["--embedding", "20"], "embedding 20, LSTM"),
      (["--hidden", "30,24", "--embedding", "20"], "embedding 20, LSTM 30, 24,"),
      (["--cell", "gru", "--dropout", "0.45"], "GRU"),
      (["--layers", "gru:16,lstm:24"], "embedding 24, GRU 16, LSTM 24"),
      (["--projection", "16", "--hidden", "32"], "projected LSTM 32"), (["--output-layer", "mixture:2"], "mixture"),
      (["--optimizer", "sgd", "--schedule", "cosine"], "along a cosine to 0.0 of it over the run"),
      (["--batching", "windows", "--batch", "3", "--sequence-length", "5"], "3 windows × 5 steps"),
      (["--precision", "float32"], "seed 1\n"),
    ] {
      let outcome = try tool.run(
        ["train", "text", "--output", "m", "--overwrite", "--tokenizer", "word", "--minutes", "0.0002"] + flags)
      #expect(outcome.status == 0 && outcome.errors.contains(expected), "\(flags): \(outcome.errors)")
    }
    let tied = try tool.run(
      "train", "text", "--output", "n", "--minutes", "1", "--tied", "--hidden", "9",
      "--embedding", "8")
    #expect(tied.status == 64 && tied.isTidy, "\(tied.errors)")
  }

  @Test("A text with a large vocabulary gets a projected LSTM unless a flag sets the layers")
  func manyWords() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let lines = (0..<1100).map { line in (0..<5).map { "word\(line * 5 + $0)" }.joined(separator: " ") }
    try tool.write((lines + lines).joined(separator: "\n"), to: "text")
    for (flags, expected) in [
      ([], "layers: an LSTM that projects its outputs"), ([], "projected LSTM"), (["--hidden", "24"], "LSTM 24,"),
      (["--cell", "gru"], "GRU"), (["--embedding", "16"], "embedding 16, LSTM 16,"),
    ] {
      let outcome = try tool.run(
        ["train", "text", "--output", "m", "--overwrite", "--tokenizer", "word", "--minutes", "0.0002"] + flags)
      #expect(outcome.status == 0 && outcome.errors.contains(expected), "\(flags): \(outcome.errors)")
      #expect(outcome.errors.contains("projected") == flags.isEmpty, "\(flags): \(outcome.errors)")
    }
  }

  @Test(
    "A tiny text produces a model even if the time is over at once",
    arguments: [
      "The cat sat on the mat.\nThe dog sat on the log.\n", "a\nb\n", "one two three four five six seven eight\n",
    ])
  func tinyTexts(text: String) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(text, to: "text")
    let outcome = try tool.run("train", "text", "--output", "m", "--minutes", "0.0001")
    #expect(outcome.status == 0 && tool.exists("m"), "\(outcome.errors)")
  }

  @Test("A run keeps the sizes of the model, or the size of the word vectors, that it starts from")
  func starts() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try TinyModel.drawn(tokens: ["<unk>", "<eos>", "the", "a", "."]).write(to: tool.path("t"))
    try tool.write("the 1 2 3\na 4 5 6\n", to: "one.vec")
    let tuned = try tool.run("train", "text", "--output", "m", "--minutes", "0.01", "--init-from", "t")
    #expect(tuned.status == 0 && tuned.errors.contains("the flags set the model's size"), "\(tuned.errors)")
    let other = try tool.run("train", "text", "--output", "n", "--minutes", "1", "--init-from", "t", "--hidden", "9")
    #expect(other.status == 64 && other.isTidy && other.lastLine.contains("--init-from keeps"), "\(other.errors)")
    let vectors = try tool.run(
      "train", "text", "--output", "v", "--minutes", "0.01", "--tokenizer", "word", "--vectors", "one.vec")
    #expect(vectors.status == 0 && vectors.errors.contains("\nembedding 3, LSTM"), "\(vectors.errors)")
  }

  @Test("--dry-run prints the plan and its steps, and writes nothing")
  func dryRun() throws {
    let tool = try tool(tokenCount: 600)
    defer { tool.folder.remove() }
    // Enough time for trials on a busy machine, too.
    let outcome = try tool.run("train", "text", "--output", "m", "--minutes", "9", "--dry-run")
    #expect(outcome.status == 0 && outcome.errors.contains("plan for 9:00"), "\(outcome.errors)")
    for part in ["sizes: ", "dropout: ", "in one cycle", "tries other settings first"] {
      #expect(outcome.errors.contains(part), "\(part): \(outcome.errors)")
    }
    #expect(!outcome.errors.contains("trials: of "), "\(outcome.errors)")
    #expect(outcome.output.contains("per epoch") && !tool.exists("m") && !tool.exists("m.training"))
  }
}
