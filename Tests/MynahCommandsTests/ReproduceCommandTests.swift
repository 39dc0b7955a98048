import Foundation
import MynahTraining
import TestSupport
import Testing

struct ReproduceCommandTests {
  /// The figures of a dry run, none of which depends on the seed, except `untrainedLoss` slightly.
  private struct Figures: Decodable, Equatable {
    let vocabularySize, trainingTokenCount, batchesPerEpoch, parameterCount: Int
    let trainingIDsSHA256: String
    let firstInputIDs: [Int32]
    let untrainedLoss, estimatedSeconds: Double
  }

  private func dryRun(_ recipe: String, _ dataSet: String) throws -> Figures {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let outcome = try tool.run(["reproduce", recipe, "--data", TestData.path(dataSet), "--dry-run", "--json"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try JSONDecoder().decode(Figures.self, from: Data(outcome.output.utf8))
  }

  @Test(
    "A dry run of ptb prints the benchmark's figures",
    .enabled(if: TestData.isExpected("ptb"), "\(TestData.reason("ptb"))"))
  func pennTreebank() throws {
    let figures = try dryRun("ptb", "ptb")
    #expect(figures.vocabularySize == 10_000 && figures.trainingTokenCount == 929_589)
    #expect(figures.batchesPerEpoch == 774 && figures.parameterCount == 3_955_088)
    #expect(figures.trainingIDsSHA256 == "13ceaa94f7754f019f361799bfe0af70af87d2d5d704777713f8c47abbd875bf")
    #expect(
      figures.firstInputIDs == [
        9970, 9971, 9972, 9974, 9975, 9976, 9980, 9981, 9982, 9983, 9984, 9986, 9987, 9988, 9989, 9991, 9992, 9993,
        9994, 9995, 9996, 9997, 9998, 9999, 2, 9256, 1, 3, 72, 393,
      ])
    #expect(abs(figures.untrainedLoss - log(10_000)) < 0.01 && figures.estimatedSeconds > 1)
  }

  @Test(
    "A dry run of shakespeare prints the expected figures",
    .enabled(if: TestData.isExpected("tinyshakespeare"), "\(TestData.reason("tinyshakespeare"))"))
  func shakespeare() throws {
    let figures = try dryRun("shakespeare", "tinyshakespeare")
    #expect(figures.vocabularySize == 67 && figures.trainingTokenCount == 1_003_854)
    #expect(figures.batchesPerEpoch == 156 && figures.parameterCount == 5_332_803)
    #expect(figures.firstInputIDs.prefix(8) == [20, 49, 58, 59, 60, 3, 17, 49])
    #expect(abs(figures.untrainedLoss - 4.2047) < 0.01)
  }

  @Test(
    "A dry run of brown prints the expected figures",
    .enabled(if: TestData.isExpected("brown"), "\(TestData.reason("brown"))"))
  func brown() throws {
    let figures = try dryRun("brown", "brown")
    #expect(figures.vocabularySize == 10_000 && figures.trainingTokenCount == 969_950)
    #expect(figures.batchesPerEpoch == 388)
    #expect(figures.trainingIDsSHA256 == "cf2d089a905259950f2aafd6fbd616f6b14726c71f2d66d7133309c0c2395a10")
    #expect(figures.firstInputIDs.prefix(8) == [0, 304, 657, 434, 0, 7, 42, 213])
  }

  @Test("The toy recipe needs no data, prints its epochs and its verdict, and writes a usable model")
  func toy() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let outcome = try tool.run("reproduce", "toy", "--output", "toy.safetensors")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 22 && lines.last == "toy: reproduced")
    let generated = try tool.run("generate", "toy.safetensors", "The", "--length", "6", "--temperature", "0")
    #expect(generated.output.contains("lamb was white as snow ."), "\(generated.output)\(generated.errors)")
  }

  @Test("A recipe writes the same logs as any training run")
  func logs() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let outcome = try tool.run(
      "reproduce", "toy", "--epochs", "2", "--log-json", "log", "--tensorboard", "board", "--metrics", "top2")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = String(decoding: try tool.bytes("log"), as: UTF8.self).split(separator: "\n")
    // The start of the run, 7 steps and the end of each epoch, and the end of the run.
    #expect(lines.count == 1 + 2 * 8 + 1)
    #expect(try FileManager.default.contentsOfDirectory(atPath: tool.path("board")).count >= 3)
  }

  @Test("A run that is stopped early and resumed produces the same file")
  func resumes() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    #expect(try tool.run("reproduce", "toy", "--output", "whole").status == 0)
    #expect(try tool.run("reproduce", "toy", "--output", "parts", "--epochs", "7").status == 0)
    let rest = try tool.run("reproduce", "toy", "--output", "parts", "--resume", "--json")
    #expect(rest.status == 0 && rest.output.contains(#""verdict":"reproduced""#), "\(rest.errors)")
    #expect(try tool.bytes("parts") == tool.bytes("whole"))
  }

  @Test("Wrong data, missing data and an unknown recipe cause different errors")
  func badInput() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    for name in ["train", "valid", "test"] { try tool.write("a b a c\nb a\n", to: name + ".txt") }
    for (arguments, status, sentence) in [
      (["ptb", "--data", "."], Int32(65), "are not those of the recipe ptb"),
      (["ptb", "--data", "nowhere"], 66, "nowhere"),
      (["ptb"], 64, "mynah data get ptb"),
      (["plays", "--data", "."], 64, "expected one of ptb, padded, shakespeare"),
      (["toy", "--epochs", "21"], 64, "between 1 and 20"),
      (["toy", "--resume"], 64, "--output"),
    ] {
      let outcome = try tool.run(["reproduce"] + arguments)
      #expect(outcome.status == status && outcome.isTidy || status == 64, "\(arguments) \(outcome.errors)")
      #expect(outcome.errors.contains(sentence), "\(arguments) \(outcome.errors)")
    }
  }
}
