import Foundation
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import Testing

struct RescoringTests {
  private func scorer() -> TextScorer {
    var random = RandomSource(seed: 3)
    let tokenizer = AnyTokenizer.word(WordTokenizer(training: "a b c <unk>\n"))
    let model = LanguageModel(
      LanguageModelConfiguration(vocabulary: tokenizer.vocabulary.count, embedding: 3, layers: [.lstm(4)]),
      using: &random)
    return TextScorer(InferenceModel(model), tokenizer: tokenizer)
  }

  @Test("Hypotheses are ranked by the weighted sum of their scores, best first")
  func ranking() throws {
    let scorer = scorer()
    let lines = ["1 ||| a b ||| -1", "1 ||| c ||| -2", "1 ||| a b ||| -1", "1 ||| b b a z ||| 0"]
    let list = try lines.map { try NBestHypothesis($0) }
    let ranked = try Rescoring(scoreWeight: 0.5, modelWeight: 2, tokenBonus: 0.25).ranked(list, by: scorer)
    for entry in ranked {
      let model = try self.scorer().score(entry.hypothesis.text)
      let sum = 0.5 * entry.hypothesis.score + 2 * model.logProbability + 0.25 * Double(model.tokenCount)
      #expect(abs(entry.score - sum) < 1e-9)
    }
    #expect(zip(ranked, ranked.dropFirst()).allSatisfy { $0.score >= $1.score })
    #expect(ranked.count == 4 && ranked.map(\.index).sorted() == [0, 1, 2, 3])
    #expect(try Rescoring().ranked([], by: scorer).isEmpty)
  }

  @Test("Named weights give the weighted sum of scores, ln p, tokens and words")
  func weighted() throws {
    let scorer = scorer()
    let list = try ["1 ||| a b ||| am=-1 lm=3", "1 ||| c ||| am=-2 lm=2 ", "1 |||  ||| am=0 lm=0"].map {
      try NBestHypothesis($0)
    }
    let rule = try WeightedRescoring(ScoreWeights("am=2,lm=-1,model=0.5,tokens=0.25,words=3"), names: ["am", "lm"])
    for entry in try rule.ranked(list, by: scorer) {
      let (scores, model) = (entry.hypothesis.scores, entry.model)
      let words = Double(entry.hypothesis.text.split(separator: " ").count)
      let sum =
        2 * scores.values[0] - scores.values[1] + 0.5 * model.logProbability + 0.25 * Double(model.tokenCount)
        + 3 * words
      #expect(abs(entry.score - sum) < 1e-9 && entry.scored.wordCount == Int(words))
    }
    let order = try WeightedRescoring(ScoreWeights("am=1,lm=0"), names: ["am", "lm"]).ranked(list, by: scorer)
    #expect(order.map(\.index) == [2, 0, 1])
  }

  /// A predictor that gives some tokens, by default all, a probability of 0.
  private struct Impossible: Predictor {
    let vocabularySize: Int
    var possible: Set<Int32> = []
    mutating func read(_ ids: [Int32]) {}
    mutating func logProbabilities() -> [Double] {
      (0..<Int32(vocabularySize)).map { possible.contains($0) ? -log(Double(possible.count)) : -.infinity }
    }
  }

  @Test("A text of probability 0 comes after all others, whatever its previous score")
  func impossibleLast() throws {
    let tokenizer = AnyTokenizer.word(WordTokenizer(training: "a b c <unk>\n"))
    let count = tokenizer.vocabulary.count
    let possible = Set((0..<Int32(count)).filter { tokenizer.vocabulary[$0] != "b" })
    let scorer = TextScorer(Impossible(vocabularySize: count, possible: possible), tokenizer: tokenizer)
    let list = try ["0 ||| a ||| -100", "0 ||| b ||| 100", "0 ||| a c ||| -200"].map { try NBestHypothesis($0) }
    let ranked = try Rescoring().ranked(list, by: scorer)
    #expect(ranked.map(\.index) == [0, 2, 1] && ranked.last?.score == -.infinity)
  }

  @Test("Texts of probability 0 keep their order, a model weight of 0 ignores them, and tuning is an error")
  func impossible() throws {
    let tokenizer = AnyTokenizer.word(WordTokenizer(training: "a b c <unk>\n"))
    let scorer = TextScorer(Impossible(vocabularySize: tokenizer.vocabulary.count), tokenizer: tokenizer)
    let list = try ["0 ||| a ||| x=-2", "0 ||| b ||| x=-1"].map {
      try ScoredHypothesis(try NBestHypothesis($0), by: scorer, reference: "a")
    }
    #expect(Rescoring(modelWeight: 0).ranked(list).map(\.score) == [-1, -2])
    #expect(Rescoring().ranked(list).map(\.index) == [0, 1])
    #expect(try WeightedRescoring(ScoreWeights("x=1"), names: ["x"]).ranked(list).map(\.score) == [-1, -2])
    #expect(throws: NBestError.zeroProbability(TextPlace(line: 1))) { try WeightTuning([list]) }
  }

  @Test("A text with a token outside the vocabulary is an error with its line number")
  func unknown() throws {
    var random = RandomSource(seed: 3)
    let tokenizer = AnyTokenizer.character(
      try CharacterTokenizer(vocabulary: Vocabulary(tokens: ["a", "\n"])))
    let model = LanguageModel(
      LanguageModelConfiguration(vocabulary: 2, embedding: 3, layers: [.lstm(4)]), using: &random)
    let scorer = TextScorer(InferenceModel(model), tokenizer: tokenizer)
    let place = TextPlace(path: "lists", line: 7)
    #expect(throws: NBestError.unknownToken("z", place)) {
      try ScoredHypothesis(NBestHypothesis("0 ||| az ||| 1", at: place), by: scorer)
    }
  }
}
