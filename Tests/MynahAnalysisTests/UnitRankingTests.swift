import MynahAnalysis
import MynahText
import Testing

struct UnitRankingTests {
  private func features(_ lines: [String]) throws -> TextFeatures {
    let tokenizer = AnyTokenizer.character(CharacterTokenizer(training: lines.joined(separator: "\n") + "\n"))
    var (tokens, features) = (PageTokens(tokenizer), TextFeatures())
    for (index, line) in lines.enumerated() {
      for token in try tokens.append(line, number: index + 1) { features.append(token) }
    }
    return features
  }

  @Test("Tokens from an opening bracket until its closing bracket are inside brackets, at any depth")
  func brackets() throws {
    let found = try features(["a(b[c]d)e", ")f{"])
    #expect(found.brackets == [0, 1, 1, 1, 1, 1, 1, 0, 0, 0] + [0, 0, 1, 1])
    #expect(found.positions == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] + [0, 1, 2, 3])
  }

  @Test("Quotes of every style open and close, and an empty line closes them")
  func quotes() throws {
    #expect(try features(["\"a\"b“c”«d»"]).quotes == [1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0])
    #expect(try features(["\"(a", "", "b"]).quotes == [1, 1, 1, 1] + [0] + [0, 0])
    #expect(try features([""]).quotes == [0] && TextFeatures().all.allSatisfy(\.values.isEmpty))
  }

  @Test("The variance and the Pearson correlation follow their definitions")
  func statistics() {
    #expect(UnitStatistics.variance([1, 2, 3, 4]) == 1.25 && UnitStatistics.variance([]) == 0)
    #expect(UnitStatistics.correlation([1, 2, 3], [2, 4, 6]).map { abs($0 - 1) < 1e-12 } == true)
    #expect(UnitStatistics.correlation([1, 2, 3], [3, 2, 1]).map { abs($0 + 1) < 1e-12 } == true)
    // cov = 1/3, var x = 2/3, var y = 2/9.
    #expect(UnitStatistics.correlation([0, 1, 2], [0, 0, 1]).map { abs($0 - 0.75.squareRoot()) < 1e-12 } == true)
    #expect(UnitStatistics.correlation([1, 1], [1, 2]) == nil && UnitStatistics.correlation([], []) == nil)
    #expect(UnitStatistics.correlation([0.1, 0.1, 0.1], [1, 2, 3]) == nil)
  }
}
