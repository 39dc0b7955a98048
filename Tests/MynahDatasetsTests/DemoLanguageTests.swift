import Foundation
import MynahDatasets
import MynahTensors
import MynahText
import Testing

struct DemoLanguageTests {
  let language = DemoLanguage()

  private func isAccepted(_ sentence: String) throws -> Bool {
    language.logProbability(of: try language.tokenizer.encode(sentence).ids) != nil
  }

  @Test("The language has 200 to 400 words, including <eos>, and a moderate perplexity")
  func size() {
    #expect((200...400).contains(language.vocabulary.count))
    #expect(language.vocabulary.endOfSentenceID != nil)
    #expect((8...15).contains(language.truePerplexity))
  }

  @Test("The next word determines every choice in the grammar, so the grammar is unambiguous")
  func unambiguous() {
    let grammar = language.grammar
    #expect(grammar.parser.conflicts.map { "\(grammar.phraseNames[$0.phrase]) before \($0.word)" } == [])
  }

  @Test("An exhaustive search finds one derivation of each sentence, with the probability it was drawn with")
  func derivations() throws {
    var random = RandomSource(seed: 5)
    for _ in 0..<300 {
      let (sentence, logProbability) = language.grammar.sample(using: &random)
      let (count, probability) = language.grammar.derivations(of: sentence[...], from: [.phrase(0)])
      #expect(count == 1)
      #expect(abs(log(probability) - logProbability) < 1e-9)
      #expect(abs(try #require(language.logProbability(of: sentence)) - logProbability) < 1e-9)
    }
  }

  @Test("The closed-form entropy and length match a large sample within its standard error")
  func entropy() throws {
    var random = RandomSource(seed: 11)
    let count = 40_000
    var nats: [Double] = []
    var lengths: [Double] = []
    for _ in 0..<count {
      let (sentence, logProbability) = language.grammar.sample(using: &random)
      nats.append(-logProbability)
      lengths.append(Double(sentence.count))
    }
    for (values, expected) in [(nats, language.entropyPerSentence), (lengths, language.expectedSentenceLength)] {
      let mean = values.reduce(0, +) / Double(count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
      let error = (variance / Double(count)).squareRoot()
      #expect(abs(mean - expected) < 4 * error)
      #expect(error < 0.01 * expected)
    }
  }

  @Test("A sample's perplexity under the language is close to the true one, and every sentence is accepted")
  func samples() throws {
    var random = RandomSource(seed: 13)
    let text = language.sample(tokenCount: 100_000, using: &random)
    #expect(text.count >= 100_000 && text.count < 100_060)
    #expect(text.last == language.vocabulary.endOfSentenceID)
    #expect(language.acceptedShare(of: text) == 1)
    #expect(abs(try #require(language.perplexity(of: text)) / language.truePerplexity - 1) < 0.01)
    var again = RandomSource(seed: 13)
    #expect(language.sample(tokenCount: 100_000, using: &again) == text)
  }

  @Test("An add-one trigram stays clearly above the true perplexity")
  func trigram() throws {
    var random = RandomSource(seed: 17)
    let start = try #require(language.vocabulary.endOfSentenceID)
    let training = language.sample(tokenCount: 300_000, using: &random)
    let model = TrigramModel(training: training, vocabularySize: language.vocabulary.count, startID: start)
    let perplexity = model.perplexity(of: language.sample(tokenCount: 50_000, using: &random))
    #expect(perplexity > 1.1 * language.truePerplexity)
    #expect(perplexity < Double(language.vocabulary.count))
  }

  @Test(
    "Sentences with correct long-distance agreement are accepted, and those with errors are not",
    arguments: [
      ("a dog that these bears fear sleeps .", "a dog that these bears fear sleep ."),
      ("these dogs that a bear fears sleep .", "these dogs that a bear fears sleeps ."),
      ("anna , who paints the silly hat , admires herself .", "anna , who paints the silly hat , admires himself ."),
      ("every fox that anna greets watches itself .", "every fox that anna greets watches herself ."),
      ("when leo sleeps by the river , leo snores .", "when leo sleeps by the river , peter snores ."),
      ("when leo sleeps by the river , he snores .", "when leo sleeps by the river , she snores ."),
      ("“ two cats nap , ” says vera .", "“ two cats nap ."),
      ("“ does leo nap ? ” asks vera .", "“ does leo nap ? ” says vera ."),
      ("does a dog that chases these mice dream ?", "does a dog that chases these mice dreams ?"),
      ("do these mice that a dog chases dream ?", "do these mice that a dog chases dream ."),
      ("“ leo naps , ” whispers vera to herself .", "“ leo naps , ” whispers vera to himself ."),
    ])
  func agreement(_ right: String, _ wrong: String) throws {
    #expect(try isAccepted(right))
    #expect(try !isAccepted(wrong))
  }

  @Test("The accepted share counts only finished sentences")
  func acceptedShare() throws {
    let text = try language.tokenizer.encode("a dog sleeps .\na dog sleep .\n\na dog naps .\n").ids
    #expect(language.acceptedShare(of: text) == 0.5)
    #expect(language.acceptedShare(of: text + text.prefix(2)) == 0.5)
    #expect(language.acceptedShare(of: []) == 0)
    #expect(language.acceptedShare(of: Array(text.prefix(2))) == 0)
    #expect(language.perplexity(of: text) == nil)
    #expect(language.perplexity(of: []) == nil)
  }

  @Test("No word is in two classes, and “a” never comes before a vowel")
  func words() throws {
    let grammar = language.grammar
    var classOf: [Int: Int] = [:]
    // Recalled names have separate rules, so only rules of single words count as classes.
    for (phrase, alternatives) in grammar.phrases.enumerated() where alternatives.allSatisfy({ $0.symbols.count == 1 })
    {
      for case .word(let word)? in alternatives.map(\.symbols.first) {
        #expect(classOf[word] == nil || grammar.phraseNames[phrase].hasPrefix("AnyoneOr"))
        classOf[word] = phrase
      }
    }
    var random = RandomSource(seed: 19)
    let text = language.sample(tokenCount: 50_000, using: &random)
    let a = try #require(language.vocabulary.id(of: "a"))
    for (word, next) in zip(text, text.dropFirst()) where word == a {
      #expect(!"aeiou".contains(language.vocabulary[next].prefix(1)))
    }
  }
}

extension ProbabilisticGrammar {
  /// The number and total probability of all derivations of words from symbols, by trying every alternative.
  fileprivate func derivations(of words: ArraySlice<Int32>, from symbols: [Symbol]) -> (count: Int, probability: Double)
  {
    guard let symbol = symbols.first else { return words.isEmpty ? (1, 1) : (0, 0) }
    let rest = symbols.dropFirst()
    switch symbol {
    case .word(let word):
      return words.first == Int32(word) ? derivations(of: words.dropFirst(), from: Array(rest)) : (0, 0)
    case .phrase(let phrase):
      return phrases[phrase].reduce((0, 0)) { sum, alternative in
        let inner = derivations(of: words, from: alternative.symbols + rest)
        return (sum.0 + inner.count, sum.1 + alternative.probability * inner.probability)
      }
    }
  }
}
