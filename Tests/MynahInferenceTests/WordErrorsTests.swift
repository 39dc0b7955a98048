import Foundation
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import Testing

@Suite("Word error rates")
struct WordErrorsTests {
  @Test(
    "Substitutions, deletions and insertions count as errors",
    arguments: [
      ("a b c", "a b c", 0, 3), ("a x c", "a b c", 1, 3), ("a c", "a b c", 1, 3), ("a b b c", "a b c", 1, 3),
      ("", "a b c", 3, 3), ("a b", "", 2, 0), ("", "", 0, 0), ("c b a", "a b c", 2, 3), ("b c d", "a b c", 2, 3),
      ("A b", "a b", 1, 2), ("  a\tb\u{3000}c ", "a b c", 0, 3), ("caf\u{e9}", "cafe\u{301}", 1, 1),
      ("x x x x", "a", 4, 1), ("the cat sat on mat", "the cat sat on the mat", 1, 6),
    ])
  func counting(_ text: String, _ reference: String, _ errorCount: Int, _ wordCount: Int) {
    let errors = WordErrors(of: text, reference: reference)
    #expect(errors.errorCount == errorCount && errors.referenceWordCount == wordCount)
  }

  @Test("The rate divides summed errors by summed words, may exceed 1, and is NaN without reference words")
  func rates() {
    var errors = WordErrors()
    #expect(errors.rate.isNaN)
    errors += WordErrors(of: "x x x", reference: "a")
    #expect(errors.rate == 3)
    errors += WordErrors(of: "a b c", reference: "a b c")
    #expect(errors.rate == 0.75 && errors.referenceWordCount == 4)
  }

  // MARK: jiwer

  /// N-best lists with the results of jiwer (`Scripts/golden-word-errors.py`).
  private struct Fixture: Decodable {
    struct List: Decodable {
      let reference: String
      let texts: [String]
      let errors: [Int]
    }

    let lists: [List]
    let referenceWordCount: Int
    let first, oracle: Double
  }

  /// A rule that ranks the last hypothesis first.
  private struct LastFirst: RescoringRule {
    func score(_ hypothesis: ScoredHypothesis) -> Double { Double(hypothesis.hypothesis.place.line) }
  }

  @Test("Error counts, and the error rates before rescoring and of the oracle, match jiwer's")
  func golden() throws {
    let path = try #require(Bundle.module.path(forResource: "Fixtures/golden-word-errors.json", ofType: nil))
    let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: URL(filePath: path)))
    #expect(fixture.lists.count == 43)
    var random = RandomSource(seed: 3)
    let tokenizer = AnyTokenizer.word(WordTokenizer(training: "a <unk>\n"))
    let model = LanguageModel(
      LanguageModelConfiguration(vocabulary: tokenizer.vocabulary.count, embedding: 2, layers: [.lstm(2)]),
      using: &random)
    let scorer = TextScorer(InferenceModel(model), tokenizer: tokenizer)
    var errors = RescoringErrors()
    var last = 0
    for list in fixture.lists {
      #expect(list.texts.map { WordErrors(of: $0, reference: list.reference).errorCount } == list.errors)
      let scored = try list.texts.enumerated().map { index, text in
        let hypothesis = try NBestHypothesis("0 ||| \(text) ||| 0", at: TextPlace(line: index + 1))
        return try ScoredHypothesis(hypothesis, by: scorer, reference: list.reference)
      }
      errors.add(LastFirst().ranked(scored))
      last += list.errors.last ?? 0
    }
    #expect(errors.before.referenceWordCount == fixture.referenceWordCount)
    #expect(abs(errors.before.rate - fixture.first) < 1e-12 && abs(errors.oracle.rate - fixture.oracle) < 1e-12)
    #expect(errors.after.errorCount == last && errors.before.errorCount > errors.oracle.errorCount)
  }
}
