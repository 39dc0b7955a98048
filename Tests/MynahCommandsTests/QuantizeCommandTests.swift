import Foundation
import MynahModels
import MynahText
import TestSupport
import Testing

@Suite("mynah quantize")
struct QuantizeCommandTests {
  private struct Figures: Decodable {
    let model, precision: String
    let byteCount, originalByteCount: Int
    let perplexity, originalPerplexity: Double?
  }

  @Test("A quantised model is smaller, nearly as accurate, and used like the original")
  func wholeUse() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(tokenCount: 2000), to: "text.txt")
    #expect(
      try tool.run(["train", "text.txt", "--output", "m.safetensors", "--epochs", "2"] + TinyModel.flags).status == 0)
    let outcome = try tool.run("quantize", "m.safetensors", "--text", "text.txt", "--json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let figures = try JSONDecoder().decode(Figures.self, from: Data(outcome.output.utf8))
    #expect(figures.model == "m-int8.safetensors" && figures.precision == "int8")
    #expect(figures.byteCount < figures.originalByteCount)
    let (before, after) = (try #require(figures.originalPerplexity), try #require(figures.perplexity))
    #expect(abs(after / before - 1) < 0.01 && after != before)

    func perplexity(_ arguments: String...) throws -> String {
      let outcome = try tool.run(["evaluate"] + arguments + ["text.txt", "--json"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      return outcome.output
    }
    #expect(try perplexity("m-int8.safetensors") == perplexity("m.safetensors", "--precision", "int8"))
    #expect(try perplexity("m-int8.safetensors") != perplexity("m.safetensors"))
    let written = try tool.run("generate", "m-int8.safetensors", "--seed", "1", "--length", "20")
    #expect(
      try written.status == 0
        && written.output
          == tool.run(["generate", "m.safetensors", "--seed", "1", "--length", "20", "--precision", "int8"]).output
    )
    #expect(try tool.run("inspect", "m-int8.safetensors").output.contains("rounded to int8"))

    let again = try tool.run("quantize", "m.safetensors")
    #expect(again.status == 73 && again.isTidy && again.lastLine.contains("--overwrite"), "\(again.errors)")
    let half = try tool.run(
      "quantize", "m.safetensors", "--precision", "bfloat16", "--output", "m-int8.safetensors", "--overwrite")
    #expect(half.status == 0 && half.output.contains("% of the original's"), "\(half.errors)")
  }

  @Test("Weights that are not finite, or become infinite when rounded, are rejected, and nothing is written")
  func infinite() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let words = AnyTokenizer.word(WordTokenizer(vocabulary: try Vocabulary(tokens: ["<unk>", "<eos>", "a"])))
    for (value, command) in [
      (Float.infinity, "quantize m --output x"), (.nan, "quantize m --output x"),
      (3.4e38, "quantize m --output x --precision bfloat16"), (.infinity, "export m --output x"),
      (.nan, "export m --onnx x"),
    ] {
      try TinyModel.filled(with: value, words).write(to: tool.path("m"))
      let outcome = try tool.run(command.split(separator: " ").map(String.init))
      #expect(outcome.status == 65 && outcome.isTidy && outcome.lastLine.contains("embedding"), "\(outcome.errors)")
      #expect(!tool.exists("x"))
    }
    try TinyModel.filled(with: 3.3e38, words).write(to: tool.path("m"))
    #expect(try tool.run("quantize", "m", "--output", "x", "--precision", "bfloat16").status == 0)
  }

  @Test("A quantised model cannot be trained further")
  func resume() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(tokenCount: 1000), to: "text.txt")
    #expect(try tool.run(["train", "text.txt", "--output", "m", "--epochs", "1"] + TinyModel.flags).status == 0)
    #expect(try tool.run("quantize", "m", "--output", "m", "--overwrite").status == 0)
    let outcome = try tool.run("train", "text.txt", "--output", "m", "--epochs", "2", "--resume")
    #expect(outcome.status == 65 && outcome.isTidy && outcome.lastLine.contains("cannot be trained further"))
  }

  static let mistakes: [([String], Int32)] = [
    (["quantize", "none"], 66), (["quantize", "text.txt"], 65), (["quantize", "m", "--precision", "float32"], 64),
    (["quantize", "m", "--output", ""], 64), (["quantize", "m", "--output", "no/such/folder"], 73),
    (["generate", "m", "--precision", "int4"], 64), (["quantize", "m", "--text", "none"], 66),
  ]

  @Test("Bad input gives a one-sentence error", arguments: mistakes)
  func badInput(arguments: [String], status: Int32) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try TinyModel.drawn().write(to: tool.path("m"))
    try tool.write("some words\n", to: "text.txt")
    let outcome = try tool.run(arguments)
    #expect(outcome.status == status && outcome.isTidy, "\(outcome.errors)")
  }
}
