import Foundation
import MynahModels
import MynahTensors
import MynahText
import TestSupport
import Testing

@Suite("mynah compare and prune")
struct CompareCommandTests {
  private struct Row: Decodable {
    let model: String
    let parameterCount, tokenCount, unknownCount: Int
    let perplexity, wordPerplexity, bytePerplexity: Double
    let perplexityWithoutUnknown, ratio, ratioLow, ratioHigh: Double?
  }

  private func tool() throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try TinyModel.drawn().write(to: tool.path("m"))
    try TinyModel.drawn(tokens: ["<unk>", "<eos>", "a", "b", "c"], bound: 0.1).write(to: tool.path("other"))
    try tool.write("a b\n\nb a c a\na c\n", to: "text")
    try tool.write("a a a", to: "more")
    return tool
  }

  private func rows(_ outcome: CommandLineTool.Outcome) throws -> [Row] {
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try outcome.output.split(separator: "\n").map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
  }

  @Test("The figures match mynah evaluate, and the other models are compared with the first")
  func figures() throws {
    struct Evaluated: Decodable { let perplexity, wordPerplexity, bytePerplexity: Double }
    let tool = try tool()
    defer { tool.folder.remove() }
    let rows = try rows(tool.run("compare", "m", "other", "m", "--json", "--", "text"))
    #expect(rows.map(\.model) == ["m", "other", "m"] && rows.map(\.unknownCount) == [2, 0, 2])
    for row in rows {
      let text = try tool.run("evaluate", row.model, "text", "--json").output
      let evaluated = try JSONDecoder().decode(Evaluated.self, from: Data(text.utf8))
      #expect(abs(row.perplexity / evaluated.perplexity - 1) < 1e-9)
      #expect(abs(row.wordPerplexity / evaluated.wordPerplexity - 1) < 1e-9)
      #expect(abs(row.bytePerplexity / evaluated.bytePerplexity - 1) < 1e-9)
    }
    #expect(rows[0].ratio == nil && rows[2].ratio == 1 && rows[2].ratioLow == 1 && rows[2].ratioHigh == 1)
    let (ratio, low, high) = (rows[1].ratio ?? 0, rows[1].ratioLow ?? 0, rows[1].ratioHigh ?? 0)
    #expect(abs(ratio - rows[1].wordPerplexity / rows[0].wordPerplexity) < 1e-9 && low <= ratio && ratio <= high)
  }

  @Test("The ensemble's perplexity is that of an equally weighted mixture of the models")
  func ensemble() throws {
    struct Evaluated: Decodable { let perplexity: Double }
    let tool = try tool()
    defer { tool.folder.remove() }
    // The same tokens in another order.
    try TinyModel.drawn(tokens: ["b", "<eos>", "a", "<unk>"], bound: 0.9).write(to: tool.path("turned"))
    let rows = try rows(tool.run("compare", "m", "turned", "--ensemble", "--json", "--", "text"))
    #expect(rows.map(\.model) == ["m", "turned", "ensemble"])
    #expect(rows[2].parameterCount == 2 * rows[0].parameterCount)
    let text = try tool.run("evaluate", "m", "text", "--mix", "turned", "--json").output
    let evaluated = try JSONDecoder().decode(Evaluated.self, from: Data(text.utf8))
    #expect(abs(rows[2].perplexity / evaluated.perplexity - 1) < 1e-9)
    let different = try tool.run("compare", "m", "other", "--ensemble", "--", "text")
    #expect(different.status == 65 && different.errors.contains("'other'"), "\(different.errors)")
  }

  @Test("Tables have one row per model, texts are combined, and notes mention what is not comparable")
  func tables() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let words = try tool.run("compare", "m", "other", "--", "text", "more")
    #expect(words.status == 0 && words.output.split(separator: "\n").count == 3, "\(words.errors)")
    #expect(words.errors.contains("different tokens") && words.errors.contains("<unk>"))
    let tsv = try tool.run("compare", "m", "m", "--tsv", "--", "text")
    #expect(tsv.errors.isEmpty)
    let columns = tsv.output.split(separator: "\n").map { $0.split(separator: "\t").count }
    #expect(columns == [9, 9, 9])
    let markdown = try tool.run("compare", "m", "m", "--markdown", "--", "text").output.split(separator: "\n")
    #expect(markdown.count == 4 && Set(markdown.map(\.count)).count == 1)
  }

  @Test(
    "A single model, missing files, unknown flags and conflicting formats are rejected",
    arguments: [
      ("m -- text", 64, "two models"), ("m other text", 64, "--"), ("m other --json --tsv -- text", 64, "--tsv"),
      ("m none -- text", 66, "none"), ("m other -- none", 66, "none"),
      ("m other --tvs -- text", 64, "Unknown option '--tvs'"),
    ])
  func refused(arguments: String, status: Int32, sentence: String) throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let outcome = try tool.run(["compare"] + arguments.split(separator: " ").map { String($0) })
    #expect(outcome.status == status && outcome.errors.contains(sentence), "\(outcome.errors)")
  }

  @Test("Pruning keeps the first tokens, or the most frequent ones in a text, with their weights")
  func pruned() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let outcome = try tool.run("prune", "other", "--vocabulary", "3", "--output", "small")
    #expect(outcome.status == 0 && outcome.output.contains("3 of 5 tokens"), "\(outcome.errors)")
    let (before, after) = (
      try ModelFile(contentsOf: tool.path("other")), try ModelFile(contentsOf: tool.path("small"))
    )
    #expect(after.tokenizer.vocabulary.tokens == ["<unk>", "<eos>", "a"])
    #expect(
      after.model.embedding.weight.value.elements
        == Array(before.model.embedding.weight.value.elements.prefix(9)))
    try tool.write("c c c b\n", to: "counts")
    #expect(try tool.run("prune", "other", "--vocabulary", "4", "--text", "counts").status == 0)
    let counted = try ModelFile(contentsOf: tool.path("other-pruned.safetensors"))
    #expect(counted.tokenizer.vocabulary.tokens == ["<unk>", "<eos>", "b", "c"])
    #expect(try tool.run("evaluate", "small", "text").status == 0)
  }

  @Test(
    "Pruning rejects a vocabulary that is not smaller, an existing output file and a quantised model",
    arguments: [
      ("other --vocabulary 5", 64, "smaller"), ("other --vocabulary 3 --output m", 73, "--overwrite"),
      ("rounded --vocabulary 3", 65, "int8"), ("bytes --vocabulary 3", 64, "<unk>"),
    ])
  func notPruned(arguments: String, status: Int32, sentence: String) throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    #expect(try tool.run("quantize", "other", "--output", "rounded").status == 0)
    try TinyModel.filled(with: 0, .bytes(ByteTokenizer())).write(to: tool.path("bytes"))
    let outcome = try tool.run(["prune"] + arguments.split(separator: " ").map { String($0) })
    #expect(outcome.status == status && outcome.errors.contains(sentence), "\(outcome.errors)")
  }
}
