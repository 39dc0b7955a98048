import Foundation
import MynahModels
import MynahTensors
import MynahText
import MynahTraining
import TestSupport
import Testing

@Suite("mynah train --init-from, --freeze and --vectors")
struct FineTuningTests {
  private static let short = ["--epochs", "1", "--batch", "4", "--sequence-length", "8", "--seed", "7"]

  /// Returns a tool whose folder contains two texts and the model `base`, trained on one of them.
  private func tool() throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try tool.write(TinyModel.text(tokenCount: 1500), to: "text.txt")
    try tool.write(TinyModel.text(tokenCount: 1500, seed: 9) + "zebra zebra unicorn unicorn unicorn\n", to: "new.txt")
    let outcome = try tool.run(["train", "text.txt", "--output", "base", "--epochs", "1"] + TinyModel.flags)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return tool
  }

  private func model(_ tool: CommandLineTool, _ name: String) throws -> ModelFile {
    try ModelFile(contentsOf: tool.path(name))
  }

  @Test("A run starts from a model's weights and tokenizer, and records the model's name")
  func initialWeights() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let flags =
      ["train", "new.txt", "--output", "tuned", "--init-from", "base", "--learning-rate", "1e-30"] + Self.short
    let outcome = try tool.run(flags)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let (base, tuned) = (try model(tool, "base"), try model(tool, "tuned"))
    // At this learning rate, no weight changes.
    #expect(tuned.model.parameters.map(\.value) == base.model.parameters.map(\.value))
    #expect(tuned.tokenizer == base.tokenizer)
    #expect(try tool.run("inspect", "tuned").output.contains("from the weights of 'base'"))
  }

  @Test("Frozen parts do not change, and dropout and the optimiser may differ from the original run's")
  func frozen() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let outcome = try tool.run(
      [
        "train", "new.txt", "--output", "tuned", "--init-from", "base", "--freeze", "embedding,layer.0",
        "--dropout", "0.3", "--optimizer", "adam", "--layer-rate-decay", "2.6",
      ] + Self.short)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let (base, tuned) = (try model(tool, "base"), try model(tool, "tuned"))
    for (before, after) in zip(base.model.parameters, tuned.model.parameters) {
      let isFrozen = before.name.hasPrefix("embedding.") || before.name.hasPrefix("recurrent.0.")
      #expect((before.value == after.value) == isFrozen, "\(before.name)")
    }
    #expect(tuned.model.configuration.dropout.output == 0.3)
  }

  @Test("The vocabulary is extended with words from the text, and known words keep their IDs")
  func extended() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let outcome = try tool.run(
      ["train", "new.txt", "--output", "tuned", "--init-from", "base", "--extend-vocabulary"] + Self.short)
    #expect(outcome.status == 0 && outcome.errors.contains("more"), "\(outcome.errors)")
    let (base, tuned) = (try model(tool, "base"), try model(tool, "tuned"))
    let count = base.tokenizer.vocabulary.count
    #expect(Array(tuned.tokenizer.vocabulary.tokens.prefix(count)) == base.tokenizer.vocabulary.tokens)
    #expect(tuned.model.configuration.vocabularySize == tuned.tokenizer.vocabulary.count)
  }

  @Test("A fine-tuning run resumes exactly, with or without its flags")
  func resumed() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let flags = [
      "--init-from", "base", "--gradual-unfreezing", "--extend-vocabulary", "--batch", "4", "--sequence-length", "8",
      "--seed", "7", "--learning-rate", "0.5", "--schedule", "constant",
    ]
    #expect(try tool.run(["train", "new.txt", "--output", "whole", "--epochs", "3"] + flags).status == 0)
    #expect(try tool.run(["train", "new.txt", "--output", "parts", "--epochs", "1"] + flags).status == 0)
    for (epochs, more) in [("2", []), ("3", flags)] {
      let resumed = try tool.run(["train", "new.txt", "--output", "parts", "--resume", "--epochs", epochs] + more)
      #expect(resumed.status == 0, "\(resumed.errors)")
    }
    let (whole, parts) = (try model(tool, "whole").model, try model(tool, "parts").model)
    #expect(whole.parameters.map(\.value) == parts.parameters.map(\.value))
    for (more, sentence) in [
      (["--init-from", "whole"], "--init-from"), (["--freeze", "output"], "--freeze"),
      (["--layer-rate-decay", "3"], "--layer-rate-decay"),
    ] {
      let other = try tool.run(["train", "new.txt", "--output", "whole", "--resume"] + more)
      #expect(other.status == 65 && other.lastLine.contains(sentence), "\(other.errors)")
    }
  }

  @Test("Embeddings are initialised from word vectors, have the same size, and can be frozen")
  func vectors() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let word = try model(tool, "base").tokenizer.vocabulary.tokens.first { $0 != "<unk>" && $0 != "<eos>" } ?? ""
    try tool.write("\(word) 0.25 -0.5 0.75\n", to: "vectors.txt")
    let outcome = try tool.run(
      ["train", "text.txt", "--output", "m", "--hidden", "8", "--vectors", "vectors.txt", "--freeze", "embedding"]
        + Self.short)
    #expect(outcome.status == 0 && outcome.errors.contains("vectors: 1 of"), "\(outcome.errors)")
    let file = try model(tool, "m")
    let id = try #require(file.tokenizer.vocabulary.id(of: word))
    #expect(Array(file.model.embedding.weight.value.elements[Int(id) * 3..<Int(id) * 3 + 3]) == [0.25, -0.5, 0.75])
    #expect(try tool.run("inspect", "m").output.contains("embeddings from 'vectors.txt'"))
  }

  @Test(
    "Flags without effect and unsuitable input are rejected, and nothing is written",
    arguments: [
      ("--init-from base --hidden 32", 64, "keeps the model's"),
      ("--init-from base --cell gru", 64, "keeps the model's"),
      ("--init-from base --tokenizer character", 64, "--tokenizer"),
      ("--init-from base --minimum-count 1", 64, "--extend-vocabulary"),
      ("--init-from none", 66, "none"), ("--init-from new.txt", 65, "safetensors"),
      ("--init-from base --freeze layer.7", 64, "layer.7"), ("--freeze nothing", 64, "layer.0"),
      ("--extend-vocabulary", 64, "--init-from"), ("--gradual-unfreezing", 64, "--init-from"),
      ("--vectors none", 66, "none"), ("--vectors other.vec", 64, "no token"),
      ("--vectors bad.vec", 65, "line 2"), ("--vectors other.vec --init-from base", 64, "--vectors"),
      ("--vectors three.vec --embedding 8", 64, "3 elements"),
    ])
  func refused(flags: String, status: Int32, sentence: String) throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write("nobody 1 2 3\n", to: "other.vec")
    try tool.write("nobody 1 2 3\nnone 1 2\n", to: "bad.vec")
    let words = try model(tool, "base").tokenizer.vocabulary.tokens
    try tool.write(words.filter { !$0.hasPrefix("<") }.map { "\($0) 1 2 3\n" }.joined(), to: "three.vec")
    let before = try tool.files()
    let outcome = try tool.run(
      ["train", "new.txt", "--output", "tuned"] + flags.split(separator: " ").map { String($0) } + Self.short)
    #expect(outcome.status == status && outcome.isTidy && outcome.lastLine.contains(sentence), "\(outcome.errors)")
    #expect(try tool.files() == before)
  }
}
