import Foundation
import MynahInference
import MynahText
import TestSupport
import Testing

@Suite("N-grams with another model's vocabulary")
struct NGramVocabularyTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private static let text = "a b c d\nb a c\nc c a b d e\na b\nd b a\ne a b c\n"

  /// An n-gram model of the words a to e and <unk>.
  private func counted() throws -> NGramModel {
    let words = WordTokenizer(training: Self.text, minimumCount: 1)
    return try NGramModel(
      counting: words.encode(Self.text).ids, tokenizer: .word(words), order: 3, fallback: .fallback)
  }

  private func tokenizer(_ tokens: String) throws -> AnyTokenizer {
    .word(WordTokenizer(vocabulary: try Vocabulary(tokens: tokens.split(separator: " ").map(String.init))))
  }

  /// The probability of each token of a vocabulary at each position of a text.
  private func probabilities(
    _ model: NGramModel, _ tokenizer: AnyTokenizer, mapped: Bool = false, text: String = text
  ) throws -> [[String: Double]] {
    var predictor = try NGramPredictor(model, tokenizer: tokenizer, mapsUnknownWords: mapped)
    return try tokenizer.encode(text).ids.map { id in
      let all = try predictor.logProbabilities().map { exp($0) }
      try predictor.read([id])
      return Dictionary(uniqueKeysWithValues: zip(tokenizer.vocabulary.tokens, all))
    }
  }

  private func write(_ text: String) throws -> NGramModel {
    try NGramModel(arpa: folder.put(Array(text.utf8), as: "model"))
  }

  @Test("Words that are not in the tokenizer add their probability to its <unk>")
  func otherWords() throws {
    let model = try counted()
    let (all, few) = try (tokenizer("a b c d e <unk> <eos>"), tokenizer("b <eos> a <unk>"))
    // The text has only known words, so both predictors read the same context.
    let text = "a b b a\nb\na a b\n"
    let (full, found) = try (probabilities(model, all, text: text), probabilities(model, few, text: text))
    for (full, found) in zip(full, found) {
      let unknown = ["c", "d", "e", "<unk>"].reduce(0) { $0 + (full[$1] ?? .nan) }
      #expect(abs((found["<unk>"] ?? .nan) - unknown) < 1e-6)
      #expect(found["a"] == full["a"] && found["<eos>"] == full["<eos>"])
      #expect(abs(found.values.reduce(0, +) - 1) < 1e-5)
    }
    let predictor = try NGramPredictor(model, tokenizer: few)
    #expect(predictor.otherWordCount == 3 && predictor.mappedWords.isEmpty && predictor.hasUnknown)
  }

  @Test("Scoring one token gives the same log-probability as the distribution over all tokens")
  func atOnce() throws {
    let few = try tokenizer("b <eos> a <unk> x")
    var predictor = try NGramPredictor(counted(), tokenizer: few, mapsUnknownWords: true)
    try predictor.read([2, 0])
    let all = try predictor.logProbabilities()
    for id in 0..<Int32(5) {
      var copy = predictor
      #expect(try copy.score([id]) == [all[Int(id)]])
    }
  }

  @Test("Words that are not in the n-grams are errors or, on request, share the probability of <unk>")
  func mappedWords() throws {
    let model = try counted()
    let (own, more) = try (tokenizer("a b c d e <unk> <eos>"), tokenizer("a x b c y d e <unk> z <eos>"))
    #expect(throws: InferenceError.wordsMissing(path: "n", count: 3, example: "x")) {
      try NGramPredictor(model, tokenizer: more, path: "n")
    }
    let predictor = try NGramPredictor(model, tokenizer: more, mapsUnknownWords: true)
    #expect(predictor.mappedWords == ["x", "y", "z"] && predictor.otherWordCount == 0)
    let text = "a b x c\ny\n"
    let (full, found) = try (
      probabilities(model, own, text: text.replacing("x", with: "?").replacing("y", with: "?")),
      probabilities(model, more, mapped: true, text: text)
    )
    for (full, found) in zip(full, found) {
      for word in ["x", "y", "z", "<unk>"] {
        #expect(abs((found[word] ?? .nan) - (full["<unk>"] ?? .nan) / 4) < 1e-9)
      }
      #expect(found["a"] == full["a"])
      #expect(abs(found.values.reduce(0, +) - 1) < 1e-5)
    }
  }

  @Test(
    "Probabilities add up to 1, whichever words the two vocabularies share",
    arguments: ["<unk> <eos>", "a <unk> <eos> x", "x y z <unk> <eos>", "e d c b a <eos> <unk> q"])
  func sums(tokens: String) throws {
    let found = try probabilities(counted(), tokenizer(tokens), mapped: true)
    for found in found { #expect(abs(found.values.reduce(0, +) - 1) < 1e-5) }
  }

  @Test("Without <unk>, unknown words have probability 0 and start a new context, and mixtures still work")
  func noUnknown() throws {
    let model = try write(
      """
      \\data\\
      ngram 1=4
      ngram 2=2

      \\1-grams:
      -0.5\t</s>
      -99\t<s>\t-0.3
      -0.4\ta\t-0.2
      -0.6\tb

      \\2-grams:
      -0.1\t<s> a
      -0.2\ta b

      \\end\\

      """)
    let words = try tokenizer("a b <unk> <eos>")
    var predictor = try NGramPredictor(model, tokenizer: words)
    #expect(!predictor.hasUnknown)
    let found = try predictor.score(words.encode("a x b\n").ids).map { $0 / log(10) }
    #expect(abs(found[0] + 0.1) < 1e-6 && found[1] == -.infinity)
    #expect(abs(found[2] + 0.6) < 1e-6 && abs(found[3] + 0.5) < 1e-6)
    let more = try tokenizer("a b x <unk> <eos>")
    let mapped = try NGramPredictor(model, tokenizer: more, mapsUnknownWords: true)
    let known = try NGramPredictor(counted(), tokenizer: words)
    var mixture = MixturePredictor([known, predictor], weights: [0.5, 0.5])
    #expect(try mixture.score(words.encode("a x b\n").ids).allSatisfy(\.isFinite))
    #expect(mapped.mappedWords == ["x"])
    let tuned = try MixturePredictor.tunedWeights(of: [known, predictor], on: "a b x\n", tokenizer: words)
    #expect(tuned.allSatisfy { $0 > 0 && $0 < 1 })
  }

  @Test("Words that are not in the tokenizer add to its <unk> even if the n-grams have no <unk>")
  func othersWithoutUnknown() throws {
    let model = try write(
      "\\data\\\nngram 1=3\n\n\\1-grams:\n-0.5\t</s>\n-0.4\ta\n-0.6\tb\n\n\\end\\\n")
    var predictor = try NGramPredictor(model, tokenizer: tokenizer("a <unk> <eos>"))
    let found = try predictor.logProbabilities().map { $0 / log(10) }
    #expect(abs(found[1] + 0.6) < 1e-6)
  }

  @Test("The padding token has probability 0 and needs no n-gram; a missing sentence end is an error")
  func special() throws {
    let padded = AnyTokenizer.word(
      WordTokenizer(vocabulary: try Vocabulary(tokens: ["", "a", "b", "c", "d", "e", "<unk>", "<eos>"])))
    var predictor = try NGramPredictor(counted(), tokenizer: padded)
    #expect(try predictor.logProbabilities()[0] == -.infinity)
    let endless = try write("\\data\\\nngram 1=2\n\n\\1-grams:\n-0.5\t<unk>\n-0.4\ta\n\n\\end\\\n")
    for maps in [false, true] {
      #expect(throws: InferenceError.noSentenceEnd(path: "n-grams")) {
        try NGramPredictor(endless, tokenizer: tokenizer("a <unk> <eos>"), mapsUnknownWords: maps)
      }
    }
    // A tokenizer without a line-end token needs no sentence end.
    #expect(throws: Never.self) { try NGramPredictor(endless, tokenizer: tokenizer("a <unk>")) }
  }
}
