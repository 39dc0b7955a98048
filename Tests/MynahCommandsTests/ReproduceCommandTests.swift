import Foundation
import MynahTraining
import TestSupport
import Testing

struct ReproduceCommandTests {
  /// The figures of a dry run that do not depend on the seed, and one that hardly does.
  private struct Figures: Decodable, Equatable {
    let vocabularySize, trainingTokenCount, batchesPerEpoch, parameterCount: Int
    let trainingIDsSHA256: String
    let firstInputIDs: [Int32]
    let untrainedLoss: Double
  }

  @Test(
    "A dry run of ptb tells the benchmark's figures",
    .enabled(if: TestData.isExpected("ptb"), "\(TestData.reason("ptb"))"))
  func dryRun() throws {
    let tool = try CommandLineTool()
    defer { tool.folder.remove() }
    let outcome = try tool.run(["reproduce", "ptb", "--data", TestData.path("ptb"), "--dry-run", "--json"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let figures = try JSONDecoder().decode(Figures.self, from: Data(outcome.output.utf8))
    #expect(figures.vocabularySize == 10_000 && figures.trainingTokenCount == 929_589)
    #expect(figures.batchesPerEpoch == 774 && figures.parameterCount == 3_955_088)
    #expect(figures.trainingIDsSHA256 == "13ceaa94f7754f019f361799bfe0af70af87d2d5d704777713f8c47abbd875bf")
    #expect(
      figures.firstInputIDs == [
        9970, 9971, 9972, 9974, 9975, 9976, 9980, 9981, 9982, 9983, 9984, 9986, 9987, 9988, 9989, 9991, 9992, 9993,
        9994,
        9995, 9996, 9997, 9998, 9999, 2, 9256, 1, 3, 72, 393,
      ])
    #expect(abs(figures.untrainedLoss - log(10_000)) < 0.01)
  }
}
