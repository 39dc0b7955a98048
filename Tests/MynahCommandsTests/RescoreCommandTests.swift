import Foundation
import MynahModels
import MynahText
import TestSupport
import Testing

@Suite("mynah rescore")
struct RescoreCommandTests {
  private func tool() throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try TinyModel.drawn(tokens: ["<unk>", "<eos>", "a", "b", "ab"], bound: 1).write(to: tool.path("m"))
    return tool
  }

  private struct Row: Decodable {
    struct Rate: Decodable {
      let errorCount: Int
      let wordErrorRate: Double
    }

    let id, key, text: String?
    let rank, tokenCount, wordCount, unknownCount, wordErrorCount: Int?
    let score, logProbability, total: Double?
    let scores, weights: [String: Double]?
    let furtherFields: [String]?
    let before, start, after, oracle: Rate?
    let referenceWordCount: Int?
  }

  private func rows(_ outcome: CommandLineTool.Outcome) throws -> [Row] {
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try outcome.output.split(separator: "\n").map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
  }

  /// Writes n-best lists in which the best hypotheses by am − lm have no errors.
  private func writeLists(_ tool: CommandLineTool) throws {
    try tool.write(
      """
      0 ||| a b ab ||| am=-1 lm=-1
      0 ||| a b b ||| am=-2 lm=-5
      1 ||| b b ||| am=-3 lm=-1
      1 ||| b a ||| am=-2 lm=-3
      1 ||| b ||| am=-9 lm=-1

      """, to: "lists")
    try tool.write("1 ||| b a\n0 ||| a b b\n", to: "references")
  }

  // MARK: Output

  @Test("Each list is ranked separately, and the new score replaces the total")
  func ranking() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write("0 ||| a b ||| x= -1\n0 ||| b ||| x= -9\n\n1 ||| a ||| x=-2\n", to: "lists")
    let plain = try tool.run("rescore", "m", "lists", "--model-weight", "0")
    #expect(
      plain.output == "0 ||| a b ||| x= -1 ||| -1.0000\n0 ||| b ||| x= -9 ||| -9.0000\n1 ||| a ||| x=-2 ||| -2.0000\n")
    let turned = try tool.run("rescore", "m", "lists", "--model-weight", "0", "--score-weight=-1")
    #expect(turned.output.hasPrefix("0 ||| b |||"))
    try tool.write("0 ||| a ||| LM= -2 ||| -5.5 ||| 0-0\n0 ||| b ||| LM= -1 ||| -3 ||| 0-1\n", to: "moses")
    let moses = try tool.run(["rescore", "m", "--model-weight", "0"], input: "moses")
    #expect(moses.output == "0 ||| b ||| LM= -1 ||| -3.0000 ||| 0-1\n0 ||| a ||| LM= -2 ||| -5.5000 ||| 0-0\n")
    // The output is valid input.
    try tool.write(moses.output, to: "again")
    #expect(try tool.run("rescore", "m", "again", "--model-weight", "0").output == moses.output)
    try tool.write("\n \n", to: "blank")
    #expect(try tool.run("rescore", "m", "blank").output.isEmpty)
  }

  @Test("Malformed lists cause exit code 65 and an error that gives the file, line and column")
  func badLists() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    for (text, words) in [
      ("0 ||| a\n", "line 1 of 'bad'"), ("0 ||| the cat ||| -2,1\n", "line 1 of 'bad', column 19: "),
      ("0 ||| a ||| 1\n1 ||| a ||| 1\n0 ||| a ||| 1\n", "line 3 of 'bad'"),
      ("0 ||| a ||| x=1\n0 ||| a ||| 1\n", "line 2 of"),
      ("0 ||| a ||| nan\n", "'nan'"), ("0 ||| a ||| -1 ||| \u{1b}[2J\n", "column 20"),
    ] {
      try tool.write(text, to: "bad")
      let bad = try tool.run("rescore", "m", "bad")
      #expect(bad.status == 65 && bad.isTidy && bad.lastLine.contains(words), "\(text): \(bad.lastLine)")
      let piped = try tool.run(["rescore", "m"], input: "bad")
      #expect(piped.status == 65 && piped.isTidy && piped.lastLine.contains("standard input"), "\(piped.lastLine)")
    }
    try TinyModel.filled(
      with: 0, .character(CharacterTokenizer(vocabulary: Vocabulary(tokens: ["a", "\n"])))
    ).write(to: tool.path("letters"))
    try tool.write("0 ||| a ||| 1\n0 ||| az ||| 1\n", to: "letters.txt")
    let unknown = try tool.run("rescore", "letters", "letters.txt")
    #expect(unknown.status == 65 && unknown.isTidy && unknown.lastLine.contains("line 2 of 'letters.txt'"))
  }

  // MARK: Weights

  @Test("Named weights give the weighted sum, and JSON contains its terms")
  func weights() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write(
      "0 ||| a  zebra ||| am=-1 D= 3 4 ||| -7 ||| 0-0\n0 ||| b ||| D= 1 2 am=-2 ||| -8 ||| \n", to: "lists")
    let weights = "am=2,D.1=1,D.2=-1,model=0.5,tokens=0.25,words=3"
    let rows = try rows(tool.run("rescore", "m", "lists", "--json", "--weights", weights))
    #expect(rows.count == 2 && rows.map(\.rank) == [1, 2])
    let first = try #require(rows.first { $0.text == "a  zebra" })
    #expect(first.scores == ["am": -1, "D.1": 3, "D.2": 4] && first.total == -7 && first.furtherFields == ["0-0"])
    #expect(first.wordCount == 2 && first.tokenCount == 3 && first.unknownCount == 1)
    for row in rows {
      let (scores, model) = (try #require(row.scores), try #require(row.logProbability))
      let sum =
        2 * (scores["am"] ?? 0) + (scores["D.1"] ?? 0) - (scores["D.2"] ?? 0) + 0.5 * model
        + 0.25 * Double(row.tokenCount ?? 0) + 3 * Double(row.wordCount ?? 0)
      #expect(abs(try #require(row.score) - sum) < 1e-9)
    }
    let without = try tool.run("rescore", "m", "lists", "--weights", "am=1,D.1=0,D.2=0")
    #expect(without.status == 0 && without.errors.contains("do not contain model"))
    #expect(without.output.hasPrefix("0 ||| a  zebra ||| am=-1 D= 3 4 ||| -1.0000 ||| 0-0\n"))
  }

  @Test("Malformed weights and weights that do not match the lists are errors")
  func badWeights() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try writeLists(tool)
    for (weights, words, status) in [
      ("am=1", "lack the scores 'lm'", 65), ("am=1,lm=1,x=2", "no score 'x'", 65), ("0.7,0.3", "name=number", 64),
      ("am=1,lm=1,am=2", "one weight", 64), ("am=1,lm=nan", "name=number", 64),
    ] as [(String, String, Int32)] {
      let outcome = try tool.run("rescore", "m", "lists", "--weights", weights)
      #expect(outcome.status == status && outcome.isTidy && outcome.lastLine.contains(words), "\(outcome.lastLine)")
    }
    try tool.write("0 ||| a ||| words=2\n", to: "reserved")
    let reserved = try tool.run("rescore", "m", "reserved", "--weights", "words=1")
    #expect(reserved.status == 65 && reserved.isTidy && reserved.lastLine.contains("built-in"))
  }

  @Test("--mix-weights sets the weights of a mixture, separately from the weights of the scores")
  func mixing() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try writeLists(tool)
    try TinyModel.filled(
      with: 0, .word(WordTokenizer(vocabulary: Vocabulary(tokens: ["<unk>", "<eos>", "a", "b", "ab"])))
    ).write(to: tool.path("even"))
    let flags = ["rescore", "m", "lists", "--json", "--weights", "am=0,lm=0,model=1", "--mix", "even"]
    for row in try rows(tool.run(flags + ["--mix-weights", "0,1"])) {
      #expect(abs(try #require(row.score) + Double(row.tokenCount ?? 0) * log(5)) < 1e-4)
    }
    let wrong = try tool.run(flags + ["--mix-weights", "1"])
    #expect(wrong.status == 64 && wrong.isTidy && wrong.lastLine.contains("--mix-weights"))
  }

  // MARK: References

  @Test("With references, the word error rates before and after rescoring and of the oracle are printed")
  func references() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try writeLists(tool)
    let flags = ["rescore", "m", "lists", "--references", "references", "--weights", "am=0,lm=-1"]
    let outcome = try tool.run(flags)
    #expect(outcome.status == 0 && outcome.output.hasPrefix("0 ||| a b b ||| am=-2 lm=-5 ||| 5.0000\n"))
    #expect(outcome.errors.contains("WER before rescoring  40.00 % (2 errors in 5 words)\n"), "\(outcome.errors)")
    #expect(outcome.errors.contains("WER after rescoring   0.00 % (0 errors in 5 words)\n"))
    #expect(outcome.errors.contains("WER of the oracle     0.00 % (0 errors in 5 words)\n"))
    let rows = try rows(tool.run(flags + ["--json"]))
    let last = try #require(rows.last)
    #expect(rows.count == 6 && last.referenceWordCount == 5 && last.weights == ["am": 0, "lm": -1])
    #expect(last.before?.errorCount == 2 && last.before?.wordErrorRate == 0.4 && last.start == nil)
    #expect(last.after?.errorCount == 0 && last.oracle?.wordErrorRate == 0)
    #expect(rows[0].wordErrorCount == 0 && rows[1].wordErrorCount == 1)
  }

  @Test(
    "Missing, surplus and repeated references are errors, with and without tuning",
    arguments: ["--tune", "--references"])
  func badReferences(_ flag: String) throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try writeLists(tool)
    for (text, words) in [
      ("0 ||| a b b\n", "no reference for '1'"), ("0 ||| a\n1 ||| b\n2 ||| c\n", "line 3 of 'r'"),
      ("0 ||| a\n1 ||| b\n0 ||| a\n", "'0' again after line 1 of 'r'"), ("0 |||\n1 |||\n", "have no words"),
      ("0 a b b\n1 b a\n", "id ||| text"),
    ] {
      try tool.write(text, to: "r")
      let outcome = try tool.run("rescore", "m", "lists", flag, "r")
      #expect(outcome.status == 65 && outcome.isTidy && outcome.lastLine.contains(words), "\(outcome.lastLine)")
    }
    #expect(try tool.run("rescore", "m", "lists", flag, "missing").status == 66)
  }

  @Test("Tuning finds weights that give no errors, prints them as --weights expects, and ranks by them")
  func tuning() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try writeLists(tool)
    let outcome = try tool.run("rescore", "m", "lists", "--tune", "references", "--weights", "am=1,lm=1")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("WER before tuning     40.00 % (2 errors in 5 words)\n"), "\(outcome.errors)")
    #expect(outcome.errors.contains("WER after rescoring   0.00 % (0 errors in 5 words)\n"))
    let line = try #require(outcome.errors.split(separator: "\n").first { $0.hasPrefix("weights ") })
    let weights = String(try #require(line.split(separator: " ").last))
    #expect(weights.hasPrefix("am=") && weights.contains(",lm=") && weights.contains(",model="))
    #expect(try tool.run("rescore", "m", "lists", "--weights", weights).output == outcome.output)
    // Tuning is deterministic, keeps weights that are already tuned, and can start from the default weights.
    #expect(
      try tool.run("rescore", "m", "lists", "--tune", "references", "--weights", "am=1,lm=1").errors == outcome.errors)
    let again = try tool.run("rescore", "m", "lists", "--tune", "references", "--weights", weights)
    #expect(again.errors.contains("weights" + String(repeating: " ", count: 15) + weights + "\n"))
    let rows = try rows(tool.run("rescore", "m", "lists", "--tune", "references", "--json"))
    let last = try #require(rows.last)
    #expect(rows.count == 6 && last.after?.errorCount == 0 && last.start != nil)
    #expect(Set(try #require(last.weights).keys) == ["am", "lm", "model", "tokens", "words"])
  }

  // MARK: Kaldi

  @Test("Kaldi lists are read with separate score files and printed as key, score and text")
  func kaldi() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write("s1-u-1 a b\ns1-u-2\ns1-u-3 b\ns2-1 a\n", to: "words")
    try tool.write("s1-u-1 10\ns1-u-2 5\ns1-u-3 20\ns2-1 7\n", to: "am")
    try tool.write("s1-u-1 3\ns1-u-2 1\ns1-u-3 2\ns2-1 1\n", to: "lm")
    let scores = ["--scores", "am=am", "--scores", "lm=lm"]
    let outcome = try tool.run(["rescore", "m", "words", "--weights", "am=-1,lm=-2"] + scores)
    #expect(
      outcome.output == "s1-u-2\t-7.0000\t\ns1-u-1\t-16.0000\ta b\ns1-u-3\t-24.0000\tb\ns2-1\t-9.0000\ta\n",
      "\(outcome.errors)")
    let summed = try tool.run(["rescore", "m", "words", "--score-weight", "-1", "--model-weight", "0"] + scores)
    #expect(summed.output.hasPrefix("s1-u-2\t-6.0000\t\n"))
    try tool.write("s2 a\ns1-u a b\n", to: "r")
    let tuned = try tool.run(["rescore", "m", "words", "--tune", "r"] + scores)
    #expect(tuned.errors.contains("WER after rescoring   0.00 % (0 errors in 3 words)\n"), "\(tuned.errors)")
    let rows = try rows(tool.run(["rescore", "m", "words", "--references", "r", "--json"] + scores))
    #expect(rows.count == 5 && rows[3].id == "s2" && rows[3].key == "s2-1" && rows[3].scores == ["am": 7, "lm": 1])
    try tool.write("s1-u-1 10\ns1-u-3 20\ns2-1 7\n", to: "am")
    let missing = try tool.run(["rescore", "m", "words"] + scores)
    #expect(missing.status == 65 && missing.isTidy && missing.lastLine.contains("'s1-u-2' (line 2 of 'words')"))
    for flag in ["am", "=am", "am=", "a,m=am"] {
      #expect(try tool.run("rescore", "m", "words", "--scores", flag).status == 64)
    }
    let twice = try tool.run("rescore", "m", "words", "--scores", "am=am", "--scores", "am=lm")
    #expect(twice.status == 64 && twice.isTidy)
  }
}
