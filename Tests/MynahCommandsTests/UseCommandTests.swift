import Foundation
import MynahModels
import MynahTensors
import MynahText
import TestSupport
import Testing

@Suite("mynah generate and complete, adaptation, mixing and saved states")
struct UseCommandTests {
  private func tool() throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try TinyModel.drawn(tokens: ["<unk>", "<eos>", "a", "b", "ab"], bound: 1).write(to: tool.path("m"))
    try tool.write("a b\n\nb ab a zebra\n", to: "text")
    return tool
  }

  private func objects<Object: Decodable>(_ type: Object.Type, _ outcome: CommandLineTool.Outcome) throws -> [Object] {
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try outcome.output.split(separator: "\n").map { try JSONDecoder().decode(type, from: Data($0.utf8)) }
  }

  // MARK: Generate

  private struct Text: Decodable {
    let index: Int?
    let text: String?
    let tokenCount: Int?
    let end: String?
  }

  @Test("Texts do not depend on their number, and each includes the reason why it ended")
  func generating() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let flags = ["generate", "m", "a", "--length", "12", "--seed", "5", "--top-p", "0.9", "--stop", "ab a", "--json"]
    let three = try objects(Text.self, tool.run(flags + ["--count", "3"]))
    #expect(three.map(\.index) == [0, 1, 2])
    #expect(try objects(Text.self, tool.run(flags + ["--count", "1"])).map(\.text) == [three[0].text])
    for text in three {
      #expect(["length", "stopString"].contains(text.end))
      #expect((text.tokenCount == 12) == (text.end == "length"))
      #expect(text.text?.contains("ab a") == false)
    }
  }

  @Test("Greedy decoding gives the same text as a single beam, whatever the seed")
  func greedy() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let texts = try ["1", "2"].map {
      try tool.run("generate", "m", "a", "--length", "9", "--temperature", "0", "--seed", $0, "--json").output
    }
    #expect(texts[0] == texts[1])
    let greedy = try objects(Text.self, tool.run("generate", "m", "a", "--length", "9", "--temperature", "0", "--json"))
    let beam = try objects(Text.self, tool.run("generate", "m", "a", "--length", "9", "--beams", "1", "--json"))
    #expect(greedy.map(\.text) == beam.map(\.text))
  }

  @Test("Copies from a text are reported")
  func copies() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let outcome = try tool.run("generate", "m", "a", "--length", "9", "--seed", "1", "--copied-from", "text")
    #expect(outcome.status == 0 && outcome.output.contains("of 1 tokens: ") && outcome.output.contains("the longest: "))
  }

  @Test(
    "Invalid and conflicting flags cause a one-sentence error",
    arguments: [
      ["--stop", ""], ["--top-p", "0"], ["--top-k", "0"], ["--force", "a"], ["--force", "x=a"], ["--count", "0"],
      ["--beams", "2", "--count", "2"], ["--beams", "2", "--top-k", "5"], ["--temperature", "-1"], ["--typical", "2"],
      ["--min-p", "2"],
    ])
  func usage(flags: [String]) throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let outcome = try tool.run(["generate", "m", "a"] + flags)
    #expect(outcome.status == 64 && outcome.isTidy, "\(outcome.errors)")
  }

  @Test("Flags with unknown tokens are rejected, and so is forbidding all tokens")
  func unknownTokens() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    for flags in [["--forbid", "zebra"], ["--stop-token", "zebra"], ["--force", "0=zebra"]] {
      let outcome = try tool.run(["generate", "m", "a"] + flags)
      #expect(outcome.status == 65 && outcome.isTidy && outcome.lastLine.contains("zebra"))
    }
    let all = try tool.run("generate", "m", "--forbid", "a", "--forbid", "b", "--forbid", "ab", "--forbid", "<eos>")
    #expect(all.status == 65 && all.isTidy)
  }

  // MARK: Complete

  private struct Completions: Decodable {
    struct Suggestion: Decodable {
      let text: String
      let probability: Double
    }
    let suggestions: [Suggestion]
  }

  @Test("Completions start with the given letters, most probable first, even after unknown words")
  func completing() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    for context in ["b a", "zebra quagga", ""] {
      let outcome = try tool.run("complete", "m", "--context", context, "--prefix", "a", "--json")
      let found = try objects(Completions.self, outcome)[0].suggestions
      #expect(Set(found.map(\.text)) == ["a", "ab"] && found[0].probability >= found[1].probability)
      #expect(outcome.errors.contains("reads 2 of the context's tokens") == context.hasPrefix("zebra"))
    }
    #expect(try tool.run("complete", "m", "--prefix", "x").output == "no word starts with 'x'\n")
  }

  @Test("Simulated typing prints the keystrokes saved by suggestions")
  func simulating() throws {
    struct Figures: Decodable {
      let wordCount, keyCount, plainKeyCount: Int
      let savedShare: Double
    }
    let tool = try tool()
    defer { tool.folder.remove() }
    let figures = try objects(Figures.self, tool.run("complete", "m", "--simulate", "text", "--count", "3", "--json"))[
      0]
    // a, b, b, ab and a are suggested before any letter is typed; zebra is typed in full.
    #expect(figures.wordCount == 6 && figures.keyCount == 5 + 6 && figures.plainKeyCount == 2 + 2 + 2 + 3 + 2 + 6)
    #expect(abs(figures.savedShare - (1 - 11.0 / 17)) < 1e-12)
  }

  // MARK: Adapting

  private struct Evaluated: Decodable {
    let perplexity, nats, wordPerplexity, bytePerplexity: Double
    let targetCount, wordCount, byteCount: Int
  }

  private func evaluate(_ tool: CommandLineTool, _ flags: String...) throws -> Evaluated {
    try objects(Evaluated.self, tool.run(["evaluate", "m", "text", "--json"] + flags))[0]
  }

  @Test("Word and byte perplexities follow from the nats and the length of the text")
  func units() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let report = try evaluate(tool)
    #expect(report.wordCount == 6 && report.byteCount == 18)
    #expect(abs(report.wordPerplexity / exp(report.nats / 6) - 1) < 1e-9)
    #expect(abs(report.bytePerplexity / exp(report.nats / 18) - 1) < 1e-9)
  }

  @Test("A cache or dynamic evaluation changes the figures, and score agrees with evaluate")
  func adapting() throws {
    struct Line: Decodable {
      let line: Int?
      let logProbability: Double
    }
    let tool = try tool()
    defer { tool.folder.remove() }
    let plain = try evaluate(tool)
    let kinds = [
      ["--cache", "4"], ["--dynamic", "0.5"], ["--dynamic", "0.001", "--dynamic-statistics", "text"],
      ["--cache", "4", "--dynamic", "0.5"],
    ]
    for flags in kinds {
      let report = try objects(Evaluated.self, tool.run(["evaluate", "m", "text", "--json"] + flags))[0]
      #expect(abs(report.nats / plain.nats - 1) > 1e-6 && report.targetCount == plain.targetCount, "\(flags)")
      let lines = try objects(Line.self, tool.run(["score", "m", "text", "--state", "carry", "--json"] + flags))
      let sum = lines.filter { $0.line != nil }.reduce(0) { $0 + $1.logProbability }
      #expect(abs(sum / -report.nats - 1) < 1e-9, "\(flags)")
    }
  }

  @Test("Temperature and Monte Carlo dropout change evaluate and score alike, and a seed reproduces the figures")
  func temperatureAndDropout() throws {
    struct Line: Decodable {
      let line: Int?
      let logProbability: Double
    }
    let tool = try tool()
    defer { tool.folder.remove() }
    var file = try ModelFile(contentsOf: tool.path("m"))
    var configuration = file.model.configuration
    configuration.dropout = DropoutRates(output: 0.5, weights: 0.25)
    var random = RandomSource(seed: 11)
    file.model = LanguageModel(configuration, using: &random)
    try file.write(to: tool.path("dropped"))
    func nats(_ flags: [String]) throws -> Double {
      let report = try objects(Evaluated.self, tool.run(["evaluate", "dropped", "text", "--json"] + flags))[0]
      let lines = try objects(Line.self, tool.run(["score", "dropped", "text", "--state", "carry", "--json"] + flags))
      let sum = lines.filter { $0.line != nil }.reduce(0) { $0 + $1.logProbability }
      #expect(abs(sum / -report.nats - 1) < 1e-9, "\(flags)")
      return report.nats
    }
    let plain = try nats([])
    #expect(abs(try nats(["--temperature", "1"]) - plain) < 1e-9)
    let kinds = [
      ["--temperature", "0.5"], ["--temperature", "0.5", "--cache", "4"], ["--temperature", "2", "--dynamic", "0.5"],
      ["--temperature", "2", "--mix", "m"], ["--monte-carlo", "3"], ["--monte-carlo", "3", "--seed", "5"],
      ["--monte-carlo", "3", "--temperature", "0.5"], ["--monte-carlo", "3", "--cache", "4"],
      ["--tune-temperature", "text"], ["--monte-carlo", "3", "--tune-temperature", "text"],
    ]
    let found = try kinds.map { try nats($0) }
    #expect(Set(found + [plain]).count == kinds.count + 1, "\(found)")
    #expect(try nats(["--monte-carlo", "3", "--seed", "1"]) == found[4])
    #expect(found[8] < plain && found[9] < found[4])
    let tuned = try tool.run("evaluate", "dropped", "text", "--tune-temperature", "text")
    #expect(tuned.status == 0 && tuned.errors.hasPrefix("temperature: "), "\(tuned.errors)")
  }

  @Test("Mixing a model with itself changes nothing, n-grams get tuned weights, and other tokens are rejected")
  func mixing() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let plain = try evaluate(tool)
    #expect(abs(try evaluate(tool, "--mix", "m").nats / plain.nats - 1) < 1e-9)
    let text = (0..<60).map { ["a b", "a ab", "b a", "ab", "a a b", "b b ab a", "ab b"][$0 * $0 % 7] }.joined(
      separator: "\n")
    try tool.write(text + "\n", to: "more")
    let counted = try tool.run("ngram", "more", "--order", "2", "--tokens-of", "m", "--output", "m.arpa")
    #expect(counted.status == 0, "\(counted.errors)")
    try tool.write(
      "\\data\\\nngram 1=6\n\n\\1-grams:\n-1\t<unk>\n-99\t<s>\n-0.5\t</s>\n-0.6\ta\n-0.6\tb\n-0.7\tab\n\n\\end\\\n",
      to: "g.arpa")
    let mixed = try tool.run("evaluate", "m", "text", "--mix", "g.arpa", "--tune-weights", "more", "--json")
    #expect(mixed.status == 0 && mixed.errors.contains("weights: "), "\(mixed.errors)")
    try TinyModel.drawn(tokens: ["<unk>", "<eos>", "a", "c", "ab"]).write(to: tool.path("other"))
    let other = try tool.run("evaluate", "m", "text", "--mix", "other")
    #expect(other.status == 65 && other.isTidy && other.lastLine.contains("such as"))
    let weights = try tool.run("evaluate", "m", "text", "--mix", "m", "--weights", "1")
    #expect(weights.status == 64 && weights.isTidy)
    #expect(try tool.run("evaluate", "m", "text", "--weights", "1").status == 64)
  }

  // MARK: State

  @Test("A text split into two files with a saved state has the scores of one file, and can be continued")
  func state() throws {
    struct Line: Decodable {
      let line: Int?
      let logProbability: Double
    }
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write("a b\n\n", to: "one")
    try tool.write("b ab a zebra\n", to: "two")
    let carry = ["--state", "carry", "--json"]
    let whole = try objects(Line.self, tool.run(["score", "m", "text"] + carry)).dropLast()
    let first = try objects(Line.self, tool.run(["score", "m", "one", "--save-state", "s.json"] + carry)).dropLast()
    let second = try objects(Line.self, tool.run(["score", "m", "two", "--load-state", "s.json"] + carry)).dropLast()
    #expect(whole.map(\.logProbability) == (first + second).map(\.logProbability))
    let flags = ["--length", "5", "--temperature", "0", "--json"]
    let prompted = try objects(Text.self, tool.run(["generate", "m", "a b\n\nb"] + flags))
    let restored = try objects(Text.self, tool.run(["generate", "m", "b", "--load-state", "s.json"] + flags))
    #expect(prompted.map(\.text) == restored.map(\.text))
    let suggested = try tool.run("complete", "m", "--context", "b", "--load-state", "s.json", "--json")
    #expect(suggested.status == 0, "\(suggested.errors)")
  }

  @Test("Files that are not states, states of other models and states of adapting models are rejected")
  func badStates() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try TinyModel.drawn(bound: 0.3).write(to: tool.path("other"))
    #expect(try tool.run("score", "m", "text", "--state", "carry", "--save-state", "s.json").status == 0)
    for (model, state) in [("other", "s.json"), ("m", "text")] {
      let outcome = try tool.run("score", model, "text", "--state", "carry", "--load-state", state)
      #expect(outcome.status == 65 && outcome.isTidy, "\(outcome.errors)")
    }
    for flags in [["--state", "reset"], ["--state", "carry", "--cache", "3"]] {
      let outcome = try tool.run(["score", "m", "text", "--save-state", "s.json"] + flags)
      #expect(outcome.status == 64 && outcome.isTidy)
    }
  }
}
