import Foundation
import MynahInference
import MynahModels
import MynahText
import TestSupport
import Testing

@Suite("Progress reports")
struct TextProgressTests {
  private struct Stop: Error {}

  private static let text = String(repeating: "a b c\nb a\n\nc c a b\n", count: 150)
  private let tokenizer: AnyTokenizer
  private let model: LanguageModel

  init() throws {
    let small = try FiveTokenModel()
    (tokenizer, model) = (small.tokenizer, small.model)
  }

  /// Predictors that read different numbers of tokens at a time.
  private var predictors: [any Predictor] {
    let network = NeuralPredictor(InferenceModel(model))
    let dynamic = DynamicPredictor(model, settings: DynamicSettings(learningRate: 0.01))
    return [network, CachePredictor(network), dynamic, CachePredictor(dynamic), MixturePredictor([network, dynamic])]
  }

  private func expectAscending(_ shares: [Double], sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(shares.count > 1, sourceLocation: sourceLocation)
    #expect(shares.allSatisfy { (0...1).contains($0) }, sourceLocation: sourceLocation)
    #expect(zip(shares, shares.dropFirst()).allSatisfy { $0 <= $1 }, sourceLocation: sourceLocation)
  }

  @Test("Measuring perplexity reports token counts and progress up to 1, and an error ends it")
  func perplexity() throws {
    let count = try tokenizer.encode(Self.text).ids.count
    for predictor in predictors {
      var reports: [TextProgress] = []
      let reported = try predictor.perplexity(of: Self.text, tokenizer: tokenizer) { reports.append($0) }
      expectAscending(reports.map(\.share))
      #expect(reports.last == TextProgress(tokenCount: count, share: 1))
      #expect(reports.map(\.tokenCount).max() == count && reports[0].tokenCount == predictor.scoringLength)
      #expect(try predictor.perplexity(of: Self.text, tokenizer: tokenizer) == reported)
      #expect(throws: Stop.self) {
        try predictor.perplexity(of: Self.text, tokenizer: tokenizer) { _ in throw Stop() }
      }
    }
    #expect(predictors.map(\.scoringLength) == [1024, 1024, 80, 80, 80])
  }

  @Test("The perplexity does not depend on the length of the pieces")
  func pieces() throws {
    let ids = try tokenizer.encode(Self.text).ids
    let start = try #require(tokenizer.textStartID)
    for var predictor in predictors {
      let report = try predictor.perplexity(of: Self.text, tokenizer: tokenizer)
      try predictor.read([start])
      let nats = -(try predictor.score(ids).reduce(0, +))
      #expect(abs(report.loss.nats - nats) < 1e-3 * nats)
    }
  }

  @Test("Tuning weights, gradient statistics and model measurements report progress up to 1")
  func others() throws {
    var shares: [Double] = []
    _ = try MixturePredictor.tunedWeights(of: predictors, on: Self.text, tokenizer: tokenizer) {
      shares.append($0.share)
    }
    expectAscending(shares)
    #expect(shares.last == 1)
    shares = []
    let ids = try tokenizer.encode(Self.text).ids
    _ = try GradientStatistics(of: model, on: ids) { shares.append($0.share) }
    expectAscending(shares)
    #expect(shares.last == 1)
    for text in [Self.text, Self.text + "a b"] {
      var reports: [TextProgress] = []
      _ = try ModelMeasurement(of: text, predictors[0], tokenizer: tokenizer, policy: .carry) { reports.append($0) }
      expectAscending(reports.map(\.share))
      #expect(reports.last == TextProgress(tokenCount: try tokenizer.encode(text).ids.count, share: 1))
    }
  }

  @Test("Counting, smoothing and writing n-grams report their stages in order")
  func ngrams() throws {
    var reports: [NGramProgress] = []
    let text = (0..<40_000).map { "\($0 / 3 % 9_973)\(($0 * $0) % 13 == 0 ? "\n" : " ")" }.joined()
    let words = AnyTokenizer.word(WordTokenizer(training: text, minimumCount: 1))
    let model = try NGramModel(
      counting: words.encode(text).ids, tokenizer: words, order: 3, fallback: .fallback
    ) { reports.append($0) }
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try model.write(arpa: folder.path + "/g") { reports.append($0) }
    for stage in [NGramProgress.Stage.counting, .smoothing, .writing] {
      expectAscending(reports.filter { $0.stage == stage }.map(\.share))
    }
    let stages = reports.map(\.stage)
    #expect(stages == stages.sorted { $0.rawValue < $1.rawValue })
    #expect(throws: Stop.self) { try model.write(arpa: folder.path + "/h") { _ in throw Stop() } }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/h"))
  }
}
