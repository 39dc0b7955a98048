import Foundation
import MynahModels
import MynahText
import TestSupport
import Testing

@Suite("mynah surprisal --tsv and --by-word, pairs --tsv, syntaxgym")
struct SurprisalCommandTests {
  private func tool() throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try TinyModel.drawn(tokens: ["<unk>", "<eos>", "a", "b"]).write(to: tool.path("m"))
    try TinyModel.drawn(tokens: ["<unk>", "<eos>", "a", "b"], bound: 1).write(to: tool.path("n"))
    try TinyModel.filled(with: 0, .bytes(ByteTokenizer())).write(to: tool.path("bytes"))
    try tool.write("a zebra\n\na \\ b\n", to: "text")
    return tool
  }

  /// Returns the rows of a table, keyed by column name.
  private func rows(_ outcome: CommandLineTool.Outcome) throws -> [[String: String]] {
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    let header = try #require(lines.first)
    return lines.dropFirst().map { line in
      #expect(line.count == header.count, "\(line)")
      return Dictionary(uniqueKeysWithValues: zip(header, line))
    }
  }

  private func numbers(_ rows: [[String: String]], _ column: String) -> [Double] {
    rows.map { $0[column].flatMap(Double.init) ?? .nan }
  }

  @Test("Each row for a token has the original spelling, and each line is a separate text")
  func tokens() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let outcome = try tool.run("surprisal", "m", "text", "--tsv")
    let columns = "line word_index word token token_index log_probability bits rank oov entropy entropy_reduction"
    #expect(outcome.output.hasPrefix(columns.replacing(" ", with: "\t") + "\n"))
    let rows = try rows(outcome)
    #expect(rows.map { $0["line"] } == ["1", "1", "1", "2", "3", "3", "3", "3"])
    #expect(rows.map { $0["word"] } == ["a", "zebra", "", "", "a", "\\\\", "b", ""])
    #expect(rows.map { $0["word_index"] } == ["1", "2", "", "", "1", "2", "3", ""])
    #expect(rows.map { $0["token"] } == ["a", "<unk>", "<eos>", "<eos>", "a", "<unk>", "b", "<eos>"])
    #expect(rows.map { $0["token_index"] } == ["1", "2", "3", "1", "1", "2", "3", "4"])
    #expect(rows.map { $0["oov"] } == ["0", "1", "0", "0", "0", "1", "0", "0"])
    let (nats, bits) = (numbers(rows, "log_probability"), numbers(rows, "bits"))
    #expect(zip(nats, bits).allSatisfy { abs($0 + $1 * log(2)) < 1e-7 } && bits[0] == bits[4])
    #expect(numbers(rows, "entropy").allSatisfy { $0 > 0 && $0 <= 2 })
    #expect(numbers(rows, "entropy_reduction").allSatisfy { $0 >= 0 })
    #expect(try tool.run("surprisal", "m", "text", "--tsv", "--state", "reset").output == outcome.output)
    let carried = try tool.run("surprisal", "m", "text", "--tsv", "--state", "carry")
    #expect(numbers(try self.rows(carried), "bits")[4] != bits[4])
  }

  @Test("JSON has the fields of the table, and carries the state across lines by default")
  func json() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let table = try rows(tool.run("surprisal", "m", "text", "--tsv", "--state", "carry"))
    let lines = try tool.run("surprisal", "m", "text", "--json").output.split(separator: "\n")
    #expect(lines.count == table.count)
    for (line, row) in zip(lines, table) {
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      for (name, column) in [
        ("logProbability", "log_probability"), ("bits", "bits"), ("entropy", "entropy"),
        ("entropyReduction", "entropy_reduction"), ("rank", "rank"), ("line", "line"), ("tokenIndex", "token_index"),
      ] {
        let (found, expected) = (object[name] as? Double ?? .nan, row[column].flatMap(Double.init) ?? .nan)
        #expect(abs(found - expected) < 1e-7, "\(name): \(found) \(expected)")
      }
      #expect((object["wordIndex"] as? Int).map { "\($0)" } ?? "" == row["word_index"])
      #expect((object["word"] as? String)?.replacing("\\", with: "\\\\") ?? "" == row["word"])
    }
  }

  @Test("Each row for a word sums its tokens, for several models side by side")
  func words() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let found = try rows(tool.run("surprisal", "m", "text", "--by-word", "--with", "bytes", "--with", "n"))
    #expect(found.map { $0["word"] } == ["a", "zebra", "a", "\\\\", "b"])
    #expect(found.map { $0["token_count"] } == ["1", "1", "1", "1", "1"])
    #expect(found.map { $0["token_count.2"] } == ["2", "6", "2", "2", "2"])
    // All bytes are equally likely.
    #expect(zip(numbers(found, "bits.2"), [16, 48, 16, 16, 16]).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(found.map { $0["oov"] } == ["0", "1", "0", "1", "0"] && found.allSatisfy { $0["oov.2"] == "0" })
    let alone = try rows(tool.run("surprisal", "n", "text", "--by-word", "--tsv"))
    #expect(found.map { $0["bits.3"] } == alone.map { $0["bits"] })
    let tokens = try rows(tool.run("surprisal", "n", "text", "--tsv")).filter { $0["word"] != "" }
    #expect(tokens.map { $0["bits"] } == alone.map { $0["bits"] })
    let objects = try tool.run("surprisal", "m", "text", "--by-word", "--json", "--with", "bytes").output
    #expect(objects.split(separator: "\n").count == 5 && objects.contains(#""others":[{"bits":"#))
    #expect(objects.contains(#""word":"zebra","wordIndex":2"#))
  }

  @Test("Several models are printed token by token only if they have the same tokens")
  func sideBySide() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let both = try rows(tool.run("surprisal", "m", "text", "--tsv", "--with", "n"))
    let alone = try rows(tool.run("surprisal", "n", "text", "--tsv"))
    for column in ["log_probability", "bits", "rank", "entropy", "entropy_reduction"] {
      #expect(both.map { $0["\(column).2"] } == alone.map { $0[column] })
    }
    let refused = try tool.run("surprisal", "m", "text", "--tsv", "--with", "bytes")
    #expect(refused.status == 65 && refused.isTidy && refused.errors.contains("'bytes'"), "\(refused.errors)")
    #expect(refused.output.isEmpty)
  }

  @Test("Words of a byte-pair model and a word model are aligned, whether the state is carried or reset")
  func carried() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let pairs = BytePairTokenizer(training: TinyModel.text(tokenCount: 300), vocabularySize: 300)
    try TinyModel.filled(with: 0, .bytePair(pairs)).write(to: tool.path("pairs"))
    try tool.write("the a\n\n\n  b\nzebra the", to: "text")
    for state in ["carry", "reset"] {
      let found = try rows(tool.run("surprisal", "pairs", "text", "--by-word", "--with", "m", "--state", state))
      #expect(found.map { $0["word"] } == ["the", "a", "b", "zebra", "the"])
      #expect(found.map { $0["line"] } == ["1", "1", "4", "5", "5"])
      #expect(found.allSatisfy { $0["bits"] != "" && $0["bits.2"] != "" })
    }
  }

  @Test("Each row for a pair has both log-probabilities, and several files have a mean with an interval")
  func pairs() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let sentences = [("a b", "b a"), ("b a", "a b"), ("zebra", "lion")]
    let lines = sentences.map { #"{"sentence_good": "\#($0)", "sentence_bad": "\#($1)"}"# + "\n" }
    try tool.write(lines.joined(), to: "p")
    try tool.write(lines[0], to: "q")
    let table = try rows(tool.run("pairs", "m", "p", "q", "--tsv"))
    #expect(table.map { $0["file"] } == ["p", "p", "p", "q"] && table.map { $0["index"] } == ["1", "2", "3", "1"])
    let outcomes = table.map { $0["outcome"] }
    #expect(Set(outcomes[..<2]) == ["right", "wrong"] && outcomes[2] == "tie" && outcomes[3] == outcomes[0])
    #expect(table.map { $0["unknown_good"] } == ["0", "0", "1", "0"])
    let (good, bad) = (numbers(table, "log_probability_good"), numbers(table, "log_probability_bad"))
    let differences = numbers(table, "difference")
    #expect(table.indices.allSatisfy { abs(good[$0] - bad[$0] - differences[$0]) < 1e-6 })
    #expect(good[0] == bad[1] && differences[2] == 0)

    let words = try tool.run("pairs", "m", "p", "q").output.split(separator: "\n")
    #expect(words.count == 3 && words[0].contains("1 ties") && words[2].hasPrefix("mean of 2 files: "), "\(words)")
    #expect(try tool.run("pairs", "m", "p").output.split(separator: "\n").count == 1)
    let json = try tool.run("pairs", "m", "p", "q", "--json").output
    #expect(json.contains("meanAccuracyLow") && json.contains(#""tieCount":1"#))
    #expect(try tool.run("pairs", "m", "p", "q", "--json").output == json)
    for flags in [
      ["--cache", "9", "--cache-weight", "0.5"], ["--mix", "n"], ["--dynamic", "0.5", "--dynamic-tokens", "1"],
    ] {
      let adapted = try rows(tool.run(["pairs", "m", "p", "q", "--tsv"] + flags))
      #expect(numbers(adapted, "log_probability_good") != good, "\(flags)")
      // The order of the pairs has no effect.
      #expect(adapted[0]["difference"] == adapted[3]["difference"], "\(flags)")
    }
  }

  @Test("The results of suites are printed as text, a table or JSON")
  func suites() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let suite = """
      {"meta": {"name": "four", "metric": "sum"}, "region_meta": {"1": "x"},
       "predictions": [{"type": "formula", "formula": "(1;%x%) < (1;%y%)"},
                       {"type": "formula", "formula": "((*;%x%) = 32) & ((1;%y%) - (2;%x%) = 8)"}],
       "items": [{"item_number": 1, "conditions": [
         {"condition_name": "x",
          "regions": [{"region_number": 1, "content": "a"}, {"region_number": 2, "content": "b"}]},
         {"condition_name": "y", "regions": [{"region_number": 1, "content": "ab"}]}]}]}
      """
    try tool.write(suite, to: "s.json")
    let outcome = try tool.run("syntaxgym", "bytes", "s.json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    // Each byte has 8 bits, including spaces after words; the last region ends with a line end.
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 3 && lines[0].hasPrefix("s.json: 100.0 % of the predictions hold for 1 item"), "\(lines)")
    let table = try rows(tool.run("syntaxgym", "bytes", "s.json", "--tsv"))
    #expect(table.map { $0["prediction"] } == ["1", "2", "all"] && table.map { $0["right"] } == ["1", "1", "2"])
    #expect(table.allSatisfy { $0["accuracy"] == "1" && $0["suite"] == "four" })
    let json = try tool.run("syntaxgym", "bytes", "s.json", "--json").output
    #expect(json.contains(#""accuracy":1,"#) && json.contains(#""holds":[true]"#), "\(json)")
    try tool.write(suite.replacing("(1;%x%) <", with: "(3;%x%) <"), to: "bad.json")
    let refused = try tool.run("syntaxgym", "m", "s.json", "bad.json")
    #expect(refused.status == 65 && refused.isTidy && refused.output.isEmpty, "\(refused)")
    #expect(refused.errors.contains("region 3") && refused.errors.contains("'bad.json'"), "\(refused.errors)")
  }
}
