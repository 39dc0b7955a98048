import Foundation
import MynahModels
import TestSupport
import Testing

@Suite("Standard input, given as -")
struct PipeTests {
  private func tool() throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try TinyModel.drawn(tokens: ["<unk>", "<eos>", "a", "b", "The", "the"], bound: 1).write(to: tool.path("m"))
    try tool.write("a b the\nb a a the b a\n", to: "text")
    return tool
  }

  @Test(
    "Every command that reads a text accepts - for standard input",
    arguments: [
      "evaluate m text", "score m text", "score m text --json", "surprisal m text --tsv", "complete m --simulate text",
      "activations m text --json", "compare m m -- text", "ngram text --order 2 --output grams --overwrite",
      "map m --text text --output map --overwrite --json", "generate m a --seed 1 --length 5 --copied-from text",
      "evaluate m text --mix m --tune-weights text",
    ])
  func dash(command: String) throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let arguments = command.split(separator: " ").map(String.init)
    // Replaces only the last occurrence of the text, since standard input can be read only once.
    var piped = arguments
    piped[try #require(arguments.lastIndex(of: "text"))] = "-"
    let timeless = { (output: String) in
      output.split(separator: "\n").filter { !$0.contains("keystroke") && !$0.contains("tokens/s") }
        .joined(separator: "\n").replacing("text", with: "-")
    }
    let (file, pipe) = (try tool.run(arguments), try tool.run(piped, input: "text"))
    #expect(file.status == 0, "\(file.errors)")
    #expect(pipe.status == 0, "\(pipe.errors)")
    #expect(timeless(pipe.output) == timeless(file.output))
  }

  @Test("A model can be trained on standard input, but needs --output")
  func training() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    try tool.write(TinyModel.text(tokenCount: 2000), to: "text")
    let flags = TinyModel.flags + ["--epochs", "1"]
    #expect(try tool.run(["train", "text", "--output", "one"] + flags).status == 0)
    let piped = try tool.run(["train", "-", "--output", "two"] + flags, input: "text")
    #expect(piped.status == 0, "\(piped.errors)")
    #expect(try tool.bytes("one") == tool.bytes("two"))
    let nameless = try tool.run(["train", "-"] + flags, input: "text")
    #expect(nameless.status == 64 && nameless.errors.contains("--output"), "\(nameless.errors)")
  }

  @Test("Each line of standard input is a prompt and gives the same text as that prompt alone")
  func prompts() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let flags = ["--seed", "5", "--length", "6"]
    for more in [[], ["--json"], ["--count", "2", "--json"]] {
      let alone = try ["a b the", "b a a the b a"].map { try tool.run(["generate", "m", $0] + flags + more).output }
      let piped = try tool.run(["generate", "m", "-"] + flags + more, input: "text")
      #expect(piped.status == 0 && piped.output == alone.joined(), "\(piped.errors)")
    }
  }

  @Test("--ignore-case matches letters in either case and capitalises the first word of a sentence")
  func ignoringCase() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let complete = { (context: String, prefix: String, more: [String]) in
      try tool.run(["complete", "m", "--context", context, "--prefix", prefix] + more).output
    }
    #expect(try complete("a", "TH", []).hasPrefix("no word starts with"))
    #expect(try complete("a", "TH", ["--ignore-case"]).hasSuffix("  THE\n"))
    #expect(try complete("a", "Th", ["--ignore-case"]).split(separator: "\n").count == 1)
    #expect(try complete("", "th", ["--ignore-case"]).hasSuffix("  The\n"))
    #expect(try complete("a A", "th", ["--ignore-case"]) == complete("a a", "th", ["--ignore-case"]))
  }
}
