import Foundation
import MynahAnalysis
import MynahInference
import MynahModels
import MynahText
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

struct PageTests {
  /// Tokens that could end a tag, an attribute, a script or a line of code, or affect the surrounding text.
  private static let hostile = [
    "<eos>", "<unk>", "</script><script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "a\u{2028}b", "\u{0}",
    "\u{202E}abc", "&amp;", "-->", "]]>", "\u{FFFE}", "\u{FEFF}", "e\u{301}", "👩\u{200D}🚀",
  ]

  private func expectHarmless(_ html: String) {
    for text in ["<script>alert", "<img", "\u{2028}", "\u{0}", "\u{202E}", "\u{FFFE}"] {
      #expect(!html.unicodeScalars.contains(text.unicodeScalars), "\(text.debugDescription)")
    }
    // Besides the data, the page contains only its own script.
    #expect(html.components(separatedBy: "<script").count == html.components(separatedBy: "</script>").count)
    #expect(html.components(separatedBy: "<script>").count == 2)
    for outside in ["http://", "https://", "@import", "url("] {
      #expect(!html.contains(outside), "\(outside)")
    }
    #expect(!html.contains("<!--"))
    #expect(html.contains("default-src 'none'") && html.contains("prefers-color-scheme: dark"))
    #expect(
      html.contains("&lt;/script&gt;") && html.contains("U+2028") && html.contains("␀") && html.contains("U+202E"))
    #expect(html.contains("👩\u{200D}🚀") && html.contains("&amp;amp;"))
  }

  @Test("A surprisal page shows any text or vocabulary without executing any of it")
  func surprisals() throws {
    let file = try AnalysisModel.ofWords(Self.hostile)
    var page = SurprisalPage(file.tokenizer)
    var reader = SurprisalReader(InferenceModel(file.model), alternativeCount: 20)
    for id in file.tokenizer.vocabulary.tokens.indices {
      let beginning = id == 0 ? file.tokenizer.textStartID.map { TextToken.Beginning.after($0) } : nil
      let token = file.tokenizer.shown(TextToken(id: Int32(id), beginning: beginning))
      try page.append(token, [reader.read(token.token)])
    }
    expectHarmless(page.html(title: "<script>alert(2)</script>\u{0}", models: ["\"'<img>"]))
    #expect(page.summary.hasPrefix("14 tokens · ") && page.summary.contains("perplexity"))
  }

  @Test("An activation page shows any text without executing any of it and contains the units' values")
  func activations() throws {
    let file = try AnalysisModel.ofWords(Self.hostile)
    var page = ActivationPage(file.tokenizer, units: [0: [1, 4]])
    var recorder = try ActivationRecorder(file.model, layers: [0], recordingGates: true)
    var expected: [Float] = []
    for id in file.tokenizer.vocabulary.tokens.indices {
      let activations = try recorder.read(id: Int32(id))
      expected.append(activations[0][4]["c"] ?? .nan)
      try page.append(file.tokenizer.shown(TextToken(id: Int32(id))), activations)
    }
    let html = try page.html(title: "<script>alert(2)</script>", model: "m")
    expectHarmless(html)
    struct Contents: Decodable {
      struct Entry: Decodable {
        let unit, part: String
        let scale: Float
        let ranks: [String: Double]
        let values: Data
      }
      let entries: [Entry]
    }
    let json = try #require(
      html.components(separatedBy: #"id="data">"#).last?.components(separatedBy: "</script>").first)
    let entries = try JSONDecoder().decode(Contents.self, from: Data(json.utf8)).entries
    #expect(entries.map { $0.unit + $0.part } == ["0:1", "0:4"].flatMap { unit in "hcifgo".map { unit + String($0) } })
    let cell = try #require(entries.first { $0.unit == "0:4" && $0.part == "c" })
    #expect(Set(cell.ranks.keys).isSuperset(of: ["variance", "position"]) && (cell.ranks["variance"] ?? 0) > 0)
    // Brackets close within the tokens that open them, so no token is inside brackets.
    #expect(cell.ranks["quotes"].map { (-1...1).contains($0) } ?? false)
    #expect(cell.ranks["brackets"] == nil)
    #expect(cell.scale == expected.map { abs($0) }.max())
    let values = cell.values.map { Float(Int8(bitPattern: $0)) / 127 * cell.scale }
    #expect(zip(values, expected).allSatisfy { abs($0 - $1) <= cell.scale / 253 } && values.count == 14)
  }

  @Test("Words are shown as in the text, and other tokens as the text that they add")
  func tokens() throws {
    let words = try AnalysisModel.ofWords(["<unk>", "<eos>", "a", "b"]).tokenizer
    var tokens = PageTokens(words)
    let found = try tokens.append(" a  zebra b", number: 1)
    #expect(found.map { $0.text } == ["a", "zebra", "b", "\n"] && found.map { $0.id } == [2, 0, 3, 1])
    #expect(found.map { $0.followsSpace } == [false, true, true, false])
    #expect(found.map { $0.isUnknown } == [false, true, false, false])
    #expect(try tokens.append("", number: 2).map { $0.text } == ["\n"])
    #expect(try tokens.append("<unk>", number: 3)[0].isUnknown == false)

    var bytes = PageTokens(.bytes(ByteTokenizer()))
    let parts = try bytes.append("é", number: 1)
    #expect(parts.count == 3 && parts[1].text == "é" && !parts[0].text.isEmpty && parts[2].text == "\n")
  }

  @Test("An SVG image and a table of hostile tokens are well-formed")
  func maps() throws {
    let vocabulary = try Vocabulary(tokens: Self.hostile + ["a\tb\nc\\"])
    let ids = (0..<Int32(vocabulary.count)).map { $0 }
    let points = PointSet(count: ids.count, width: 2, ids.flatMap { [cos(Double($0)), sin(Double($0))] })
    let map = TokenMap(ids, of: vocabulary, at: points, caption: "<script>alert(1)</script> & more")
    let svg = map.svg
    #expect(!svg.contains("<script") && !svg.contains("<img") && !svg.unicodeScalars.contains("\u{0}"))
    #expect(XMLParser(data: Data(svg.utf8)).parse())
    #expect(svg.components(separatedBy: "<circle").count == ids.count + 1)
    let lines = map.table.split(separator: "\n")
    #expect(lines.count == ids.count + 1 && lines.allSatisfy { $0.split(separator: "\t").count == 3 })
    #expect(lines.last?.hasPrefix(#"a\tb\nc\\"#) ?? false)
  }

  @Test("A map page shows any vocabulary without executing it and contains each token's position, cluster and count")
  func mapPage() throws {
    let vocabulary = try Vocabulary(tokens: Self.hostile + ["<!--<script>"])
    let ids = (0..<Int32(vocabulary.count)).map { $0 }
    let points = PointSet(count: ids.count, width: 2, ids.flatMap { [cos(Double($0)), sin(Double($0))] })
    let map = TokenMap(
      ids, of: vocabulary, at: points,
      caption: "</script><script>alert(1)</script>\u{2028}\u{0}\u{202E}&amp;👩\u{200D}🚀",
      clusters: ids.map { Int($0) % 3 }, counts: ids.map { 20 - Int($0) }, highlighted: [3])
    let html = try map.html()
    expectHarmless(html)
    struct Contents: Decodable {
      struct Token: Decodable {
        let text: String
        let x, y: Double
        let cluster, count: Int
        let isHighlighted: Bool
      }
      let tokens: [Token]
    }
    let json = try #require(
      html.components(separatedBy: #"id="data">"#).last?.components(separatedBy: "</script>").first)
    let tokens = try JSONDecoder().decode(Contents.self, from: Data(json.utf8)).tokens
    #expect(tokens.count == ids.count && tokens[2].text == Self.hostile[2] && tokens[5].text == "␀")
    #expect(tokens.map(\.cluster) == ids.map { Int($0) % 3 } && tokens.map(\.count) == ids.map { 20 - Int($0) })
    #expect(tokens.filter(\.isHighlighted).map(\.text) == [Self.hostile[3]])
    #expect(tokens.allSatisfy { (0...1).contains($0.x) && (0...1).contains($0.y) })
    // The largest y is at the top.
    #expect(tokens.map(\.y).min() == tokens[14].y && tokens[14].y < 0.02)
  }

  @Test("Highlighted tokens in a map always have labels and are drawn above the others")
  func highlighted() throws {
    let vocabulary = try Vocabulary(tokens: (0..<50).map { "token\($0)" })
    let ids = (0..<Int32(50)).map { $0 }
    let points = PointSet(count: 50, width: 2, ids.flatMap { [Double($0) / 1000, 0] })
    let svg = TokenMap(ids, of: vocabulary, at: points, caption: "c", highlighted: [49]).svg
    #expect(svg.components(separatedBy: #"class="highlighted""#).count == 2)
    let last = try #require(svg.components(separatedBy: "<g").last)
    #expect(last.hasPrefix(#" class="highlighted"><title>token49</title>"#) && last.contains(">token49</text>"))
  }

  @Test("Maps of no tokens, one token and tokens at the same point can be drawn", arguments: [0, 1, 5])
  func smallMaps(count: Int) throws {
    let vocabulary = try Vocabulary(tokens: (0..<5).map { "t\($0)" })
    let map = TokenMap(
      (0..<Int32(count)).map { $0 }, of: vocabulary,
      at: PointSet(count: count, width: 2, Array(repeating: 3, count: 2 * count)), caption: "c")
    #expect(XMLParser(data: Data(map.svg.utf8)).parse() && !map.svg.contains("nan"))
    #expect(try map.html().components(separatedBy: #""isHighlighted":false"#).count == count + 1)
  }
}

extension AnyTokenizer {
  /// A token with its text in the vocabulary, independent of any context.
  fileprivate func shown(_ token: TextToken) -> PageToken {
    PageToken(token: token, text: vocabulary[token.id], followsSpace: true)
  }
}
