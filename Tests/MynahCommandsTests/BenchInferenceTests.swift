import Foundation
import TestSupport
import Testing

@Suite("mynah bench generate and score")
struct BenchInferenceTests {
  private struct Record: Decodable {
    let config, precision: String
    let threads: Int
    let milliseconds, tokensPerSecond, gigaflops, peakMiB, shareOfPeak: Double
  }

  @Test("A measurement is printed as one JSON object with consistent figures", arguments: ["generate", "score"])
  func record(command: String) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let outcome = try tool.run(
      "bench", command, "zaremba-small", "--precision", "int8", "--threads", "1", "--streams", "2", "--json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let record = try JSONDecoder().decode(Record.self, from: Data(outcome.output.utf8))
    #expect(record.config == "zaremba-small" && record.precision == "int8" && record.threads == 1)
    let tokens = command == "generate" ? 2.0 : 2 * 1999
    #expect(abs(record.milliseconds * record.tokensPerSecond / 1e3 / tokens - 1) < 1e-6)
    // Two operations per weight: two layers of 8·200·200 and an output of 10,000 × 200.
    #expect(abs(record.gigaflops * 1e9 / record.tokensPerSecond / (2 * 2_640_000) - 1) < 1e-6)
    #expect(record.peakMiB > 1)
  }

  @Test(
    "Invalid arguments give a one-sentence error that names what was expected",
    arguments: [
      (["none"], "one of ptb, brown"), (["ptb", "--streams", "0"], "a whole number between 1 and"),
      (["ptb", "--precision", "int4"], "one of float32, bfloat16, int8"), ([], "'<preset>'"),
    ])
  func badInput(arguments: [String], expected: String) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let outcome = try tool.run(["bench", "generate"] + arguments)
    #expect(outcome.status == 64 && outcome.isTidy && outcome.errors.contains(expected), "\(outcome.errors)")
  }
}
