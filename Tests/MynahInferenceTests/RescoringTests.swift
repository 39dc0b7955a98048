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

  @Test("A line is an id, a text and scores, whose sum may follow")
  func reading() throws {
    let hypothesis = try #require(NBestHypothesis("7 ||| a  b c ||| lm= -3.5 tm= -1 x ||| -2.25"))
    #expect(hypothesis.id == "7" && hypothesis.text == "a  b c" && hypothesis.score == -2.25)
    #expect(hypothesis.scores == "lm= -3.5 tm= -1 x")
    #expect(NBestHypothesis("7 ||| a ||| lm= -3.5 tm= -1")?.score == -4.5)
    #expect(NBestHypothesis("7|||a|||")?.score == 0)
    #expect(NBestHypothesis("7 ||| a") == nil)
    #expect(NBestHypothesis(" ||| a ||| 1") == nil)
    #expect(NBestHypothesis("7 ||| a ||| 1 ||| x") == nil)
    #expect(NBestHypothesis("7 ||| a ||| 1 ||| 2 ||| 3") == nil)
  }

  @Test("The new score is the weighted sum, best first, and equal ones keep their order")
  func ranking() throws {
    let scorer = scorer()
    let lines = ["1 ||| a b ||| -1", "1 ||| c ||| -2", "1 ||| a b ||| -1", "1 ||| b b a z ||| 0"]
    let list = lines.compactMap { NBestHypothesis($0) }
    let ranked = try Rescoring(scoreWeight: 0.5, modelWeight: 2, tokenBonus: 0.25).ranked(list, by: scorer)
    for entry in ranked {
      let model = try self.scorer().score(entry.hypothesis.text)
      let sum = 0.5 * entry.hypothesis.score + 2 * model.logProbability + 0.25 * Double(model.tokenCount)
      #expect(abs(entry.score - sum) < 1e-9)
    }
    #expect(zip(ranked, ranked.dropFirst()).allSatisfy { $0.score >= $1.score })
    #expect(ranked.count == 4)
    #expect(try Rescoring().ranked([], by: scorer).isEmpty)
  }
}
