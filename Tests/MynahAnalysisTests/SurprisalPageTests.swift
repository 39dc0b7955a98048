import Foundation
import MynahAnalysis
import MynahInference
import MynahModels
import MynahText
import Testing

struct SurprisalPageTests {
  private func page(_ text: [String], _ file: ModelFile, models: Int = 1) throws -> String {
    var page = SurprisalPage(file.tokenizer, modelCount: models)
    var (tokens, readers) = (
      PageTokens(file.tokenizer), Array(repeating: SurprisalReader(InferenceModel(file.model)), count: models)
    )
    for (index, line) in text.enumerated() {
      for token in try tokens.append(line, number: index + 1) {
        try page.append(token, readers.indices.map { try readers[$0].read(token.token) })
      }
    }
    return page.html(title: "t", models: Array(repeating: "<m>", count: models))
  }

  @Test("Each line has one curve with a step per token, and a page without text has no curve", arguments: [0, 1, 3])
  func curves(lineCount: Int) throws {
    let file = try AnalysisModel.ofWords(["<unk>", "<eos>", "a", "b"])
    let html = try page(Array(repeating: "a b", count: lineCount), file)
    #expect(html.components(separatedBy: "<svg").count == lineCount + 1)
    let paths = html.components(separatedBy: #"<path d=""#).dropFirst().map { $0.prefix { $0 != "\"" } }
    #expect(paths.count == lineCount && paths.allSatisfy { $0.count { $0 == "L" } == 2 && $0.count { $0 == "M" } == 1 })
    #expect(html.contains("Line 1: surprisal per token") == (lineCount > 0))
    #expect(html.contains("No token was predicted.") == (lineCount == 0))
  }

  @Test("Unknown words are hatched with a reason, and the legend is shown only if there are any")
  func unknown() throws {
    let file = try AnalysisModel.ofWords(["<unk>", "<eos>", "a", "b"])
    let html = try page(["a zebra"], file)
    #expect(html.contains(#"title="Not in the vocabulary: read as &lt;unk&gt;""#))
    #expect(html.components(separatedBy: #"<span class="unknown""#).count == 2 && html.contains("hatched"))
    #expect(try !page(["a <unk> b"], file).contains("hatched"))
  }

  @Test("Two models give two columns and two curves, and the difference between equal models is 0")
  func sideBySide() throws {
    let file = try AnalysisModel.ofWords(["<unk>", "<eos>", "a", "b"])
    let html = try page(["a b", "b"], file, models: 2)
    #expect(html.components(separatedBy: #"<div class="text">"#).count == 5)
    #expect(html.components(separatedBy: "<path").count == 5)
    #expect(html.components(separatedBy: "--d:0.00").count == 11 && !html.contains(#"class="less""#))
    #expect(html.contains("lower for 0 of 5 tokens, and on average 0.00 bits"))
    #expect(html.contains("&lt;m&gt; and &lt;m&gt;") && !html.contains("<m>"))
    #expect(try !page(["a b"], file).contains("<fieldset"))
  }

  @Test("A page compares models with different tokens word by word, with the differences in bits")
  func words() throws {
    var page = SurprisalPage()
    let (words, letters) = (
      try AnalysisModel.ofWords(["<unk>", "<eos>", "a", "<b>"]),
      try AnalysisModel.drawn([.lstm(5)], tokens: ["\n", " ", "<", ">", "a", "b"])
    )
    let readers = [words, letters].map { file in
      WordSurprisals(InferenceModel(file.model), tokenizer: file.tokenizer, policy: .reset)
    }
    var text = ComparedWords(readers, policy: .reset)
    var rows = try text.append("a <b>", number: 1) + text.append("", number: 2)
    rows += try text.append("baa", number: 3) + text.finish()
    #expect(rows.map(\.word.text) == ["a", "<b>", "baa"])
    for row in rows { try page.append(row.word, row.surprisals) }
    let html = page.html(title: "t", models: ["m", "n"])
    #expect(page.summary.hasPrefix("3 words · ") && page.summary.hasSuffix(" · 1 and 0 unknown"))
    #expect(html.contains("&lt;b&gt;</span>") && !html.contains("<b></span>"))
    let (first, second) = (rows[0].surprisals[0]?.bits ?? .nan, rows[0].surprisals[1]?.bits ?? .nan)
    let strength = min(1, abs(second - first) / 3)
    #expect(html.contains("--d:\(Int((100 * strength).rounded()) == 100 ? "1.00" : "0.")"))
    #expect(html.contains("one in a million") && html.contains("surprisal per token") == true)
  }
}
