import Foundation
import MynahAnalysis
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import Testing

struct SurprisalTests {
  @Test("Surprisals equal the scorer's, and alternatives can cover the whole distribution")
  func surprisals() throws {
    let file = try AnalysisModel.drawn([.lstm(5)])
    let model = InferenceModel(file.model)
    var scorer = TextScorer(model, tokenizer: file.tokenizer, policy: .carry, includingTokens: true)
    var (reader, text) = (SurprisalReader(model, alternativeCount: 4), TextTokens(file.tokenizer))
    for (number, line) in ["abc", "", "cab"].enumerated() {
      let expected = try #require(try scorer.append(line).first?.tokens)
      let found = try text.append(line, number: number + 1).map { try #require(try reader.read($0)) }
      #expect(found.map { $0.id } == expected.map { $0.id } && found.map { $0.rank } == expected.map { $0.rank })
      for (one, other) in zip(found, expected) {
        #expect(abs(one.bits * log(2) + other.logProbability) < 1e-9)
        #expect(abs(one.probability - exp(other.logProbability)) < 1e-12)
        #expect(abs(one.alternatives.reduce(0) { $0 + $1.probability } - 1) < 1e-6)
        #expect(one.alternatives[one.rank - 1].id == one.id)
        #expect(one.alternatives[one.rank - 1].probability == one.probability)
      }
    }
  }

  @Test("Equally probable tokens are listed by ID, and there are no more alternatives than tokens")
  func ties() throws {
    var file = try AnalysisModel.drawn([.lstm(5)])
    file.model.visitParameters(prefix: "") { _, parameter in parameter = Variable(Tensor.zeros(parameter.shape)) }
    let model = InferenceModel(file.model)
    for (count, ids) in [(0, []), (2, [0, 1]), (9, [0, 1, 2, 3])] as [(Int, [Int32])] {
      var reader = SurprisalReader(model, alternativeCount: count)
      let found = try #require(try reader.read(TextToken(id: 2, beginning: .after(0))))
      #expect(found.alternatives.map { $0.id } == ids && found.rank == 3 && abs(found.bits - 2) < 1e-12)
    }
  }

  @Test("The first token of a text without a start token has no surprisal")
  func withoutStart() throws {
    let file = try AnalysisModel.drawn([.lstm(5)], tokens: ["a", "b"])
    var reader = SurprisalReader(InferenceModel(file.model))
    #expect(try reader.read(TextToken(id: 0, beginning: .ofNothing)) == nil)
    #expect(try reader.read(TextToken(id: 1))?.alternatives.count == 2)
  }

  @Test("A token after a reset has the surprisal of a text's first token")
  func isReset() throws {
    let file = try AnalysisModel.drawn([.lstm(5)])
    var reader = SurprisalReader(InferenceModel(file.model))
    let first = try reader.read(TextToken(id: 1, beginning: .after(0)))
    let second = try reader.read(TextToken(id: 1))
    #expect(try reader.read(TextToken(id: 1, beginning: .after(0))) == first && first != second)
  }

  @Test("Entropies are those of the distributions before and after a token, and reductions are not negative")
  func entropies() throws {
    let file = try AnalysisModel.drawn([.lstm(5)])
    let model = InferenceModel(file.model)
    var reader = SurprisalReader(model)
    let ids: [Int32] = [1, 2, 2, 0, 3]
    let found = try ids.enumerated().map { index, id in
      try #require(try reader.read(TextToken(id: id, beginning: index == 0 ? .after(0) : nil)))
    }
    let expected = (0...ids.count).map { count in
      var state = model.initialState()
      let logits = model.advance([0] + ids.prefix(count), state: &state).elements.map { Double($0) }
      let sum = logits.reduce(0) { $0 + exp($1) }
      return -logits.reduce(0) { $0 + exp($1) / sum * log2(exp($1) / sum) }
    }
    for (index, token) in found.enumerated() {
      #expect(abs(token.entropy - expected[index]) < 1e-9 && token.entropy <= 2)
      #expect(abs(token.entropyReduction - max(0, expected[index] - expected[index + 1])) < 1e-9)
      #expect(abs(token.logProbability + token.bits * log(2)) < 1e-12)
    }
    #expect(found.contains { $0.entropyReduction == 0 } && found.contains { $0.entropyReduction > 0 })
  }
}
