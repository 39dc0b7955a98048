import Foundation
import MynahModels
import MynahText
import TestSupport
import Testing

@Suite("mynah prepare")
struct PrepareCommandTests {
  private static let flags = TinyModel.flags.dropFirst(2) + ["--epochs", "2"]

  @Test("Training on prepared tokens gives the same model as training on the text, byte for byte")
  func sameModel() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(), to: "text.txt")
    let prepared = try tool.run("prepare", "text.txt", "--output", "notes.tokens")
    #expect(prepared.status == 0 && prepared.output.hasPrefix("notes.tokens: 4,0"), "\(prepared.errors)")
    let fromTokens = try tool.run(["train", "notes.tokens"] + Self.flags)
    #expect(fromTokens.status == 0, "\(fromTokens.errors)")
    #expect(try tool.run(["train", "text.txt"] + Self.flags).status == 0)
    #expect(try tool.bytes("notes.safetensors") == tool.bytes("text.safetensors"))
  }

  @Test("A run on prepared tokens can be resumed, but not on different tokens")
  func resumes() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    for seed in [3, 4] {
      try tool.write(TinyModel.text(seed: UInt64(seed)), to: "\(seed).txt")
      #expect(try tool.run("prepare", "\(seed).txt", "--output", "\(seed).tokens").status == 0)
    }
    #expect(try tool.run(["train", "3.tokens", "--output", "m"] + Self.flags).status == 0)
    #expect(try tool.run("train", "3.tokens", "--output", "m", "--resume", "--epochs", "3").status == 0)
    let other = try tool.run("train", "4.tokens", "--output", "m", "--resume", "--epochs", "4")
    #expect(other.status == 65 && other.isTidy, "\(other.errors)")
    let flags = try tool.run("train", "3.tokens", "--output", "m2", "--tokenizer", "word")
    #expect(flags.status == 64 && flags.lastLine.contains("--tokenizer"), "\(flags.errors)")
  }

  @Test("JSON contains the figures of a character tokenizer with a limited vocabulary")
  func json() throws {
    struct Figures: Decodable { let output: String, tokens, trainingTokens, unknown, vocabularySize, characters: Int }
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write("to be or not to be\nthat is\n", to: "a.txt")
    let outcome = try tool.run(
      "prepare", "a.txt", "a.txt", "--output", "a", "--tokenizer", "character", "--vocabulary", "5", "--json",
      "--threads", "3")
    let figures = try JSONDecoder().decode(Figures.self, from: Data(outcome.output.utf8))
    #expect(figures.tokens == 54 && figures.characters == 54 && figures.vocabularySize == 5)
    #expect(figures.trainingTokens == 46 && figures.unknown > 0 && figures.output == "a")
  }

  @Test("Bad input gives a one-sentence error, the right exit code, and no file")
  func badInput() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write("a b\nc d\n", to: "text.txt")
    try tool.folder.write([0x61, 0xFF], to: "latin.txt")
    try tool.folder.write([], to: "empty.txt")
    try tool.folder.write(Array("MYNAHTOK".utf8) + [1, 2, 3], to: "damaged")
    let before = try tool.files()
    let cases: [([String], Int32, String)] = [
      (["prepare", "none.txt", "--output", "o"], 66, "none.txt"),
      (["prepare", "latin.txt", "--output", "o"], 65, "UTF-8"),
      (["prepare", ".", "--output", "o"], 66, "folder"),
      (["prepare", "empty.txt", "--output", "o"], 65, "white space"),
      (["prepare", "text.txt", "--output", "text.txt", "--overwrite"], 73, "is not replaced"),
      (["prepare", "text.txt", "--output", "no/o"], 73, "there is no folder"),
      (["prepare", "text.txt", "--output", ""], 64, "--output"), (["prepare", "text.txt"], 64, "--output"),
      (["prepare", "text.txt", "--output", "damaged"], 73, "--overwrite"),
      (["prepare", "text.txt", "--output", "o", "--vocabulary", "1"], 64, "between 2 and"),
      (["prepare", "text.txt", "--output", "o", "--tokenizer", "syllable"], 64, "word"),
      (["train", "damaged"], 65, "128 bytes"),
    ]
    for (arguments, status, sentence) in cases {
      let outcome = try tool.run(arguments)
      #expect(outcome.status == status && outcome.isTidy, "\(arguments): \(outcome.errors)")
      #expect(outcome.lastLine.contains(sentence), "\(outcome.errors)")
    }
    #expect(try tool.files() == before)
  }

  @Test("An interrupted or killed run leaves no partial output file", arguments: [SIGINT, SIGTERM, SIGKILL])
  func interrupted(signal: Int32) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(String(repeating: TinyModel.text(tokenCount: 20_000), count: 60), to: "text.txt")
    let arguments = ["prepare", "text.txt", "--output", "o", "--threads", "1"]
    // The temporary file exists briefly at the start, and again while tokens are converted to IDs.
    let isWriting = {
      try tool.files().contains { $0.hasSuffix(".temporary") && (try? tool.bytes($0).count) ?? 0 > 200 }
    }
    let outcome = try tool.run(arguments, until: isWriting, then: signal) {
      try FileManager.default.removeItem(atPath: tool.path("o"))
    }
    #expect(!tool.exists("o"))
    if signal != SIGKILL {
      #expect(
        outcome.status == 130 && outcome.lastLine == "error: interrupted; nothing was written", "\(outcome.errors)")
      #expect(try tool.files() == ["text.txt"])
    }
    #expect(try tool.run(arguments).status == 0)
    #expect(try tool.files() == ["o", "text.txt"], "files left by a killed run are removed")
  }

  @Test("A full disk is an error and leaves no partial output file")
  func fullDisk() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(tokenCount: 40_000), to: "text.txt")
    let outcome = try tool.run(["prepare", "text.txt", "--output", "o"], fileBlocks: 8)
    #expect(outcome.status == 74 && outcome.isTidy, "\(outcome.errors)")
    #expect(try tool.files() == ["text.txt"])
  }
}
