import Foundation
import MynahModels
import MynahText
import TestSupport
import Testing

@Suite("mynah score, pairs and neighbours")
struct ScoreCommandTests {
  private struct Line: Decodable {
    struct Token: Decodable {
      let text: String
      let logProbability, surprisal: Double
      let rank: Int
    }
    let line: Int?
    let logProbability: Double?
    let tokenCount, unknownCount: Int
    let perplexity, perplexityWithoutUnknown: Double?
    let skippedCount: Int?
    let tokens: [Token]?
  }

  private func tool() throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try TinyModel.drawn().write(to: tool.path("m"))
    try tool.write("a b\n\nb a a zebra\n", to: "text")
    return tool
  }

  private func lines(_ outcome: CommandLineTool.Outcome) throws -> [Line] {
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try outcome.output.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
  }

  @Test(
    "With carried state, lines add up to the loss of mynah evaluate, and the summary matches the lines",
    arguments: ["reset", "carry"])
  func json(state: String) throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let lines = try lines(tool.run("score", "m", "text", "--state", state, "--json"))
    #expect(lines.map(\.line) == [1, 2, 3, nil] && lines.map(\.tokenCount) == [3, 1, 5, 9])
    #expect(lines.map(\.unknownCount) == [0, 0, 1, 1])
    let total = lines.dropLast().reduce(0) { $0 + ($1.logProbability ?? .nan) }
    #expect(abs((lines[3].perplexity ?? 0) / exp(-total / 9) - 1) < 1e-9)
    struct Evaluated: Decodable { let nats: Double }
    let evaluated = try tool.run("evaluate", "m", "text", "--json").output
    let nats = try JSONDecoder().decode(Evaluated.self, from: Data(evaluated.utf8)).nats
    #expect((abs(total / -nats - 1) < 1e-6) == (state == "carry"))
  }

  @Test("Tokens have a rank and a surprisal, and line numbers continue across files")
  func tokens() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let lines = try lines(tool.run("score", "m", "text", "text", "--tokens", "--state", "reset", "--json"))
    #expect(lines.map(\.line) == [1, 2, 3, 4, 5, 6, nil])
    let tokens = try #require(lines[0].tokens)
    #expect(tokens.map(\.text) == ["a", "b", "<eos>"])
    #expect(tokens.allSatisfy { (1...4).contains($0.rank) && abs($0.surprisal * log(2) + $0.logProbability) < 1e-9 })
    let words = try tool.run("score", "m", "text", "--tokens", "--log-base", "2", "--state", "reset").output
    #expect(words.contains("perplexity without unknown") && words.contains("reset at each line"))
  }

  @Test("If no token is predicted, the output states that there is no perplexity, and JSON omits it")
  func nothing() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write("", to: "empty")
    try tool.folder.write([0xE9, 0x0A], to: "latin")
    for arguments in [["empty"], ["latin", "--keep-going"]] {
      let outcome = try tool.run(["score", "m"] + arguments)
      #expect(outcome.status == 0 && outcome.output.contains("none: no token was predicted"), "\(outcome.errors)")
      #expect(!outcome.output.lowercased().contains("nan"))
      let figures = try lines(tool.run(["score", "m", "--json"] + arguments))
      #expect(figures.last?.perplexity == nil && figures.last?.perplexityWithoutUnknown == nil)
    }
    try tool.write("zebra", to: "unknown")
    let unknown = try tool.run("score", "m", "unknown", "--state", "carry").output
    #expect(!unknown.lowercased().contains("nan"))
  }

  @Test("Lines are read whole, even if they span several chunks of the file")
  func longLines() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let long = Array(repeating: "a b", count: 40_000).joined(separator: " ")
    try tool.write(String(repeating: "a b a\n", count: 12_000) + long + "\nb\r\n\na", to: "many")
    let counts = try lines(tool.run("score", "m", "many", "--json")).dropLast().map(\.tokenCount)
    #expect(counts == Array(repeating: 4, count: 12_000) + [80_001, 2, 1, 2])
  }

  @Test("A line that is not UTF-8 is an error that gives its line number, and --keep-going skips it")
  func badLines() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.folder.write(Array("a\n".utf8) + [0xFF] + Array("b\nb".utf8), to: "bad")
    let ended = try tool.run("score", "m", "bad")
    #expect(ended.status == 65 && ended.isTidy && ended.errors.contains("(line 2)"), "\(ended.errors)")
    let going = try tool.run("score", "m", "bad", "--keep-going", "--json")
    let lines = try lines(going)
    #expect(lines.map(\.line) == [1, 3, nil] && lines[2].skippedCount == 1 && going.errors.contains("offset 2"))
  }

  @Test(
    "Invalid arguments and files give a one-sentence error",
    arguments: [
      (["score", "m", "nothing"], Int32(66), "nothing"), (["score", "nothing"], 66, "nothing"),
      (["score", "m", "text", "--state", "kept"], 64, "expected one of carry, reset, documents"),
      (["pairs", "m", "text"], 65, "line 1"), (["pairs", "m", "empty"], 65, "only white space"),
      (["neighbours", "m", "zebra"], 65, "has no token 'zebra'"), (["neighbours", "m", "a", "b"], 64, "three"),
    ])
  func badInput(arguments: [String], status: Int32, sentence: String) throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write("\n \n", to: "empty")
    let outcome = try tool.run(arguments)
    #expect(outcome.status == status && outcome.errors.contains(sentence), "\(outcome.errors)")
    #expect(outcome.isTidy, "\(outcome.errors)")
  }

  @Test("Pairs are read from JSON Lines, and case and punctuation are adapted to the vocabulary")
  func pairs() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let pair = #"{"sentence_good": "A b.", "sentence_bad": "B, zebra", "UID": "x"}"#
    try tool.write(pair + "\n\n" + pair + "\n", to: "pairs")
    let outcome = try tool.run("pairs", "m", "pairs", "--json")
    #expect(outcome.output.contains(#""coverage":0.75"#) && outcome.output.contains(#""pairCount":2"#), "\(outcome)")
    let verbatim = try tool.run("pairs", "m", "pairs", "--verbatim", "--json").output
    #expect(verbatim.contains(#""coverage":0,"#) || verbatim.contains(#""coverage":0}"#), "\(verbatim)")
  }

  @Test("Neighbours are listed nearest first")
  func neighbours() throws {
    struct Found: Decodable {
      struct Neighbour: Decodable {
        let text: String
        let similarity: Double
      }
      let neighbours: [Neighbour]
    }
    let tool = try tool()
    defer { tool.folder.remove() }
    let outcome = try tool.run("neighbours", "m", "a", "--count", "5", "--json")
    let found = try JSONDecoder().decode(Found.self, from: Data(outcome.output.utf8)).neighbours
    #expect(Set(found.map(\.text)) == ["b", "<unk>", "<eos>"])
    #expect(found.map(\.similarity) == found.map(\.similarity).sorted(by: >))
    #expect(try tool.run("neighbours", "m", "a", "b", "<eos>").output.hasSuffix("<unk>\n"))
  }
}
