import Foundation
import MynahModels
import MynahTensors
import MynahText
import MynahTraining
import TestSupport
import Testing

@Suite("mynah train")
struct TrainCommandTests {
  @Test("Training with several seeds gives the same models as single runs and summarises their figures")
  func seeds() throws {
    struct Summary: Decodable {
      struct Statistics: Decodable { let mean, standardDeviation: Double }
      let seeds: [Int]
      let models: [String]
      let validation: Statistics
    }
    struct Run: Decodable { let validation: Double? }
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(tokenCount: 2000), to: "text")
    let flags = Array(TinyModel.flags.dropLast(2)) + ["--epochs", "1"]
    let set = try tool.run(["train", "text", "--output", "m.x", "--seeds", "4..6", "--json"] + flags)
    #expect(set.status == 0, "\(set.errors)")
    let last = try #require(set.output.split(separator: "\n").last)
    let summary = try JSONDecoder().decode(Summary.self, from: Data(last.utf8))
    #expect(summary.seeds == [4, 5, 6] && summary.models == ["m-seed-4.x", "m-seed-5.x", "m-seed-6.x"])
    let alone = try tool.run(["train", "text", "--output", "alone", "--seed", "5"] + flags)
    #expect(try alone.status == 0 && tool.bytes("alone") == tool.bytes("m-seed-5.x"))
    let figures = try set.output.split(separator: "\n").dropLast().filter { $0.contains("bestEpoch") }.map {
      try JSONDecoder().decode(Run.self, from: Data($0.utf8)).validation ?? 0
    }
    let mean = figures.reduce(0, +) / 3
    let deviation = (figures.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2).squareRoot()
    #expect(figures.count == 3 && abs(summary.validation.mean - mean) < 1e-9)
    #expect(abs(summary.validation.standardDeviation - deviation) < 1e-9)
    // In an interrupted set, runs that have started are resumed, and the others are started.
    for name in ["m-seed-6.x", "m-seed-6.x.training"] { try FileManager.default.removeItem(atPath: tool.path(name)) }
    let resumed = try tool.run(["train", "text", "--output", "m.x", "--seeds", "4..6", "--resume", "--json"] + flags)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.output.split(separator: "\n").last == last)
    #expect(try tool.run(["train", "text", "--seeds", "6..4"]).status == 64)
    #expect(try tool.run(["train", "text", "--output", "m.x", "--seeds", "6..7"] + flags).status == 73)
  }

  @Test("Training writes a model file and a state, figures to standard output and progress to standard error")
  func text() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(), to: "my notes.txt")
    let outcome = try tool.run(["train", "my notes.txt", "--epochs", "2"] + TinyModel.flags)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try tool.files() == ["my notes.safetensors", "my notes.safetensors.training", "my notes.txt"])
    #expect(outcome.output.split(separator: "\n").count == 3)
    #expect(outcome.output.contains("epoch 2  rate 0.5"))
    #expect(outcome.errors.contains("learning rate 1.0") && !outcome.errors.contains("\u{1B}"))
    let model = try ModelFile(contentsOf: tool.path("my notes.safetensors")).model.configuration
    #expect(model.embeddingSize == 8 && model.layers == [.lstm(16), .lstm(8)])
  }

  @Test("With 0 epochs, the untrained model is written, and the run can be resumed from it")
  func noEpochs() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(), to: "text")
    let flags =
      Array(TinyModel.flags.dropLast(2)) + ["--initializer", "glorot", "--embedding-initializer", "uniform:0.25"]
    let command = ["train", "text", "--output", "m"] + flags
    let untrained = try tool.run(command + ["--epochs", "0", "--output-initializer", "zeros"])
    #expect(untrained.status == 0 && untrained.output == "m: the untrained model\n", "\(untrained.errors)")
    let model = try ModelFile(contentsOf: tool.path("m")).model
    let parameters = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.value.elements) })
    #expect(parameters["output.weight"]?.allSatisfy { $0 == 0 } == true)
    let embedding = try #require(parameters["embedding.weight"])
    #expect(embedding.allSatisfy { abs($0) <= 0.25 } && embedding.contains { abs($0) > 0.2 })
    let evaluated = try tool.run("evaluate", "m", "text", "--json")
    #expect(evaluated.status == 0 && evaluated.output.contains("perplexity"), "\(evaluated.errors)")
    #expect(try tool.run("inspect", "m").output.contains("Untrained: its weights are as they were initialised."))
    let resumed = try tool.run(command + ["--epochs", "2", "--resume"])
    #expect(resumed.status == 0 && resumed.output.split(separator: "\n").count == 3, "\(resumed.errors)")
  }

  @Test("Sentences are padded or truncated to the maximum length, and start from the zero state")
  func sentences() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(), to: "text")
    let flags = "--tokenizer word --embedding 8 --hidden 8 --batch 8 --epochs 1 --batching sentences --maximum-length 9"
    let outcome = try tool.run(["train", "text", "--output", "m"] + flags.split(separator: " ").map(String.init))
    #expect(outcome.status == 0, "\(outcome.errors)")
    let file = try ModelFile(contentsOf: tool.path("m"))
    #expect(file.statePolicy == .reset)
    let state = try TrainingStateFile(contentsOf: tool.path("m.training"))
    let end = try #require(file.tokenizer.endOfSentenceID)
    #expect(state.configuration.batches == .sentences(batchSize: 8, maximumLength: 9, endingWith: end))
  }

  @Test("The test perplexity of a folder matches mynah evaluate")
  func folder() throws {
    struct Last: Decodable { let model: String, test: Double, bestEpoch: Int }
    struct Epoch: Decodable { let epoch: Int, learningRate, train, validation, tokensPerSecond: Double }
    struct Figures: Decodable { let perplexity: Double }
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try FileManager.default.createDirectory(atPath: tool.path("data"), withIntermediateDirectories: false)
    for (seed, name) in [(1, "train"), (2, "valid"), (3, "test")] {
      try tool.write(TinyModel.text(tokenCount: 1500, seed: UInt64(seed)), to: "data/\(name).txt")
    }
    let outcome = try tool.run(["train", "data", "--epochs", "3", "--decay-after", "1", "--json"] + TinyModel.flags)
    let lines = outcome.output.split(separator: "\n").map { Data($0.utf8) }
    try #require(lines.count == 4, "\(outcome.errors)")
    let epochs = try lines.dropLast().map { try JSONDecoder().decode(Epoch.self, from: $0) }
    #expect(epochs.map(\.epoch) == [1, 2, 3])
    #expect(epochs.map(\.learningRate) == [1, 0.5, 0.25])
    #expect(epochs.allSatisfy { $0.train > 1 && $0.validation > 1 && $0.tokensPerSecond > 0 })
    let last = try JSONDecoder().decode(Last.self, from: lines[3])
    #expect(last.model == "data.safetensors")
    let evaluated = try tool.run("evaluate", last.model, "data/test.txt", "--json")
    #expect(try JSONDecoder().decode(Figures.self, from: Data(evaluated.output.utf8)).perplexity == last.test)
  }

  @Test("A profile is one line per epoch, as text and in JSON, and Adam has its own default learning rate")
  func profile() throws {
    struct Epoch: Decodable {
      struct Profile: Decodable {
        let tokensPerSecond, gigaflops, shareOfPeak, embedding, recurrence, loss, backward, update, other: Double
      }
      let learningRate: Double, profile: Profile?
    }
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(), to: "text.txt")
    let flags = ["--hidden", "8", "--embedding", "4", "--epochs", "2", "--optimizer", "adam", "--profile"]
    let words = try tool.run(["train", "text.txt"] + flags)
    #expect(words.errors.split(separator: "\n").count { $0.hasPrefix("profile  ") } == 2, "\(words.errors)")
    #expect(words.errors.contains("adam, 2 epochs") && words.errors.contains("learning rate 0.001"))
    let outcome = try tool.run(["train", "text.txt", "--json", "--overwrite"] + flags)
    let lines = outcome.output.split(separator: "\n").dropLast().map { Data($0.utf8) }
    let epochs = try lines.map { try JSONDecoder().decode(Epoch.self, from: $0) }
    #expect(epochs.count == 2 && epochs.allSatisfy { $0.learningRate <= 0.001 }, "\(outcome.errors)")
    for profile in epochs.map(\.profile) {
      let profile = try #require(profile)
      let shares = [
        profile.embedding, profile.recurrence, profile.loss, profile.backward, profile.update, profile.other,
      ]
      #expect(shares.allSatisfy { $0 >= 0 } && abs(shares.reduce(0, +) - 1) < 1e-9)
      #expect(profile.tokensPerSecond > 0 && profile.gigaflops > 0 && profile.shareOfPeak > 0)
    }
  }

  @Test("A text shorter than the default batch is trained with a smaller batch", arguments: ["word", "character"])
  func short(level: String) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write("to be or not to be\nthat is\n", to: "short.txt")
    let outcome = try tool.run("train", "short.txt", "--tokenizer", level, "--hidden", "4", "--epochs", "1")
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test("A byte order mark and CRLF line ends do not change the model")
  func lineEnds() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let text = TinyModel.text(tokenCount: 1000)
    try tool.write(text, to: "unix.txt")
    try tool.write("\u{FEFF}" + text.replacingOccurrences(of: "\n", with: "\r\n"), to: "dos.txt")
    for name in ["unix", "dos"] {
      #expect(try tool.run(["train", "\(name).txt", "--epochs", "1"] + TinyModel.flags).status == 0)
    }
    #expect(try tool.bytes("unix.safetensors") == tool.bytes("dos.safetensors"))
  }

  @Test("A learning rate that is too high ends the run, and its last finite state is kept")
  func divergence() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(), to: "text.txt")
    let outcome = try tool.run(
      ["train", "text.txt", "--output", "m", "--epochs", "2"] + TinyModel.flags
        + ["--learning-rate", "1e6", "--clip", "none"])
    #expect(outcome.status == 65 && outcome.isTidy, "\(outcome.errors)")
    #expect(outcome.lastLine.contains("diverged") && outcome.lastLine.contains("clip the gradients"))
    #expect(try TrainingStateFile(contentsOf: tool.path("m.training")).checkpoint.model.isFinite)
  }

  @Test("A model is replaced only with --overwrite")
  func overwrite() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(), to: "text.txt")
    let arguments = ["train", "text.txt", "--epochs", "1"] + TinyModel.flags
    #expect(try tool.run(arguments).status == 0)
    let first = try tool.bytes("text.safetensors")
    #expect(try tool.run(arguments + ["--seed", "8"]).status == 73)
    #expect(try tool.bytes("text.safetensors") == first)
    #expect(try tool.run(arguments + ["--seed", "8", "--overwrite"]).status == 0)
    #expect(try tool.bytes("text.safetensors") != first)
  }

  @Test("On a full disk, the run ends, existing files are kept and no partial files remain")
  func fullDisk() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(), to: "text.txt")
    let arguments = ["train", "text.txt", "--output", "m", "--epochs", "1"] + TinyModel.flags
    let outcome = try tool.run(arguments, fileBlocks: 8)
    #expect(outcome.status == 74 && outcome.isTidy, "\(outcome.errors)")
    #expect(outcome.lastLine.contains("m.training"))
    #expect(try tool.files() == ["text.txt"])
    #expect(try tool.run(arguments).status == 0)
    let before = try (tool.bytes("m"), tool.bytes("m.training"))
    #expect(try tool.run(arguments + ["--overwrite"], fileBlocks: 8).status == 74)
    #expect(try (tool.bytes("m"), tool.bytes("m.training")) == before)
    #expect(try tool.files() == ["m", "m.training", "text.txt"])
  }
}
