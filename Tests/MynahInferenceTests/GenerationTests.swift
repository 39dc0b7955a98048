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
        vocabulary: words.count, embedding: 4, layers: [.lstm(6), .lstm(5)], initializer: .uniform(1)),
      using: &random)
    return ModelFile(model: model, tokenizer: .word(WordTokenizer(vocabulary: words)))
  }

  private func write(_ prompt: String, tokens: Int, temperature: Double = 1, seed: UInt64) throws -> [Int32] {
    var generator = try TextGenerator(
      file(), prompt: prompt, options: .init(sampler: Sampler(temperature: temperature), length: tokens),
      random: RandomSource(seed: seed))
    var ids: [Int32] = []
    while let piece = try generator.next() { ids.append(piece.id) }
    return ids
  }

  @Test("The same seed generates the same text, and another seed generates a different text")
  func seeds() throws {
    #expect(try write("the", tokens: 30, seed: 1) == write("the", tokens: 30, seed: 1))
    #expect(try write("the", tokens: 30, seed: 1) != write("the", tokens: 30, seed: 2))
  }

  @Test("<unk> is never generated")
  func unknown() throws {
    #expect(try !write("", tokens: 300, temperature: 3, seed: 4).contains(3))
  }

  @Test("Continuing a text from its own beginning gives the same text")
  func continuation() throws {
    let whole = try write("", tokens: 12, temperature: 0, seed: 0)
    let beginning = try file().tokenizer.decode(whole.prefix(5))
    #expect(try write(beginning, tokens: 7, temperature: 0, seed: 0) == Array(whole.dropFirst(5)))
  }

  @Test("A text depends neither on the other texts in its batch nor on when they end")
  func batches() throws {
    let (model, tokenizer) = (InferenceModel(try file().model), try file().tokenizer)
    func write(_ count: Int, stopTokens: Set<Int32> = [2]) throws -> [[Int32]] {
      let options = GenerationOptions(
        sampler: Sampler([RepetitionPenalty(1.3, reach: 5), Temperature(0.9), TopK(4)]), length: 25,
        stopTokens: stopTokens)
      var generator = try BatchGenerator(
        model, tokenizer: tokenizer, prompt: "the", count: count, options: options, seed: 5)
      var texts = [[Int32]](repeating: [], count: count)
      while case let pieces = try generator.next(), !pieces.isEmpty {
        for piece in pieces { texts[piece.text].append(piece.id) }
      }
      return texts
    }
    let many = try write(7)
    #expect(Set(many.map { $0.count }).count > 1)
    #expect(try write(1) == [many[0]])
    #expect(try write(3) == Array(many[..<3]))
    let endless = try write(7, stopTokens: [])
    #expect(many == endless.map { text in Array(text[...(text.firstIndex(of: 2) ?? text.count - 1)]) })
  }

  @Test("A stop token ends a text and is left out; without a stop, the text ends at the given length")
  func stopTokens() throws {
    var generator = try TextGenerator(
      file(), prompt: "", options: .init(length: 400, stopTokens: [1]), random: RandomSource(seed: 3))
    var text = ""
    while let piece = try generator.next() { text += piece.text }
    #expect(generator.end == .stopToken(1))
    #expect(!text.contains("mynah"))
    var other = try TextGenerator(
      file(), prompt: "", options: .init(length: 5, stopStrings: ["never"]), random: RandomSource(seed: 3))
    while try other.next() != nil {}
    #expect(other.end == .length)
    #expect(try other.next() == nil)
  }

  @Test("A text of length 0 has ended from the start")
  func nothing() throws {
    var generator = try TextGenerator(file(), prompt: "the", options: .init(length: 0), random: RandomSource(seed: 3))
    #expect(generator.end == .length)
    #expect(try generator.next() == nil)
  }

  @Test("The reported log-probabilities match the model's loss")
  func probabilities() throws {
    let file = try file()
    var options = GenerationOptions(sampler: Sampler(temperature: 0.5), length: 6)
    options.returnsProbabilities = true
    var generator = try BatchGenerator(
      InferenceModel(file.model), tokenizer: file.tokenizer, prompt: "", options: options, seed: 1)
    var (ids, sum) = ([Int32](), 0.0)
    while let piece = try generator.next().first {
      ids.append(piece.id)
      sum += piece.logProbability ?? .nan
    }
    let loss = try InferenceModel(file.model).loss(of: [4] + ids)
    #expect(abs(loss.nats + sum) < 1e-5)
  }
}
