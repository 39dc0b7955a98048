import Foundation
import MynahDatasets
import MynahTensors
import MynahText
import Testing

struct ProbabilisticGrammarTests {
  /// A grammar of six sentences.
  let grammar = ProbabilisticGrammar(
    """
    Sentence: 1 x Middle b End
    Middle: 2 | 1 y | 1 z
    End: 3 | 1 c
    """)

  private func ids(_ sentence: String) -> [Int32] {
    sentence.split(separator: " ").map { word in Int32(grammar.words.firstIndex(of: String(word)) ?? -1) }
  }

  @Test("A sentence's probability is the product of the probabilities of its alternatives")
  func probabilities() throws {
    let expected = [
      "x b": 0.375, "x y b": 0.1875, "x z b": 0.1875, "x b c": 0.125, "x y b c": 0.0625, "x z b c": 0.0625,
    ]
    for (sentence, probability) in expected {
      let found = try #require(grammar.logProbability(of: ids(sentence)))
      #expect(abs(exp(found) - probability) < 1e-12)
    }
  }

  @Test(
    "Sentences that the rules cannot generate are not accepted",
    arguments: ["", "x", "x y", "b", "x y z b", "x b c c", "x b q"])
  func rejection(_ sentence: String) {
    #expect(grammar.logProbability(of: ids(sentence)) == nil)
  }

  @Test("The expected length and entropy match the list of all sentences")
  func expectation() {
    let (length, entropy) = grammar.expectation()
    let all = [(2, 0.375), (3, 0.1875), (3, 0.1875), (3, 0.125), (4, 0.0625), (4, 0.0625)]
    #expect(abs(length - all.reduce(0) { $0 + Double($1.0) * $1.1 }) < 1e-12)
    #expect(abs(entropy - all.reduce(0) { $0 - $1.1 * log($1.1) }) < 1e-12)
  }

  @Test("Sampled sentences occur as often as their probability predicts")
  func sampling() {
    var random = RandomSource(seed: 3)
    let samples = (0..<20_000).map { _ in grammar.sample(using: &random).sentence }
    let share = Double(samples.count { $0 == ids("x b") }) / 20_000
    #expect(abs(share - 0.375) < 4 * (0.375 * 0.625 / 20_000).squareRoot())
  }

  @Test(
    "Grammars with choices that the next word does not determine are detected",
    arguments: [
      "S: 1 a b | 1 a c", "S: 1 T a\nT: 1 | 1 a", "S: 1 T c\nT: 1 U | 1 V\nU: 1 a\nV: 1 a",
      "S: 1 T b\nT: 1 | 1 U\nU: 1 | 1 a",
      "S: 1 | 1 T\nT: 1 | 1 a",
    ])
  func conflicts(_ rules: String) {
    #expect(!ProbabilisticGrammar(rules).parser.conflicts.isEmpty)
    #expect(grammar.parser.conflicts.isEmpty)
  }
}
