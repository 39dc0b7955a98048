import Foundation
import MynahModels
import MynahText
import TestSupport
import Testing

@Suite("mynah map, activations and surprisal")
struct LookCommandTests {
  private func tool() throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try TinyModel.drawn(tokens: ["<unk>", "<eos>", "a", "b", "<script>"]).write(to: tool.path("m"))
    try tool.write("a b\n\n<script> a zebra\n", to: "text")
    return tool
  }

  private func objects(_ outcome: CommandLineTool.Outcome) throws -> [[String: Any]] {
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try outcome.output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test("A map is printed, or written as a table, an image, a page or a projector folder", arguments: ["tsne", "pca"])
  func map(method: String) throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let table = try tool.run("map", "m", "--method", method, "--count", "4").output
    #expect(table.split(separator: "\n").map { $0.split(separator: "\t").count } == [3, 3, 3, 3, 3])
    #expect(table.hasPrefix("token\tx\ty\n<unk>\t"))
    let printed = try objects(tool.run("map", "m", "--method", method, "--count", "4", "--json"))
    #expect(printed.count == 4 && printed[2]["text"] as? String == "a" && printed[2]["x"] is Double)
    for (name, file) in [
      ("t.tsv", "t.tsv"), ("t.svg", "t.svg"), ("t.html", "t.html"), ("folder", "folder/projector_config.pbtxt"),
    ] {
      let arguments = ["map", "m", "--method", method, "--count", "4", "--output", name]
      #expect(try tool.run(arguments).status == 0 && tool.exists(file))
      #expect(try tool.run(arguments).status == 73)
      #expect(try tool.run(arguments + ["--json", "--overwrite"]).status == 0)
    }
    #expect(try String(decoding: tool.bytes("t.tsv"), as: UTF8.self) == table)
    #expect(try String(decoding: tool.bytes("folder/embedding.tsv"), as: UTF8.self).split(separator: "\n").count == 4)
    #expect(try String(decoding: tool.bytes("folder/\(method).tsv"), as: UTF8.self).split(separator: "\n").count == 4)
    let frequent = try tool.run("map", "m", "--method", method, "--count", "2", "--text", "text").output
    #expect(frequent.split(separator: "\n").dropFirst().map { $0.prefix { $0 != "\t" } } == ["<eos>", "a"])
  }

  @Test("Highlighted words are always on the map, whatever its size, in images and on pages")
  func highlight() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    for name in ["t.svg", "t.HTML"] {
      let arguments = ["map", "m", "--method", "pca", "--count", "1", "--output", name]
      let outcome = try tool.run(arguments + ["--highlight", "a b", "--highlight", "<script>"])
      #expect(outcome.status == 0 && outcome.output.hasPrefix("\(name): 4 tokens"), "\(outcome)")
      let file = try String(decoding: tool.bytes(name), as: UTF8.self)
      let mark = name == "t.svg" ? #"class="highlighted""# : #""isHighlighted":true"#
      #expect(file.components(separatedBy: mark).count == 4 && !file.contains("<title><script>"))
    }
    let counted = ["map", "m", "--method", "pca", "--text", "text", "--count", "2", "--output", "n.html"]
    #expect(try tool.run(counted + ["--highlight", "b"]).status == 0)
    let page = try String(decoding: tool.bytes("n.html"), as: UTF8.self)
    #expect(page.contains(#""count":3"#) && page.contains(#""count":1"#) && page.contains(#""cluster":0"#))
    let unknown = try tool.run("map", "m", "--output", "u.html", "--highlight", "a zebra")
    #expect(unknown.status == 65 && unknown.isTidy && unknown.errors.contains("'zebra'"), "\(unknown.errors)")
    #expect(!tool.exists("u.html"))
  }

  @Test("A page compares two models by token, or by word if their tokens differ")
  func compare() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try TinyModel.drawn(tokens: ["<unk>", "<eos>", "a", "b", "<script>"], bound: 1).write(to: tool.path("n"))
    try TinyModel.filled(with: 0, .bytes(ByteTokenizer())).write(to: tool.path("bytes"))
    let tokens = try tool.run("surprisal", "m", "text", "--html", "p.html", "--compare", "n")
    #expect(tokens.status == 0 && tokens.output.hasPrefix("p.html: 8 tokens · "), "\(tokens)")
    let page = try String(decoding: tool.bytes("p.html"), as: UTF8.self)
    #expect(page.contains("of 8 tokens, and on average") && page.contains("m and n") && page.contains("--d:"))
    let words = try tool.run("surprisal", "m", "text", "--html", "w.html", "--compare", "bytes")
    #expect(words.status == 0 && words.output.hasPrefix("w.html: 5 words · "), "\(words)")
    // Each byte has a surprisal of 8 bits: "a ", "b\n", "<script> ", "a ", "zebra\n".
    #expect(words.output.contains(" and 33.60 bits per word"))
    #expect(words.output.hasSuffix("1 and 0 unknown\n"))
    let refused = try tool.run("surprisal", "m", "text", "--html", "x", "--compare", "bytes", "--alternatives", "2")
    #expect(refused.status == 64 && refused.isTidy && !tool.exists("x"), "\(refused.errors)")
  }

  @Test("Activations are printed for units, with or without gates, and for layers")
  func activations() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let units = try objects(tool.run("activations", "m", "text", "--unit", "0:3", "--unit", "0:1", "--gates", "--json"))
    #expect(units.map { $0["token"] as? String } == ["a", "b", "<eos>", "<eos>", "<script>", "a", "<unk>", "<eos>"])
    #expect(units.map { $0["line"] as? Int } == [1, 1, 1, 2, 3, 3, 3, 3])
    let first = try #require(units[0]["units"] as? [[String: Any]])
    #expect(first.map { $0["unit"] as? Int } == [3, 1])
    #expect(Set(first[0].keys) == ["layer", "unit", "h", "c", "i", "f", "g", "o"])
    let layers = try objects(tool.run("activations", "m", "text", "--layer", "0", "--json"))
    let layer = try #require((layers[0]["layers"] as? [[String: Any]])?.first)
    let hidden = try #require(layer["h"] as? [Double])
    #expect(hidden.count == 5 && hidden[3] == first[0]["h"] as? Double && layer["i"] == nil)
    let table = try tool.run("activations", "m", "text", "--unit", "0:3").output
    #expect(table.hasPrefix("token\t0:3.h\t0:3.c\na\t") && table.split(separator: "\n").count == 9)
    #expect(try tool.run("activations", "m", "text").output.hasPrefix("token\t0:0.h\t0:0.c\t0:1.h"))
  }

  @Test("Existing pages are replaced only with --overwrite", arguments: ["activations", "surprisal"])
  func pages(command: String) throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let outcome = try tool.run(command, "m", "text", "--html", "p.html")
    #expect(outcome.status == 0 && outcome.output.hasPrefix("p.html: 8 tokens"), "\(outcome)")
    let page = try String(decoding: tool.bytes("p.html"), as: UTF8.self)
    #expect(page.contains("zebra") && page.contains("&lt;script&gt;") && page.hasPrefix("<!DOCTYPE html>"))
    #expect(try tool.run(command, "m", "text", "--html", "p.html").status == 73)
    let again = try tool.run(command, "m", "text", "--html", "p.html", "--overwrite", "--json")
    #expect(try objects(again).count == 8)
    #expect(try String(decoding: tool.bytes("p.html"), as: UTF8.self) == page)
  }

  @Test("Surprisals add up to the log-probability printed by mynah score")
  func surprisal() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let found = try objects(tool.run("surprisal", "m", "text", "--json", "--alternatives", "2"))
    let scored = try objects(tool.run("score", "m", "text", "--state", "carry", "--json"))
    let nats = scored.compactMap { $0["line"] == nil ? $0["logProbability"] as? Double : nil }.first ?? .nan
    let bits = found.compactMap { $0["bits"] as? Double }
    #expect(bits.count == 8 && abs(bits.reduce(0, +) * log(2) + nats) < 1e-6 * abs(nats))
    #expect(found.allSatisfy { ($0["alternatives"] as? [Any])?.count == 2 })
    #expect(found.map { $0["isUnknown"] as? Bool } == [false, false, false, false, false, false, true, false])
    let words = try tool.run("surprisal", "m", "text").output
    #expect(words.split(separator: "\n").count == 8)
  }

  @Test(
    "Invalid arguments and files cause an error, and no file is written",
    arguments: [
      (["map", "nothing"], Int32(66), "nothing"), (["map", "m", "--method", "umap"], 64, "tsne"),
      (["map", "m", "--perplexity", "9"], 65, "9.0 neighbours"), (["map", "m", "--perplexity", "nan"], 64, "number"),
      (["map", "m", "--method", "pca", "--perplexity", "2"], 64, "tsne"),
      (["map", "m", "--overwrite"], 64, "--output"),
      (["map", "m", "--output", "no/where.svg"], 73, "no/where.svg"), (["map", "m", "--text", "none"], 66, "none"),
      (["map", "m", "--output", "text"], 73, "text"),
      (["map", "m", "--output", "no/where.html"], 73, "no/where.html"),
      (["surprisal", "m", "text", "--html", "x.html", "--compare", "none"], 66, "none"),
      (["activations", "m", "text", "--unit", "1:0"], 65, "layer from 0 to 0"),
      (["activations", "m", "text", "--unit", "0:5"], 65, "unit from 0 to 4"),
      (["activations", "m", "text", "--unit", "5"], 64, "layer:unit"),
      (["activations", "m", "text", "--unit", "0:1", "--layer", "0"], 64, "--layer has no effect with --unit"),
      (["activations", "m", "none"], 66, "none"), (["activations", "m", "text", "--html", ""], 64, "--html"),
      (["surprisal", "m", "text", "--html", "no/where.html"], 73, "no/where.html"),
      (["surprisal", "m", "bad"], 65, "line 2"), (["surprisal", "m", "text", "--overwrite"], 64, "--html"),
    ])
  func badInput(arguments: [String], status: Int32, sentence: String) throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.folder.write(Array("a\n".utf8) + [0xFF], to: "bad")
    let before = try tool.files()
    let outcome = try tool.run(arguments)
    #expect(outcome.status == status && outcome.errors.contains(sentence), "\(outcome.errors)")
    #expect(outcome.isTidy, "\(outcome.errors)")
    #expect(try tool.files() == before)
  }
}
