import Foundation
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import Testing

struct BeamSearchTests {
  private let model: InferenceModel
  private let tokenizer: AnyTokenizer

  init() throws {
    var random = RandomSource(seed: 12)
    let words = try Vocabulary(tokens: ["a", "b", "c", "<unk>", "<eos>"])
    tokenizer = .word(WordTokenizer(vocabulary: words))
    model = InferenceModel(
      LanguageModel(
        LanguageModelConfiguration(
          vocabulary: words.count, embedding: 4, layers: [.lstm(6)], initializer: .uniform(1.5)),
        using: &random))
  }

  /// All texts without <unk> of `length` tokens, or fewer if a stop token ends them, with their log-probabilities.
  private func allTexts(length: Int, stop: Int32?) -> [(ids: [Int32], logProbability: Double, count: Int)] {
    func goOn(_ ids: [Int32], _ sum: Double, _ state: RecurrentState, _ last: Int32) -> [([Int32], Double, Int)] {
      guard ids.count < length else { return [(ids, sum, length)] }
      var state = state
      let logProbabilities = model.advance([last], state: &state).logSoftmax().elements
      return ([0, 1, 2, 4] as [Int32]).flatMap { id -> [([Int32], Double, Int)] in
        let next = sum + Double(logProbabilities[Int(id)])
        return id == stop ? [(ids, next, ids.count + 1)] : goOn(ids + [id], next, state, id)
      }
    }
    return goOn([], 0, model.initialState(), 4).map { (ids: $0.0, logProbability: $0.1, count: $0.2) }
  }

  @Test("A single beam takes the most probable token at each step")
  func greedy() throws {
    var generator = try TextGenerator(
      model, tokenizer: tokenizer, prompt: "b", options: .init(sampler: Sampler(temperature: 0), length: 12),
      random: RandomSource(seed: 1))
    var greedy: [Int32] = []
    while let piece = try generator.next() { greedy.append(piece.id) }
    let found = try BeamSearch(beamCount: 1, length: 12)(model, tokenizer: tokenizer, prompt: "b")
    #expect(found.map(\.ids) == [greedy])
    #expect(found[0].end == .length)
  }

  @Test("With as many beams as possible texts, the search finds the most probable texts")
  func exhaustive() throws {
    let expected = allTexts(length: 4, stop: nil).sorted { $0.logProbability > $1.logProbability }
    let found = try BeamSearch(beamCount: 256, length: 4)(model, tokenizer: tokenizer, prompt: "")
    #expect(found.count == 256)
    #expect(found.prefix(20).map(\.ids) == expected.prefix(20).map(\.ids))
    #expect(zip(found, expected).allSatisfy { abs($0.logProbability - $1.logProbability) < 1e-4 })
  }

  @Test("The length penalty ranks texts that end at a stop token against longer texts", arguments: [0.0, 0.7, 1.5])
  func stops(alpha: Double) throws {
    let search = BeamSearch(beamCount: 300, length: 4, lengthPenalty: alpha, stopTokens: [4])
    let expected = allTexts(length: 4, stop: 4).map {
      ($0.ids, $0.logProbability / pow(Double(5 + $0.count) / 6, alpha))
    }
    .sorted { $0.1 > $1.1 }
    let found = try search(model, tokenizer: tokenizer, prompt: "")
    #expect(found.prefix(10).map(\.ids) == expected.prefix(10).map(\.0))
    #expect(zip(found.prefix(10), expected).allSatisfy { abs($0.score - $1.1) < 1e-4 })
  }

  @Test("The best of four beams is at least as probable as a single beam")
  func better() throws {
    let one = try BeamSearch(beamCount: 1, length: 8)(model, tokenizer: tokenizer, prompt: "a c")
    let four = try BeamSearch(beamCount: 4, length: 8)(model, tokenizer: tokenizer, prompt: "a c")
    #expect(four.count == 4)
    #expect(four[0].logProbability >= one[0].logProbability)
    #expect(zip(four, four.dropFirst()).allSatisfy { $0.score >= $1.score })
  }

  @Test("Forbidden tokens and <unk> never occur in a text")
  func forbidden() throws {
    let found = try BeamSearch(beamCount: 20, length: 3, forbidden: [1])(model, tokenizer: tokenizer, prompt: "")
    #expect(Set(found.flatMap(\.ids)).isSubset(of: [0, 2, 4]))
  }
}
