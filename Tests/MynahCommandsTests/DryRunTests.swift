import Foundation
import TestSupport
import Testing

@Suite("mynah train --dry-run")
struct DryRunTests {
  private struct Figures: Decodable {
    struct Layer: Decodable { let layer: String, parameters: Int }
    let model, tokenizer: String
    let isResumed: Bool
    let trainingTokenCount, validationTokenCount, unknownCount, vocabularySize, embeddingSize: Int
    let layers: [Layer]
    let parameterCount, batchSize, sequenceLength, stepsPerEpoch, epochs, stepCount, runCount, timedStepCount: Int
    let secondsPerStep, estimatedSeconds, estimatedPeakBytes: Double
  }

  private func tool() throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try tool.write(TinyModel.text(tokenCount: 1500), to: "text.txt")
    return tool
  }

  private func figures(_ tool: CommandLineTool, _ arguments: [String], of text: String = "text.txt") throws -> Figures {
    let outcome = try tool.run(["train", text, "--dry-run", "--json"] + arguments)
    #expect(outcome.status == 0 && !outcome.errors.contains("error"), "\(outcome.errors)")
    return try JSONDecoder().decode(Figures.self, from: Data(outcome.output.utf8))
  }

  @Test("It describes the run that the command performs without --dry-run, and writes nothing")
  func sameRun() throws {
    struct Result: Decodable { let parameterCount: Int?, vocabularySize: Int?, event: String? }
    let tool = try tool()
    defer { tool.folder.remove() }
    let files = try tool.files()
    let flags = TinyModel.flags + ["--epochs", "3"]
    let dry = try figures(tool, flags)
    let words = try tool.run(["train", "text.txt", "--dry-run"] + flags)
    #expect(try tool.files() == files)
    #expect(words.status == 0 && !words.output.contains("note: "), "\(words.errors)")
    for part in [
      "text.txt: ", "to learn from", "recurrent.1 (LSTM)", "\(dry.stepsPerEpoch) per epoch",
      "\(dry.stepCount) in 3 epochs", "\(dry.unknownCount) (", "timed step", "MB at the peak",
      "text.safetensors and text.safetensors.training",
    ] { #expect(words.output.contains(part), "\(part): \(words.output)") }
    let made = try tool.run(["train", "text.txt", "--json", "--log-json", "log"] + flags)
    let log = String(decoding: try tool.bytes("log"), as: UTF8.self).split(separator: "\n")
    #expect(dry.stepCount == log.count { $0.contains(#""event":"step""#) } && dry.stepCount == 3 * dry.stepsPerEpoch)
    let result = try JSONDecoder().decode(
      Result.self, from: Data(try #require(made.output.split(separator: "\n").last).utf8))
    #expect(dry.parameterCount == result.parameterCount && dry.vocabularySize == result.vocabularySize)
    #expect(dry.layers.reduce(0) { $0 + $1.parameters } == dry.parameterCount && dry.layers.count == 4)
    #expect(dry.batchSize == 8 && dry.sequenceLength == 8 && dry.epochs == 3 && dry.runCount == 1 && !dry.isResumed)
    #expect(dry.trainingTokenCount > 9 * dry.validationTokenCount / 2)
    #expect(dry.tokenizer == "word" && dry.model == "text.safetensors" && dry.embeddingSize == 8)
  }

  @Test("It estimates the time and the peak memory from a few timed steps")
  func estimates() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    let dry = try figures(tool, TinyModel.flags + ["--epochs", "2000"])
    #expect((1...50).contains(dry.timedStepCount) && dry.secondsPerStep > 0)
    // The estimate also includes validation.
    #expect(dry.estimatedSeconds > dry.secondsPerStep * Double(dry.stepCount))
    #expect(dry.estimatedPeakBytes > 5e6 && dry.estimatedPeakBytes < 1e9)
    let single = try figures(tool, TinyModel.flags + ["--epochs", "1", "--batches-per-update", "1000"])
    #expect(single.stepCount == 1 && single.timedStepCount == 1 && single.estimatedSeconds > 0)
  }

  @Test("It describes the same run for prepared tokens as for their text")
  func preparedTokens() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    #expect(try tool.run("prepare", "text.txt", "--output", "text.tokens", "--tokenizer", "word").status == 0)
    let files = try tool.files()
    let text = try figures(tool, TinyModel.flags)
    let tokens = try figures(tool, Array(TinyModel.flags.dropFirst(2)), of: "text.tokens")
    #expect(tokens.stepCount > 0 && tokens.stepCount == text.stepCount && tokens.stepsPerEpoch == text.stepsPerEpoch)
    #expect(tokens.trainingTokenCount == text.trainingTokenCount)
    #expect(tokens.validationTokenCount == text.validationTokenCount && tokens.unknownCount == text.unknownCount)
    #expect(tokens.vocabularySize == text.vocabularySize && tokens.parameterCount == text.parameterCount)
    #expect(tokens.tokenizer == "word" && tokens.model == "text.safetensors")
    #expect(try tool.files() == files)
  }

  @Test("It works with a resumed run, several seeds and standard input")
  func otherRuns() throws {
    let tool = try tool()
    defer { tool.folder.remove() }
    #expect(try tool.run(["train", "text.txt"] + TinyModel.flags + ["--epochs", "2"]).status == 0)
    let files = try tool.bytes("text.safetensors")
    let ended = try figures(tool, ["--resume"])
    #expect(ended.isResumed && ended.stepCount == 0 && ended.timedStepCount == 0 && ended.estimatedSeconds == 0)
    let more = try figures(tool, ["--resume", "--epochs", "5"])
    #expect(more.stepCount == 3 * more.stepsPerEpoch && more.epochs == 5)
    #expect(try tool.bytes("text.safetensors") == files)
    let exists = try tool.run(["train", "text.txt", "--dry-run"] + TinyModel.flags)
    #expect(exists.status == 73 && exists.lastLine.contains("already exists"), "\(exists.lastLine)")
    #expect(try figures(tool, TinyModel.flags + ["--overwrite"]).stepCount > 0)
    let seeds = try figures(tool, ["--seeds", "1..3", "--output", "n"] + TinyModel.flags.dropLast(2))
    #expect(seeds.runCount == 3 && seeds.model == "n-seed-1")
    let piped = try tool.run(
      ["train", "-", "--dry-run", "--output", "n"] + TinyModel.flags, input: "text.txt")
    #expect(piped.status == 0 && piped.output.contains("steps"), "\(piped.errors)")
    #expect(try tool.files().allSatisfy { !$0.hasPrefix("n") })
  }
}
