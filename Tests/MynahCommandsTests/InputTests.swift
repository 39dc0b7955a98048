import Foundation
import MynahModels
import TestSupport
import Testing

@Suite("Inputs of mynah train")
struct InputTests {
  private func tool() throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try tool.write(TinyModel.text(tokenCount: 1500), to: "one.txt")
    try tool.write(TinyModel.text(tokenCount: 600, seed: 5), to: "two.txt")
    return tool
  }

  private let flags = TinyModel.flags + ["--epochs", "1", "--output", "m", "--overwrite"]

  @Test("Training accepts several texts and a separate validation text")
  func texts() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let several = try tool.run(["train", "one.txt", "two.txt"] + flags)
    #expect(several.status == 0 && several.errors.contains("one.txt, two.txt: "), "\(several.errors)")
    let model = try tool.bytes("m")
    #expect(try tool.run("prepare", "one.txt", "two.txt", "--output", "both.tokens").status == 0)
    #expect(try tool.run(["train", "both.tokens"] + TinyModel.flags.dropFirst(2) + flags.suffix(5)).status == 0)
    #expect(try tool.bytes("m") == model)
    let own = try tool.run(["train", "one.txt", "--validation", "two.txt"] + flags)
    #expect(
      own.status == 0 && own.errors.contains(" for validation, in files of their own (two.txt), "), "\(own.errors)")
    let half = try tool.run(["train", "one.txt", "--validation-share", "0.5"] + flags)
    #expect(half.status == 0 && !half.errors.contains("files of their own"), "\(half.errors)")
  }

  @Test("Conflicting flags and inputs are rejected")
  func contradictions() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    #expect(try tool.run("prepare", "one.txt", "--output", "a.tokens").status == 0)
    for (arguments, sentence) in [
      (["one.txt", "--validation", "two.txt", "--validation-share", "0.2"], "has no effect with --validation"),
      (["a.tokens", "two.txt"], "must be the only input"),
      (["a.tokens", "--validation", "two.txt"], "its own validation text"),
      (["one.txt", "--validation-share", "1"], "0.9"),
    ] {
      let outcome = try tool.run(["train"] + arguments + flags)
      #expect(outcome.status == 64 && outcome.errors.contains(sentence), "\(outcome.errors)")
    }
  }

  @Test("Only byte models can be trained, evaluated and scored on text that is not UTF-8")
  func bytes() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    // "un café noir, un thé" in Latin-1.
    let line = Array("un caf".utf8) + [0xE9] + Array(" noir, un th".utf8) + [0xE9, 0x0A]
    let latin = [[UInt8]](repeating: line, count: 60).flatMap { $0 }
    try tool.folder.write(latin + [0], to: "latin.txt")
    let byteFlags = ["--tokenizer", "byte"] + flags.dropFirst(2)
    let trained = try tool.run(["train", "latin.txt"] + byteFlags)
    #expect(trained.status == 0, "\(trained.errors)")
    let model = try tool.bytes("m")
    #expect(try tool.run("prepare", "latin.txt", "--tokenizer", "byte", "--output", "latin.tokens").status == 0)
    #expect(try tool.run(["train", "latin.tokens"] + flags.dropFirst(2)).status == 0)
    #expect(try tool.bytes("m") == model)
    let evaluated = try tool.run("evaluate", "m", "latin.txt", "--json")
    #expect(evaluated.output.contains("\"byteCount\":\(latin.count + 1)"), "\(evaluated.errors)")
    let scored = try tool.run("score", "m", "latin.txt", "--json")
    #expect(scored.status == 0 && scored.output.split(separator: "\n").count == 62, "\(scored.errors)")
    let words = try tool.run(["train", "latin.txt"] + flags)
    #expect(words.status == 65 && words.lastLine.contains("windows-1252"), "\(words.errors)")
  }
}
