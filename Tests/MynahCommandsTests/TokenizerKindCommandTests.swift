import Foundation
import MynahModels
import MynahText
import TestSupport
import Testing

@Suite("--tokenizer")
struct TokenizerKindCommandTests {
  private static let flags = TinyModel.flags.dropFirst(2) + ["--epochs", "1"]

  private func words(_ kind: TokenizerKind) -> [String] {
    ["--tokenizer", kind.rawValue] + (kind == .bytePair ? ["--vocabulary", "300"] : [])
  }

  @Test(
    "A model with any tokenizer can be trained, resumed, evaluated, sampled and inspected",
    arguments: zip(
      TokenizerKind.allCases,
      [
        ("words and line ends", "each is the token <eos>"), ("characters", "tokens like any other"),
        ("bytes", "tokens like any other"), ("pieces of words", "parts of tokens"), ("words", "punctuation"),
        ("words, punctuation marks and line ends", "each is the token <eos>"),
      ]))
  func endToEnd(_ kind: TokenizerKind, _ says: (noun: String, lineEnds: String)) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(tokenCount: 2500) + "“ Übermut ” !\n", to: "text.txt")
    let trained = try tool.run(["train", "text.txt"] + Self.flags + words(kind))
    #expect(trained.status == 0 && trained.errors.contains(" \(says.noun) to learn from"), "\(trained.errors)")
    #expect(try tool.run(["prepare", "text.txt", "--output", "other.tokens"] + words(kind)).status == 0)
    #expect(try tool.run(["train", "other.tokens"] + Self.flags).status == 0)
    #expect(try tool.bytes("other.safetensors") == tool.bytes("text.safetensors"))

    let resumed = try tool.run("train", "text.txt", "--resume", "--epochs", "2")
    #expect(resumed.status == 0 && resumed.output.contains(" of 2, "), "\(resumed.errors)")
    let evaluated = try tool.run("evaluate", "text.safetensors", "text.txt").output
    #expect(evaluated.contains(" \(says.noun)\n") && evaluated.contains(says.lineEnds), "\(evaluated)")
    let written = try tool.run("generate", "text.safetensors", "the", "--length", "9", "--seed", "1")
    #expect(written.status == 0 && written.output.hasPrefix("the"), "\(written.errors)")
    #expect(try tool.run("inspect", "text.safetensors", "--json").output.contains("\"\(kind.rawValue)\""))
  }

  @Test("A tokenizer that is exported, used for another model and exported again has the same bytes")
  func roundTrip() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(tokenCount: 2500), to: "text.txt")
    try tool.write(TinyModel.text(tokenCount: 2500, seed: 5), to: "other.txt")
    for kind in [TokenizerKind.word, .bytePair] {
      let arguments = ["train", "text.txt", "--output", "first", "--overwrite"] + Self.flags + words(kind)
      #expect(try tool.run(arguments).status == 0)
      let written = try tool.run("inspect", "first", "--tokenizer", "one.json", "--overwrite")
      #expect(written.status == 0 && written.output.hasPrefix("one.json: "), "\(written.errors)")
      let given = ["--tokenizer", "one.json", "--overwrite"]
      #expect(try tool.run(["train", "other.txt", "--output", "second"] + given + Self.flags).status == 0)
      #expect(try tool.run("inspect", "second", "--tokenizer", "two.json", "--overwrite").status == 0)
      #expect(try tool.bytes("one.json") == tool.bytes("two.json"))
      #expect(try tool.run(["prepare", "other.txt", "--output", "other.tokens"] + given).status == 0)
      #expect(
        try TokenFile(at: tool.path("other.tokens")).tokenizer == ModelFile(contentsOf: tool.path("first")).tokenizer)
    }
  }

  @Test("Without --tokenizer, or with auto, a tokenizer is chosen to suit the text, and a note gives the reason")
  func chosen() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let texts = [
      (TinyModel.text(tokenCount: 2500), "word", "the text has spaces around its punctuation"),
      (String(repeating: "Once, there was a cat.\n", count: 200), "character", "the text is short"),
      (
        String(repeating: "Once, there was a cat.\n", count: 1000), "byte-pair",
        "the text is not split into words and punctuation"
      ),
    ]
    for (text, kind, reason) in texts {
      try tool.write(text, to: "text.txt")
      let note = "note: --tokenizer \(kind) was chosen, since \(reason)\n"
      let flags = Self.flags + ["--overwrite"]
      for choice in [[], ["--tokenizer", "auto"], ["--tokenizer", kind]] {
        let trained = try tool.run(["train", "text.txt", "--output", "model"] + flags + choice)
        #expect(trained.status == 0 && trained.errors.contains(note) == (choice.last != kind), "\(trained.errors)")
      }
      let prepared = try tool.run("prepare", "text.txt", "--output", "text.tokens", "--overwrite")
      #expect(prepared.status == 0 && prepared.errors.contains(note), "\(prepared.errors)")
      let tokenizer = try TokenFile(at: tool.path("text.tokens")).tokenizer
      #expect(tokenizer.kind == kind)
      #expect(try ModelFile(contentsOf: tool.path("model")).tokenizer == tokenizer)
    }
    let small = try tool.run("train", "text.txt", "--vocabulary", "100")
    #expect(small.status == 65 && small.lastLine.contains("byte-pair needs a --vocabulary of at least 256"))
  }

  @Test("More than 5 % unknown tokens in the validation text cause a warning with advice")
  func unknownShare() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(tokenCount: 2500), to: "text.txt")
    for (unknownCount, isWarned) in [(5, false), (6, true)] {
      let words = (0..<100).map { $0 < unknownCount ? "zebra" : "the" }
      try tool.write(words.joined(separator: " ") + "\n", to: "validation.txt")
      let trained = try tool.run(
        ["train", "text.txt", "--validation", "validation.txt", "--overwrite", "--tokenizer", "word"] + Self.flags)
      #expect(trained.status == 0)
      #expect(trained.errors.contains("% of the validation text is unknown to the tokenizer; ") == isWarned)
    }
    // The advice mentions only flags that have an effect.
    let common = ["train", "text.txt", "--validation", "validation.txt", "--overwrite"]
    let words = ["--tokenizer", "word"]
    for (flags, advice) in [
      (words, "a lower --minimum-count keeps more words"),
      (["--tokenizer", "keras-word", "--vocabulary", "100"], "a larger --vocabulary"),
      (["--init-from", "m"], "--extend-vocabulary adds"),
    ] {
      if flags[0] == "--init-from" {
        #expect(try tool.run(common + words + Self.flags + ["--output", "m"]).status == 0)
      }
      let sizes = flags[0] == "--init-from" ? ["--epochs", "1", "--batch", "8", "--sequence-length", "8"] : Self.flags
      let trained = try tool.run(common + flags + sizes)
      #expect(trained.errors.contains("unknown to the tokenizer; \(advice)"), "\(flags): \(trained.errors)")
    }
  }

  @Test("A character counts once, however many bytes it has")
  func characters() throws {
    struct Figures: Decodable { let targetCount: Int, nats, bitsPerCharacter: Double }
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try TinyModel.filled(with: 0, .bytes(ByteTokenizer())).write(to: tool.path("m"))
    for (text, targets, characters) in [("éa\n", 4, 3.0), ("aé\n", 4, 3.0), ("abc\n", 4, 4.0)] {
      try tool.write(text, to: "text.txt")
      let output = try tool.run("evaluate", "m", "text.txt", "--json").output
      let figures = try JSONDecoder().decode(Figures.self, from: Data(output.utf8))
      #expect(figures.targetCount == targets, "\(text)")
      #expect(abs(figures.bitsPerCharacter - 8 * Double(targets) / characters) < 1e-4, "\(text)")
    }
  }

  @Test("Contradictory flags and files without a tokenizer give a one-sentence error")
  func badInput() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(), to: "text.txt")
    try tool.write("{\"model\":{\"type\":\"Unigram\"}}", to: "unigram.json")
    try TinyModel.filled(with: 0, .bytes(ByteTokenizer())).write(to: tool.path("bytes"))
    try TinyModel.drawn().write(to: tool.path("words"))
    let before = try tool.files()
    let cases: [([String], Int32, String)] = [
      (["train", "--tokenizer", "t.json", "--vocabulary", "300"], 64, "--vocabulary has no effect with a --tokenizer"),
      (
        ["train", "--tokenizer", "syllable"], 64,
        "expected one of auto, word, character, byte, byte-pair, keras-word, words-and-punctuation, or a"
      ),
      (
        ["prepare", "--output", "o", "--tokenizer", "t.json", "--minimum-count", "3"], 64,
        "--minimum-count has no effect with a --tokenizer file"
      ),
      (["train", "--tokenizer", ""], 64, "--tokenizer"),
      (
        ["train", "--tokenizer", "byte", "--vocabulary", "300"], 64, "--vocabulary has no effect with --tokenizer byte"
      ),
      (
        ["prepare", "--output", "o", "--tokenizer", "byte", "--minimum-count", "2"], 64, "--minimum-count has no effect"
      ),
      (["train", "--tokenizer", "byte-pair", "--vocabulary", "255"], 65, "at least 256, found 255"),
      (["train", "--tokenizer", "keras-word", "--minimum-count", "2"], 64, "--minimum-count has no effect"),
      (["train", "--tokenizer", "none.json"], 66, "none.json"),
      (["train", "--tokenizer", "unigram.json"], 65, "unigram.json"),
      (["prepare", "--output", "o", "--tokenizer", "text.txt"], 65, "text.txt"),
    ]
    for (arguments, status, sentence) in cases {
      let outcome = try tool.run([arguments[0], "text.txt"] + arguments.dropFirst())
      #expect(outcome.status == status && outcome.isTidy, "\(arguments): \(outcome.errors)")
      #expect(outcome.lastLine.contains(sentence), "\(outcome.errors)")
    }
    let inspections: [([String], Int32, String)] = [
      (["bytes", "--tokenizer", "t.json"], 65, "of the kind 'byte'"),
      (["words", "--tokenizer", "text.txt"], 73, "--overwrite"),
      (["words", "--tokenizer", "none/t.json"], 73, "there is no folder"),
      (["words", "--tokenizer", "t.json", "--json"], 64, "--json has no effect with --tokenizer"),
      (["words", "--overwrite"], 64, "--tokenizer"),
    ]
    for (arguments, status, sentence) in inspections {
      let outcome = try tool.run(["inspect"] + arguments)
      #expect(outcome.status == status && outcome.isTidy, "\(arguments): \(outcome.errors)")
      #expect(outcome.lastLine.contains(sentence), "\(outcome.errors)")
    }
    #expect(try tool.files() == before)
  }
}
