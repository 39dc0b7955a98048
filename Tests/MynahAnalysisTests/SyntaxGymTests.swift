import Foundation
import MynahAnalysis
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import Testing

@Suite("SyntaxGym test suites")
struct SyntaxGymTests {
  private static let surprisals: [String: [Int: Double]] = ["a": [1: 1, 2: 5], "b": [1: 2, 2: 3]]

  private func holds(_ formula: String) throws -> Bool {
    try SyntaxGymFormula(formula).holds { region in
      let regions = Self.surprisals[region.condition] ?? [:]
      return region.number.map { regions[$0] ?? .nan } ?? regions.values.reduce(0, +)
    }
  }

  @Test(
    "Formulas are evaluated with SyntaxGym's operator precedence",
    arguments: [
      ("(1;%a%) < (1;%b%)", true), ("(1;%a%)>(1;%b%)", false), ("((1;%a%) < (1;%b%)) & ((2;%a%) < (2;%b%))", false),
      ("(1;%a%) < (1;%b%) & (2;%a%) > (2;%b%)", true), ("(1;%a%) > (1;%b%) | (2;%a%) > (2;%b%)", true),
      ("( * ; %a%) = 6", true), ("(*;%a%) = 6.0009", true), ("(*;%a%) = 6.002", false),
      ("(2;%a%) - (1;%b%) - (1;%a%) = 2", true), ("(2;%a%) - ((1;%b%) - (1;%a%)) = 4", true),
      ("(2;%a%) - (1;%b%) + (1;%a%) = 4", true), ("((2;%a%) + -2.5) < 3", true),
      // & binds more tightly than |.
      ("1 < 2 | 1 < 2 & 2 < 1", true), ("(1 < 2 | 1 < 2) & 2 < 1", false),
      ("((((1;%a%)))) < 2", true), ("  1<2  ", true),
    ])
  func formulas(formula: String, holds: Bool) throws {
    #expect(try self.holds(formula) == holds)
  }

  @Test(
    "A malformed formula is an error with a position",
    arguments: [
      ("", 1, "a region"), ("(1;%a%)", 1, "a comparison"), ("(1;%a%) <", 10, "a region"),
      ("(1;%a%) < 2)", 12, "an operator or the end"), ("((1;%a%) < 2", 13, "a closing parenthesis"),
      ("(1;a) < 2", 4, "%"), ("(1;%%) < 2", 5, "the name"), ("(1;%a", 6, "a closing %"), ("(1;%a% < 2", 8, "a closing"),
      ("(;%a%) < 2", 2, "the number of a region"), ("(99999999999999999999;%a%) < 2", 2, "the number"),
      ("1 < 2 < 3", 7, "chained"), ("(1 < 2) + 1 < 3", 1, "a region or a number"), ("1 < 2 & 3", 9, "a comparison"),
      ("1 < 2 & (1;%a%) + 1", 9, "a comparison"), ("(1;%a%) ≤ 2", 9, "an operator"), ("x < 2", 1, "a region"),
      ("(*) < 2", 3, "; after *"), (String(repeating: "(", count: 100_000), 101, "nested"),
    ])
  func malformed(formula: String, position: Int, expected: String) throws {
    do {
      _ = try SyntaxGymFormula(formula)
      Issue.record("\(formula) was accepted")
    } catch {
      #expect(error.position == position && error.expected.contains(expected), "\(formula.prefix(40)): \(error)")
    }
  }

  private static func suite(
    formulas: [String], meta: String = #"{"name": "s", "metric": "sum"}"#, conditions: [String: [String]]
  ) -> String {
    let conditions = conditions.sorted { $0.key < $1.key }.map { name, contents in
      let regions = contents.enumerated().map { #"{"region_number": \#($0 + 1), "content": "\#($1)"}"# }
      return #"{"condition_name": "\#(name)", "regions": [\#(regions.joined(separator: ", "))]}"#
    }
    let predictions = formulas.map { #"{"type": "formula", "formula": "\#($0)"}"# }
    return """
      {"meta": \(meta), "region_meta": {"1": "x"}, "predictions": [\(predictions.joined(separator: ", "))],
       "items": [{"item_number": 4, "conditions": [\(conditions.joined(separator: ", "))]}]}
      """
  }

  @Test("The surprisal of a region is the sum over the tokens of its words", arguments: ["word", "character", "byte"])
  func regions(kind: String) throws {
    let tokens = ["<eos>", "a", "b", "c", "<unk>"]
    let tokenizer: AnyTokenizer =
      switch kind {
      case "word": .word(WordTokenizer(vocabulary: try Vocabulary(tokens: tokens)))
      case "character": .character(CharacterTokenizer(training: "ab c\n"))
      default: .bytes(ByteTokenizer())
      }
    let configuration = LanguageModelConfiguration(
      vocabulary: tokenizer.vocabulary.count, embedding: 3, layers: [.lstm(5)], initializer: .uniform(0.8))
    var random = RandomSource(seed: 4)
    let model = InferenceModel(LanguageModel(configuration, using: &random))

    // "a b | | c" and "c | b | a", read word by word.
    func bits(_ sentence: String, _ range: Range<Int>) throws -> Double {
      var (reader, aligner) = (SurprisalReader(model), WordAligner(tokenizer))
      try aligner.append(sentence, number: 1)
      return try TextTokens.tokens(of: sentence + "\n", tokenizer).reduce(0) { sum, token in
        let (word, surprisal) = (try aligner.word(of: token), try reader.read(token))
        return word.map { range.contains($0.index) } == true ? sum + (surprisal?.bits ?? .nan) : sum
      }
    }
    let (first, last) = (try bits("a b c", 1..<3), try bits("a b c", 3..<4))
    let other = try bits("c b a", 2..<3)
    let json = Self.suite(
      formulas: [
        "(1;%x%) = \(first)", "(2;%x%) = 0", "(3;%x%) = \(last)", "(*;%x%) = \(first + last)", "(2;%y%) = \(other)",
        "(1;%x%) = \(first + 0.01)", "(1;%x%) < (3;%x%)",
      ], conditions: ["x": ["a  b", " ", "c"], "y": ["c", "b", "a"]])
    let suite = try SyntaxGymSuite(json: json, path: "s.json")
    #expect(suite.name == "s" && suite.items[0].number == 4)
    let report = try SyntaxGymReport(of: suite, model, tokenizer: tokenizer)
    #expect(report.predictions.map(\.accuracy) == [1, 1, 1, 1, 1, 0, first < last ? 1 : 0])
    #expect(report.wordCount == 6 && report.unknownCount == 0)
    #expect(abs(report.accuracy - report.predictions.reduce(0) { $0 + $1.accuracy } / 7) < 1e-12)
  }

  @Test("Respelt regions stay aligned with their words, and unknown words are counted")
  func spelling() throws {
    let file = try AnalysisModel.ofWords(["<eos>", "<unk>", "the", "cat"])
    let json = Self.suite(
      formulas: ["(1;%x%) + (2;%x%) + (3;%x%) = (*;%x%)"], conditions: ["x": ["The", "zebra,", "!"]])
    let suite = try SyntaxGymSuite(json: json, path: "s.json")
    let familiar = FamiliarWords(file.tokenizer.vocabulary)
    let model = InferenceModel(file.model)
    let report = try SyntaxGymReport(of: suite, model, tokenizer: file.tokenizer) { familiar($0) }
    #expect(report.wordCount == 2 && report.unknownCount == 1 && report.accuracy == 1)
    #expect(try SyntaxGymReport(of: suite, model, tokenizer: file.tokenizer).unknownCount == 3)
  }

  @Test("A malformed suite is an error that gives the location")
  func malformedSuites() throws {
    let good = Self.suite(formulas: ["(1;%x%) < 2"], conditions: ["x": ["a"]])
    #expect(try SyntaxGymSuite(json: good, path: "s").items.count == 1)
    let cases = [
      ("[]", "an object"), ("{", "byte 1"), ("{}", "predictions"),
      (good.replacing("\"sum\"", with: "\"mean\""), "'sum'"),
      (good.replacing("(1;%x%)", with: "(2;%x%)"), "region 2"), (good.replacing("(1;%x%)", with: "(1;%y%)"), "'y'"),
      (good.replacing("(1;%x%) < 2", with: "(1;%x%) <"), "character 10"),
      (good.replacing("\"x\", \"r", with: "3, \"r"), "condition_name"),
      (good.replacing("\"formula\", \"f", with: "\"t\", \"f"), "the type of prediction 1"),
      (good.replacing("\"content\": \"a\"", with: "\"content\": 3"), "content"),
      (good.replacing("\"region_number\": 1", with: "\"region_number\": \"1\""), "region_number"),
      (
        good.replacing("\"regions\": [", with: "\"regions\": [{\"region_number\": 1, \"content\": \"\"}, "),
        "region 1 again"
      ),
      (good.replacing("\"item_number\": 4", with: "\"item_number\": 4.5"), "item_number"),
    ]
    for (json, sentence) in cases {
      let error = #expect(throws: SyntaxGymError.self, "\(json)") { try SyntaxGymSuite(json: json, path: "s.json") }
      #expect(
        error?.description.contains(sentence) == true && error?.description.contains("'s.json'") == true,
        "\(error.debugDescription)")
    }
  }
}
