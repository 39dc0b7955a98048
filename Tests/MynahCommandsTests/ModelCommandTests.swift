import Foundation
import MynahModels
import MynahText
import TestSupport
import Testing

@Suite("mynah evaluate, generate, inspect and help")
struct ModelCommandTests {
  private struct Figures: Decodable {
    let perplexity, nats: Double
    let targetCount, unknownCount: Int
    let bitsPerCharacter: Double
  }

  private func evaluate(_ tool: CommandLineTool, _ text: String) throws -> Figures {
    try tool.write(text, to: "text.txt")
    let outcome = try tool.run("evaluate", "m", "text.txt", "--json")
    #expect(outcome.status == 0 && outcome.output.hasSuffix("}\n"), "\(outcome.errors)")
    return try JSONDecoder().decode(Figures.self, from: Data(outcome.output.utf8))
  }

  // MARK: evaluate

  @Test("Every word and line end is predicted, starting after <eos>")
  func evaluateWords() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    // Four tokens, all equally likely: two bits each.
    try TinyModel.filled(with: 0, TinyModel.drawn().tokenizer).write(to: tool.path("m"))
    let figures = try evaluate(tool, "a b\nc a\n")
    #expect(figures.targetCount == 6 && figures.unknownCount == 1)
    #expect(abs(figures.perplexity - 4) < 1e-6 && abs(figures.nats - 6 * log(4)) < 1e-5)
    #expect(abs(figures.bitsPerCharacter - 12.0 / 8) < 1e-6)
  }

  @Test("The first character is predicted after a line end, or is only context if the vocabulary has none")
  func evaluateCharacters() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let tokenizer = try CharacterTokenizer(vocabulary: Vocabulary(tokens: ["a", "\n", "<unk>"]))
    try TinyModel.filled(with: 0, .character(tokenizer)).write(to: tool.path("m"))
    let figures = try evaluate(tool, "äa\naä\n")
    #expect(figures.targetCount == 6 && figures.unknownCount == 2)
    #expect(abs(figures.perplexity - 3) < 1e-6 && abs(figures.bitsPerCharacter - log2(3)) < 1e-6)
    let inWords = try tool.run("evaluate", "m", "text.txt").output
    #expect(inWords.contains("3.00") && inWords.contains("after a line end, so that every token was predicted"))

    let spaceless = try CharacterTokenizer(vocabulary: Vocabulary(tokens: ["a", "b", "<unk>"]))
    try TinyModel.filled(with: 0, .character(spaceless)).write(to: tool.path("m"))
    let rest = try evaluate(tool, "äab")
    #expect(rest.targetCount == 2 && rest.unknownCount == 0 && abs(rest.bitsPerCharacter - log2(3)) < 1e-6)
    #expect(try tool.run("evaluate", "m", "text.txt").output.contains("the first token was context only"))
  }

  // MARK: generate

  @Test("The same seed gives the same text, another seed a different one, and the prompt comes first")
  func generate() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try TinyModel.drawn().write(to: tool.path("m"))
    func text(_ seed: Int, _ more: String...) throws -> String {
      let outcome = try tool.run(["generate", "m", "a b", "--length", "40", "--seed", "\(seed)"] + more)
      #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
      return outcome.output
    }
    let first = try text(1)
    #expect(first.hasPrefix("a b") && first.hasSuffix("\n") && !first.contains("<unk>"))
    #expect(try text(1) == first)
    #expect(try text(1, "--threads", "1") == first)
    #expect(try text(2) != first)
    #expect(try text(1, "--temperature", "0") == text(2, "--temperature", "0"))
  }

  @Test("A prompt may be empty, long or contain unknown words")
  func prompts() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try TinyModel.drawn().write(to: tool.path("m"))
    for prompt in ["", "zebra ünï", String(repeating: "a b\n", count: 5000)] {
      let outcome = try tool.run("generate", "m", prompt, "--length", "1", "--seed", "1")
      #expect(outcome.status == 0 && outcome.output.hasPrefix(prompt), "\(outcome.errors)")
    }
  }

  @Test("If the reader of the output has exited, the command ends silently with SIGPIPE's exit code")
  func closedOutput() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try TinyModel.drawn().write(to: tool.path("m"))
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    let outcome = try tool.run(["generate", "m", "--seed", "1"], output: pipe.fileHandleForWriting)
    #expect(outcome.status == 141 && outcome.errors.isEmpty, "\(outcome.errors)")
  }

  @Test(
    "Writing standard output to a full disk is an error",
    .enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "this machine has no /dev/full"))
  func fullOutput() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try TinyModel.drawn().write(to: tool.path("m"))
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let outcome = try tool.run(["inspect", "m"], output: full)
    #expect(outcome.status == 74 && outcome.isTidy, "\(outcome.errors)")
  }

  // MARK: inspect

  @Test("A model's configuration, layers and vocabulary are printed")
  func inspect() throws {
    struct Contents: Decodable {
      struct Layer: Decodable { let layer, outputShape: String, parameters: Int }
      let configuration: LanguageModelConfiguration
      let parameterCount, vocabularySize: Int
      let layers: [Layer]
      let tokenizer: String
    }
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let file = try TinyModel.drawn()
    try file.write(to: tool.path("m"))
    let contents = try JSONDecoder().decode(Contents.self, from: Data(tool.run("inspect", "m", "--json").output.utf8))
    #expect(contents.configuration == file.model.configuration)
    #expect(contents.parameterCount == file.model.parameterCount)
    #expect(contents.layers.map(\.parameters).reduce(0, +) == contents.parameterCount && contents.layers.count == 3)
    #expect(contents.vocabularySize == 4 && contents.tokenizer == "word")
    #expect(try tool.run("inspect", "m", "--vocabulary").output == "<unk>\n<eos>\na\nb\n")
    #expect(try tool.run("inspect", "m").output.contains(file.model.summary))
  }

  @Test("A line end in the vocabulary is printed as one escaped line")
  func escapedVocabulary() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let tokenizer = try CharacterTokenizer(vocabulary: Vocabulary(tokens: ["a", "\n", "é", "<unk>"]))
    try TinyModel.filled(with: 0, .character(tokenizer)).write(to: tool.path("m"))
    #expect(try tool.run("inspect", "m", "--vocabulary").output == "a\n\\n\né\n<unk>\n")
  }

  @Test("A model file contains a record of its training")
  func trainingTable() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(tokenCount: 1000), to: "text.txt")
    #expect(try tool.run(["train", "text.txt", "--output", "m", "--epochs", "2"] + TinyModel.flags).status == 0)
    let inWords = try tool.run("inspect", "m").output
    #expect(inWords.contains("2 epochs in batches of 8 rows × 8 steps") && inWords.contains("kept"))
    let json = try tool.run("inspect", "m", "--json").output
    #expect(json.contains("\"history\":[{\"epoch\":1,") && !json.contains(tool.folder.path))
  }

  // MARK: help

  @Test("Help is printed to standard output and lists every command", arguments: [[], ["help"], ["--help"], ["-h"]])
  func help(arguments: [String]) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let outcome = try tool.run(arguments)
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    for command in ["demo", "train", "evaluate", "generate", "inspect", "reproduce"] {
      #expect(outcome.output.contains("  \(command) "))
      #expect(try tool.run("help", command).output.contains("USAGE: mynah \(command)"))
    }
  }
}
