import Foundation
import MynahModels
import MynahText
import TestSupport
import Testing

@Suite("mynah ngram, and mixing n-grams")
struct NGramCommandTests {
  private func tool() throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try TinyModel.drawn(tokens: ["<unk>", "<eos>", "a", "b", "ab"], bound: 1).write(to: tool.path("m"))
    try tool.write("a b\n\nb ab a zebra\n", to: "text")
    return tool
  }

  private struct Counted: Decodable {
    let counts, unprunedCounts: [Int]
    let discounts: [[Double]]
    let fallbackLengths: [Int]
  }

  private func counted(_ outcome: CommandLineTool.Outcome) throws -> Counted {
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try JSONDecoder().decode(Counted.self, from: Data(outcome.output.utf8))
  }

  // MARK: Counting

  @Test("Discounts that cannot be estimated fall back to fixed ones with a warning, or are an error on request")
  func fallback() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write(String(repeating: "a b c\nb c a\n", count: 30), to: "few")
    let outcome = try tool.run("ngram", "few", "--order", "2", "--output", "x.arpa")
    #expect(outcome.status == 0 && outcome.errors.hasPrefix("warning: the discounts of 1-grams, 2-grams cannot"))
    #expect(outcome.output == "x.arpa: 6 1-grams, 7 2-grams\n")
    let figures = try counted(tool.run("ngram", "few", "--order", "2", "--output", "x.arpa", "--overwrite", "--json"))
    #expect(figures.fallbackLengths == [1, 2] && figures.discounts == [[0.5, 1, 1.5], [0.5, 1, 1.5]])
    let strict = try tool.run("ngram", "few", "--order", "2", "--output", "y.arpa", "--no-discount-fallback")
    #expect(strict.status == 65 && strict.isTidy && strict.lastLine.contains("1-grams") && !tool.exists("y.arpa"))
    try tool.write(TinyModel.text(), to: "many")
    let many = try tool.run("ngram", "many", "--order", "2", "--output", "y.arpa", "--no-discount-fallback")
    #expect(many.status == 0 && many.errors.isEmpty)
  }

  @Test("Sentence marks in a text are an error that names the line, or are removed on request")
  func marks() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write("a b\n<s> b a </s>\n", to: "marked")
    let refused = try tool.run("ngram", "marked", "--output", "x.arpa")
    #expect(refused.status == 65 && refused.isTidy)
    #expect(refused.lastLine.contains("line 2 of 'marked' contains the sentence mark '<s>'"))
    #expect(refused.lastLine.contains("--strip-sentence-marks"))
    // A model would read the marks as <unk>.
    #expect(try tool.run("ngram", "marked", "--tokens-of", "m", "--output", "x.arpa").status == 65)
    try tool.write("a b\nb a\n", to: "plain")
    #expect(try tool.run("ngram", "plain", "--output", "plain.arpa").status == 0)
    #expect(try tool.run("ngram", "marked", "--strip-sentence-marks", "--output", "x.arpa").status == 0)
    #expect(try tool.bytes("x.arpa") == tool.bytes("plain.arpa"))
  }

  @Test("Words that are not in the vocabulary list are counted as <unk>")
  func vocabulary() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write("a\n\nb\r\n<unk>\n<s>\na\nnever\n", to: "list")
    try tool.write("a b c\nc d a\n", to: "some")
    let outcome = try tool.run("ngram", "some", "--order", "1", "--vocabulary", "list", "--output", "x.arpa")
    #expect(outcome.status == 0 && outcome.output == "x.arpa: 6 1-grams\n", "\(outcome.errors)")
    let words = String(decoding: try tool.bytes("x.arpa"), as: UTF8.self).split(separator: "\n").compactMap {
      $0.split(separator: "\t").dropFirst().first
    }
    #expect(Set(words) == ["<s>", "</s>", "<unk>", "a", "b", "never"])
    // a and </s> occur twice, b once and words outside the list 3 times, so D₁ = 0.2, D₂ = 1.7 and D₃₊ = 3.
    let line = try #require(
      String(decoding: tool.bytes("x.arpa"), as: UTF8.self).split(separator: "\n").first { $0.hasSuffix("\t<unk>") })
    // One word occurs once, two occur twice, one three times: Y = 1/5, and the discounts are 0.2, 1.7 and 3.
    let freed = (0.2 + 1.7 + 1.7 + 3) / 8
    let unknown = pow(10, try #require(Double(line.split(separator: "\t")[0])))
    #expect(abs(unknown - freed / 5) < 1e-6)
    try tool.write("a b\n", to: "list")
    let two = try tool.run("ngram", "some", "--vocabulary", "list", "--output", "y.arpa")
    #expect(two.status == 65 && two.isTidy && two.lastLine.contains("line 1"))
    try tool.write("\n<unk>\n", to: "list")
    #expect(try tool.run("ngram", "some", "--vocabulary", "list", "--output", "y.arpa").status == 65)
  }

  @Test("Pruning prints the number of n-grams before and after")
  func pruning() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(), to: "many")
    let flags = ["ngram", "many", "--order", "3", "--overwrite", "--output", "x.arpa"]
    let all = try counted(tool.run(flags + ["--json"]))
    #expect(all.counts == all.unprunedCounts)
    let few = try counted(tool.run(flags + ["--prune", "1e-5", "--json"]))
    #expect(few.unprunedCounts == all.counts && few.counts[0] == all.counts[0])
    #expect(few.counts[1] < all.counts[1] && few.counts[2] < all.counts[2])
    let output = try tool.run(flags + ["--prune", "1e-5"]).output
    #expect(output.contains(" 1-grams, ") && output.components(separatedBy: " of ").count == 3)
    for value in ["0", "-1", "2", "x"] {
      let wrong = try tool.run(flags + ["--prune", value])
      #expect(wrong.status == 64 && wrong.isTidy)
    }
  }

  // MARK: Mixing

  private static let arpa =
    "\\data\\\nngram 1=6\n\n\\1-grams:\n-1\t<unk>\n-99\t<s>\n-0.5\t</s>\n-0.6\ta\n-0.6\tb\n-0.7\tab\n\n\\end\\\n"

  private func evaluate(_ tool: CommandLineTool, _ flags: String...) throws -> CommandLineTool.Outcome {
    try tool.run(["evaluate", "m", "text", "--json"] + flags)
  }

  @Test("N-gram files are recognised by their contents, not by their names")
  func names() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write(Self.arpa, to: "g.arpa")
    let expected = try evaluate(tool, "--mix", "g.arpa")
    #expect(expected.status == 0 && expected.errors.isEmpty)
    for name in ["g.lm", "g.ARPA", "g", "g.safetensors"] {
      try tool.write("\n" + Self.arpa, to: name)
      #expect(try evaluate(tool, "--mix", name).output == expected.output)
    }
    // A model file may have this extension too.
    try FileManager.default.copyItem(atPath: tool.path("m"), toPath: tool.path("m.arpa"))
    #expect(try evaluate(tool, "--mix", "m.arpa").output == evaluate(tool, "--mix", "m").output)
  }

  @Test(
    "A file that is neither a model nor an n-gram model is an error that mentions both",
    arguments: [
      ("version https://git-lfs.github.com/spec/v1\noid sha256:abc\n", "git lfs pull"), ("text\n", "'text'"),
      ("a longer text\n", "'a longer text'"), ("", "empty"), ("PK\u{3}\u{4}\0\0\0\0\0\0", "zip archive"),
      ("mmap lm http://kheafield.com/code\n\0", "KenLM"),
    ])
  func neither(text: String, found: String) throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write(text, to: "x.arpa")
    let outcome = try evaluate(tool, "--mix", "x.arpa")
    #expect(outcome.status == 65 && outcome.isTidy, "\(outcome.errors)")
    #expect(outcome.lastLine.contains("expected a model file, or an n-gram model") && outcome.lastLine.contains(found))
    #expect(outcome.lastLine.contains("'\\data\\'"))
  }

  @Test("A truncated model file is reported as truncated")
  func damagedModel() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try Data(tool.bytes("m").dropLast(5)).write(to: URL(filePath: tool.path("short")))
    let outcome = try evaluate(tool, "--mix", "short")
    #expect(outcome.status == 65 && outcome.isTidy && outcome.lastLine.contains("cut short"), "\(outcome.errors)")
  }

  @Test("Words missing from the n-grams are an error that names the flag, or are mapped with a warning")
  func mapping() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write(
      "\\data\\\nngram 1=5\n\n\\1-grams:\n-1\t<unk>\n-0.5\t</s>\n-0.6\ta\n-0.6\tb\n-0.8\tc\n\n\\end\\\n", to: "g")
    let refused = try evaluate(tool, "--mix", "g")
    #expect(refused.status == 65 && refused.isTidy, "\(refused.errors)")
    #expect(refused.lastLine.contains("lacks 1 of the model's words, such as 'ab'"))
    #expect(refused.lastLine.contains("--map-unknown-words"))
    let idle = try evaluate(tool, "--mix", "m", "--map-unknown-words")
    #expect(idle.status == 64 && idle.isTidy && idle.lastLine.contains("needs n-grams"))
    let mapped = try evaluate(tool, "--mix", "g", "--map-unknown-words")
    #expect(mapped.status == 0, "\(mapped.errors)")
    #expect(mapped.errors.contains("warning: 'g' lacks 1 of the model's words, such as 'ab', which share"))
    #expect(mapped.errors.contains("warning: 'g' has 1 word that the model lacks, whose probability is added"))
  }

  @Test("N-grams without <unk> cause a warning, and their perplexity is infinite unless they are mixed")
  func noUnknown() throws {
    struct Figures: Decodable {
      let perplexityWithoutUnknown: Double
    }
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write(Self.arpa.replacing("-1\t<unk>\n", with: "").replacing("1=6", with: "1=5"), to: "g")
    let alone = try evaluate(tool, "--mix", "g", "--weights", "0,1")
    #expect(alone.status == 0 && alone.errors.contains("warning: 'g' has no <unk>") && alone.errors.contains("-unk"))
    #expect(alone.output.contains("\"perplexity\":\"Infinity\""))
    let figures = try JSONDecoder().decode(Figures.self, from: Data(alone.output.utf8))
    // The known tokens after <s>: a b </s> </s> b ab a </s>.
    let sum = 0.6 + 0.6 + 0.5 + 0.5 + 0.6 + 0.7 + 0.6 + 0.5
    #expect(abs(log10(figures.perplexityWithoutUnknown) - sum / 8) < 1e-5, "\(alone.output)")
    let mixed = try evaluate(tool, "--mix", "g")
    #expect(mixed.status == 0 && !mixed.output.contains("Infinity"))
  }
}
