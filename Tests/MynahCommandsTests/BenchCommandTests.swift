import Foundation
import MynahTensors
import TestSupport
import Testing

@Suite("mynah bench")
struct BenchCommandTests {
  /// The keys in each line of a measurement's output.
  private struct Record: Decodable {
    let config, precision, instructionSet: String
    let threads: Int
    let parameters: Int?
    let milliseconds, tokensPerSecond, peakMiB, gigaflops, shareOfPeak: Double
    let shareOfBfloat16Peak, bfloat16Gigaflops: Double?
  }

  private static let tiny = [
    "--vocabulary", "50", "--embedding", "8", "--hidden", "9,7", "--batch", "3", "--sequence-length", "4", "--seconds",
    "0.01",
  ]

  @Test("The machine's peak is printed as text or as one JSON object")
  func peak() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let outcome = try tool.run("bench", "peak", "--machine-only", "--json", "--threads", "1")
    let record = try JSONDecoder().decode(Record.self, from: Data(outcome.output.utf8))
    #expect(record.config == "peak" && record.precision == "float32" && record.threads == 1)
    #expect((record.bfloat16Gigaflops ?? 0 > 0) == Precision.bfloat16.isSupported)
    #expect(record.gigaflops > 0 && record.shareOfPeak == 1 && record.peakMiB > 256 && record.milliseconds > 0)
    let words = try tool.run("bench", "peak", "--machine-only")
    #expect(words.status == 0 && words.output.contains("reading 256 MiB"), "\(words.errors)")
  }

  @Test("A training step with custom sizes is measured with SGD and Adam", arguments: ["sgd", "adam"])
  func train(optimizer: String) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let outcome = try tool.run(
      ["bench", "train", "brown", "--optimizer", optimizer, "--threads", "2", "--json"] + Self.tiny)
    let record = try JSONDecoder().decode(Record.self, from: Data(outcome.output.utf8))
    #expect(record.config == "brown" && record.precision == "float32" && record.threads == 2)
    // 12 tokens per step; 4·9·17 + 4·7·16 + 50·7 multiplications per token.
    #expect(abs(record.tokensPerSecond / (12e3 / record.milliseconds) - 1) < 1e-6)
    #expect(abs(record.gigaflops / (record.tokensPerSecond * 6 * 1410 / 1e9) - 1) < 1e-6)
    #expect(record.shareOfPeak > 0 && record.peakMiB > 1)
  }

  @Test("The measurement of a QRNN with windows includes the number of parameters")
  func windows() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let outcome = try tool.run(["bench", "train", "brown", "--window", "2,1", "--json"] + Self.tiny)
    let record = try JSONDecoder().decode(Record.self, from: Data(outcome.output.utf8))
    #expect(record.parameters == 50 * 8 + 27 * 17 + 21 * 10 + 50 * 8)
    #expect(abs(record.gigaflops / (record.tokensPerSecond * 6 * (27 * 16 + 21 * 9 + 50 * 7) / 1e9) - 1) < 1e-6)
  }

  @Test("An unsupported precision falls back to float32 with a warning")
  func precision() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let outcome = try tool.run(["bench", "train", "ptb", "--precision", "bfloat16", "--json"] + Self.tiny)
    let record = try JSONDecoder().decode(Record.self, from: Data(outcome.output.utf8))
    let isSupported = Precision.bfloat16.isSupported
    #expect(record.precision == (isSupported ? "bfloat16" : "float32"))
    #expect((record.shareOfBfloat16Peak ?? 0 > 0) == isSupported)
    #expect(outcome.errors.contains("warning: this machine has no instructions") != isSupported)
  }

  @Test(
    "Invalid arguments cause a one-sentence error with the expected values",
    arguments: [
      ["ptt"], ["ptb", "--precision", "float16"], ["ptb", "--hidden", "0"], ["ptb", "--batch", "0"],
      ["ptb", "--optimizer", "momentum"], ["ptb", "--seconds", "0"],
    ])
  func badFlags(arguments: [String]) throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let outcome = try tool.run(["bench", "train"] + arguments)
    #expect(outcome.status == 64 && outcome.isTidy && outcome.lastLine.contains("expected"), "\(outcome.errors)")
  }
}
