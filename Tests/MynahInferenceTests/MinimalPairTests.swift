import Foundation
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import Testing

@Suite("Minimal pairs")
struct MinimalPairTests {
  private static let tokenizer = AnyTokenizer.word(WordTokenizer(training: "a b c <unk>\n"))

  private static func model() -> InferenceModel {
    var random = RandomSource(seed: 3)
    return InferenceModel(
      LanguageModel(
        LanguageModelConfiguration(vocabulary: tokenizer.vocabulary.count, embedding: 3, layers: [.lstm(4)]),
        using: &random))
  }

  private func score(_ logProbability: Double, unknownCount: Int = 0) -> LineScore {
    var score = LineScore()
    (score.logProbability, score.tokenCount, score.unknownCount) = (logProbability, 3, unknownCount)
    return score
  }

  @Test("A pair is right, wrong or a tie, and a report counts each")
  func outcomes() {
    let pairs = [
      ScoredPair(good: score(-2), bad: score(-3)), ScoredPair(good: score(-3, unknownCount: 1), bad: score(-2)),
      ScoredPair(good: score(-2), bad: score(-2)),
    ]
    #expect(pairs.map(\.outcome) == [.right, .wrong, .tie] && pairs.map(\.difference) == [1, -1, 0])
    #expect(pairs.map(\.isKnown) == [true, false, true])
    var report = MinimalPairReport()
    for pair in pairs { report.add(pair, tokenizer: Self.tokenizer) }
    #expect(report.pairCount == 3 && report.rightCount == 1 && report.tieCount == 1)
    #expect(report.knownPairCount == 2 && report.knownRightCount == 1 && report.tokenCount == 12)
    #expect(MinimalPairReport().accuracy.isNaN)
  }

  @Test("Each sentence starts from the same predictor state, even if the predictor adapts")
  func adapting() throws {
    let network = NeuralPredictor(Self.model())
    let cached = CachePredictor(network, settings: CacheSettings(size: 50))
    let pair = MinimalPair(good: "a b a b", bad: "c c a")
    for predictor in [network, cached] as [any Predictor] {
      let scorer = TextScorer(predictor, tokenizer: Self.tokenizer)
      let first = try scorer.score(pair)
      #expect(try scorer.score(pair) == first)
      let swapped = try scorer.score(MinimalPair(good: pair.bad, bad: pair.good))
      #expect(swapped.good == first.bad && swapped.bad == first.good && swapped.difference == -first.difference)
    }
    let (plain, adapted) = try (
      TextScorer(network, tokenizer: Self.tokenizer).score(pair),
      TextScorer(cached, tokenizer: Self.tokenizer).score(pair)
    )
    #expect(plain.good.logProbability != adapted.good.logProbability)
  }

  @Test("The mean weights all files equally, and its confidence interval is deterministic and contains it")
  func mean() {
    let sets = [Array(repeating: true, count: 30) + Array(repeating: false, count: 10), [true, false]]
    let mean = MeanAccuracy(sets)
    #expect(mean.value == 0.625 && mean == MeanAccuracy(sets))
    // Resamples of the second set have means 0, 1/2 and 1 with probabilities 1/4, 1/2 and 1/4.
    #expect((0.3...0.4).contains(mean.low) && (0.85...0.95).contains(mean.high), "\(mean)")
    let sure = MeanAccuracy([[true], [false, false]])
    #expect(sure.value == 0.5 && sure.low == 0.5 && sure.high == 0.5)
  }

  @Test("The confidence interval has the width of the normal approximation")
  func width() {
    let set = (0..<2000).map { $0 % 4 != 0 }
    let mean = MeanAccuracy([set])
    let error = (0.75 * 0.25 / 2000).squareRoot()
    #expect(abs((mean.high - mean.low) / (2 * 1.96 * error) - 1) < 0.1, "\(mean)")
    #expect(MeanAccuracy([set], seed: 2) != mean)
  }
}
