import Foundation
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import Testing

struct GenerationTests {
  private func file() throws -> ModelFile {
    var random = RandomSource(seed: 2)
    let words = try Vocabulary(tokens: ["the", "mynah", "sings", "<unk>", "<eos>"])
    let model = LanguageModel(
      LanguageModelConfiguration(
        vocabularySize: words.count, embedding: 4, recurrent: [.lstm(6), .lstm(5)], initializer: .uniform(1)),
      using: &random)
    return ModelFile(model: model, tokenizer: .word(WordTokenizer(vocabulary: words)))
  }

  private func write(_ prompt: String, tokens: Int, temperature: Double = 1, seed: UInt64) throws -> [Int32] {
    var generator = try TextGenerator(
      file(), prompt: prompt, temperature: temperature, random: RandomSource(seed: seed))
    return try (0..<tokens).map { _ in try generator.next().id }
  }

  @Test("Equal seeds write equal texts, other seeds others")
  func seeds() throws {
    #expect(try write("the", tokens: 30, seed: 1) == write("the", tokens: 30, seed: 1))
    #expect(try write("the", tokens: 30, seed: 1) != write("the", tokens: 30, seed: 2))
  }

  @Test("<unk> is never written")
  func unknown() throws {
    #expect(try !write("", tokens: 300, temperature: 3, seed: 4).contains(3))
  }

  @Test("A text that goes on from its own beginning as a prompt is the same text")
  func continuation() throws {
    let whole = try write("", tokens: 12, temperature: 0, seed: 0)
    let beginning = try file().tokenizer.decode(whole.prefix(5))
    #expect(try write(beginning, tokens: 7, temperature: 0, seed: 0) == Array(whole.dropFirst(5)))
  }

  @Test("Tokens are drawn as often as the softmax of logits ÷ temperature says", arguments: [0.5, 1, 2])
  func frequencies(temperature: Double) {
    let logits: [Float] = [0, 1, -1, 2, 0.5]
    let sampler = TemperatureSampler(temperature: temperature, forbidding: [4])
    var random = RandomSource(seed: 9)
    var counts = [Double](repeating: 0, count: 5)
    let draws = 40_000
    for _ in 0..<draws { counts[Int(sampler(logits, using: &random))] += 1 }
    let weights = logits.prefix(4).map { exp(Double($0) / temperature) }
    for (count, weight) in zip(counts, weights) {
      #expect(abs(count / Double(draws) - weight / weights.reduce(0, +)) < 0.01)
    }
    #expect(counts[4] == 0)
  }

  @Test("Temperature 0 takes the most probable token that is allowed")
  func greedy() {
    var random = RandomSource(seed: 1)
    let logits: [Float] = [0, 3, 7, -2]
    #expect(TemperatureSampler(temperature: 0)(logits, using: &random) == 2)
    #expect(TemperatureSampler(temperature: 0, forbidding: [2])(logits, using: &random) == 1)
    #expect(random == RandomSource(seed: 1))
  }
}
