import Foundation
import MynahModels
import MynahTensors
import MynahText
import TestSupport
import Testing

@Suite("Commands read a text with the same state policy and tokens as training")
struct StatePolicyCommandTests {
  private static let code = (0..<60).map { index in
    "def f\(index % 9)(x):\n    if x:\n        return \(index % 7)\n"
      + "    else:\n        y = x + \(index % 5)\n        return y\n\n\n"
  }.joined()

  private func object(_ outcome: CommandLineTool.Outcome) throws -> [String: Any] {
    #expect(outcome.status == 0, "\(outcome.errors)")
    let line = try #require(outcome.output.split(separator: "\n").last)
    return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }

  private func corpus() throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try FileManager.default.createDirectory(atPath: tool.path("d"), withIntermediateDirectories: false)
    let (training, validation) = (TinyModel.text(tokenCount: 3000), TinyModel.text(tokenCount: 700, seed: 9))
    try tool.write(training, to: "d/train.txt")
    // The last line has no line end.
    try tool.write(String(validation.dropLast()), to: "d/valid.txt")
    try tool.write(TinyModel.text(tokenCount: 500, seed: 5), to: "d/test.txt")
    return tool
  }

  @Test(
    "Training, evaluation and scoring give the same perplexities",
    arguments: ["contiguous", "windows", "documents"], ["word", "character", "byte"])
  func validation(rows: String, level: String) throws {
    let tool = try corpus()
    defer { tool.folder.remove() }
    let flags = [
      "--batching", rows, "--tokenizer", level, "--hidden", "16", "--embedding", "8", "--batch", "6",
      "--sequence-length", "7",
    ]
    let trained = try object(tool.run(["train", "d", "--output", "m", "--epochs", "1", "--json"] + flags))
    let policy = ["contiguous": "carry", "windows": "windows", "documents": "reset"][rows]
    for (name, key) in [("valid", "validation"), ("test", "test")] {
      let evaluated = try object(tool.run("evaluate", "m", "d/\(name).txt", "--json"))
      let (own, other) = try (
        #require(evaluated["perplexity"] as? Double), #require(trained[key] as? Double)
      )
      #expect(abs(own / other - 1) < 1e-5, "\(key): \(other), evaluate: \(own)")
      #expect(evaluated["state"] as? String == policy)
      let scored = try object(tool.run("score", "m", "d/\(name).txt", "--json"))
      let scoredPerplexity = try #require(scored["perplexity"] as? Double)
      #expect(abs(scoredPerplexity / own - 1) < 1e-6)
      #expect(scored["tokenCount"] as? Int == evaluated["targetCount"] as? Int)
    }
  }

  @Test("--state overrides the model file's policy in every command")
  func override() throws {
    let tool = try corpus()
    defer { tool.folder.remove() }
    var file = try TinyModel.drawn(tokens: ["<unk>", "<eos>", "a", "b"], bound: 2)
    try file.write(to: tool.path("carry"))
    file.statePolicy = .reset
    try file.write(to: tool.path("reset"))
    try tool.write("a b b\nb a\n\na a b\n", to: "text")
    let commands = [
      ["evaluate", "M", "text", "--json"], ["score", "M", "text", "--json"], ["surprisal", "M", "text", "--json"],
      ["activations", "M", "text", "--json"], ["generate", "M", "a b\nb", "--seed", "3", "--length", "60", "--json"],
      ["generate", "M", "a b\nb", "--beams", "2", "--length", "9", "--json"],
      ["complete", "M", "--context", "a b\nb ", "--json"],
    ]
    func output(_ command: [String], _ model: String, _ state: String?) throws -> String {
      let outcome = try tool.run(command.map { $0 == "M" ? model : $0 } + (state.map { ["--state", $0] } ?? []))
      #expect(outcome.status == 0, "\(outcome.errors)")
      return outcome.output
    }
    for command in commands {
      let (carried, reset) = try (output(command, "carry", nil), output(command, "reset", nil))
      #expect(carried != reset, "\(command)")
      #expect(
        try output(command, "reset", "carry") == carried && output(command, "carry", "reset") == reset, "\(command)")
      #expect(try output(command, "carry", "documents") == output(command, "reset", "documents"))
    }
  }

  @Test("A model trained on separate lines generates every line like the first")
  func lines() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(tokenCount: 1500), to: "text.txt")
    let trained = try tool.run(
      "train", "text.txt", "--output", "m", "--batching", "documents", "--epochs", "1", "--hidden", "12", "--embedding",
      "8",
      "--seed", "3", "--sample-every-epoch", "12")
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(try ModelFile(contentsOf: tool.path("m")).statePolicy == .reset)
    #expect(try tool.run("inspect", "m").output.contains("Its state is reset at each line."))
    // After a reset, greedy decoding always generates the same line.
    let greedy = try tool.run("generate", "m", "--temperature", "0", "--force", "4=<eos>", "--length", "15").output
    let lines = greedy.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count > 2 && lines[1].hasPrefix(lines[0]), "\(greedy)")
  }

  @Test("Byte pairs across line ends are the same tokens in every command, with or without a leading space")
  func bytePairs() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    try tool.write(Self.code, to: "code.txt")
    let flags = ["--hidden", "8", "--embedding", "8", "--epochs", "1"]
    let trained = try tool.run(
      ["train", "code.txt", "--output", "plain", "--tokenizer", "byte-pair", "--vocabulary", "300"] + flags)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(try tool.run("inspect", "plain", "--tokenizer", "t.json").status == 0)
    let json = try String(decoding: tool.bytes("t.json"), as: UTF8.self)
    let spaced = json.replacing(
      "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false",
      with: "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":true")
    try tool.write(
      spaced == json ? json.replacing("\"add_prefix_space\":false", with: "\"add_prefix_space\":true") : spaced,
      to: "s.json")
    #expect(try tool.run(["train", "code.txt", "--output", "spaced", "--tokenizer", "s.json"] + flags).status == 0)
    for model in ["plain", "spaced"] {
      let evaluated = try object(tool.run("evaluate", model, "code.txt", "--json"))
      let scored = try tool.run("score", model, "code.txt", "--json")
      let summary = try object(scored)
      let (targets, nats) = try (
        #require(evaluated["targetCount"] as? Int), #require(evaluated["nats"] as? Double)
      )
      #expect(summary["tokenCount"] as? Int == targets)
      #expect(abs((summary["logProbability"] as? Double ?? 0) / -nats - 1) < 1e-9)
      #expect(scored.output.split(separator: "\n").count == 60 * 8 + 1)
      for command in ["surprisal", "activations"] {
        let tokens = try tool.run(command, model, "code.txt", "--json").output.split(separator: "\n")
        #expect(tokens.count == targets, "\(command)")
        #expect(tokens[0].contains("\"line\":1,") && !tokens[targets / 2].contains("\"line\":1,"), "\(command)")
      }
      let bits = try tool.run("surprisal", model, "code.txt", "--json").output.split(separator: "\n").map { line in
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return object?["bits"] as? Double ?? .nan
      }
      #expect(abs(bits.reduce(0, +) * log(2) / nats - 1) < 1e-5)
    }
  }

  @Test("Models whose vocabularies have the same words in a different order are mixed by word")
  func mixing() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let tokens = ["<unk>", "<eos>", "a", "b", "c", "d"]
    let order = [3, 5, 0, 2, 4, 1]
    let file = try TinyModel.drawn(tokens: tokens, bound: 1)
    var permuted = try TinyModel.drawn(tokens: order.map { tokens[$0] })
    var parameters = file.model.parameters.map { name, value in
      guard name.hasPrefix("embedding.") || name.hasPrefix("output.") else { return value }
      let width = value.shape.elementCount / tokens.count
      return Tensor(
        shape: value.shape, order.flatMap { value.elements[$0 * width..<($0 + 1) * width] })
    }[...]
    permuted.model.visitParameters(prefix: "") { _, parameter in parameter = Variable(parameters.removeFirst()) }
    try file.write(to: tool.path("m"))
    try permuted.write(to: tool.path("other"))
    try TinyModel.drawn(tokens: tokens, bound: 0.8).write(to: tool.path("base"))
    try tool.write("a b\nc d d\n\nb zebra a\n", to: "text")
    for flags in [["--weights", "0.25,0.75"], ["--tune-weights", "text"], []] {
      let figures = try ["m", "other"].map {
        try #require(
          try object(tool.run(["evaluate", "base", "text", "--json", "--mix", $0] + flags))["nats"] as? Double)
      }
      #expect(abs(figures[0] / figures[1] - 1) < 1e-6, "\(flags)")
    }
    let other = try TinyModel.drawn(tokens: ["<unk>", "<eos>", "a", "b", "c", "x"])
    try other.write(to: tool.path("x"))
    let outcome = try tool.run("evaluate", "base", "text", "--mix", "x")
    #expect(outcome.status == 65 && outcome.lastLine.contains("lacks 1 of the model's tokens and adds 1, such as 'd'"))
  }
}
