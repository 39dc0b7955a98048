import Foundation
import MynahInference
import MynahText
import TestSupport
import Testing

struct NGramTests {
  /// The word tokenizer of the text from which KenLM counted its model.
  private let tokenizer: AnyTokenizer
  private let ids: [Int32]

  init() throws {
    let text = try Self.fixture("kenlm-text.txt")
    let words = WordTokenizer(training: text, minimumCount: 1)
    (tokenizer, ids) = (.word(words), try words.encode(text).ids)
  }

  private static func path(_ name: String) throws -> String {
    try #require(Bundle.module.path(forResource: "Fixtures/" + name, ofType: nil))
  }

  private static func fixture(_ name: String) throws -> String {
    try String(contentsOfFile: path(name), encoding: .utf8)
  }

  /// The output of KenLM's query tool: the log10 probability of each word of each line.
  private func answers() throws -> [[Double]] {
    try Self.fixture("kenlm-answers.txt").split(separator: "\n").filter { $0.contains("Total:") }.map { line in
      line.split(separator: "\t").filter { !$0.contains(":") }.map { Double($0.split(separator: " ")[2]) ?? .nan }
    }
  }

  /// The model's log-probability of each word of each line of KenLM's queries.
  private func scores(_ model: NGramModel) throws -> [[Double]] {
    let start = try #require(tokenizer.endOfSentenceID)
    return try Self.fixture("kenlm-queries.txt").split(separator: "\n", omittingEmptySubsequences: false).dropLast().map
    { line in
      var predictor = try NGramPredictor(model, tokenizer: tokenizer)
      try predictor.read([start])
      return try predictor.score(tokenizer.encode(line + "\n").ids)
    }
  }

  @Test("A model read from an ARPA file has the same probabilities as in KenLM, for unknown words too")
  func reading() throws {
    let model = try NGramModel(arpa: Self.path("kenlm.arpa"))
    #expect(model.order == 3 && model.counts == [250, 890, 1200])
    let (found, expected) = (try scores(model), try answers())
    #expect(found.map(\.count) == expected.map(\.count) && found.count == 12)
    for (own, other) in zip(found.joined(), expected.joined()) { #expect(abs(own / log(10) - other) < 2e-6) }
  }

  @Test("A model counted from a text has the same probabilities as KenLM's")
  func counting() throws {
    let model = try NGramModel(counting: ids, tokenizer: tokenizer, order: 3)
    #expect(model.counts == [250, 890, 1200])
    let (found, expected) = (try scores(model), try answers())
    #expect(found.map(\.count) == expected.map(\.count))
    for (own, other) in zip(found.joined(), expected.joined()) { #expect(abs(own / log(10) - other) < 1e-5) }
  }

  @Test("A model that is written and read back has the same probabilities")
  func writing() throws {
    let model = try NGramModel(counting: ids, tokenizer: tokenizer, order: 3)
    let folder = try ScratchFolder()
    let path = folder.path + "/model.arpa"
    try model.write(arpa: path)
    let read = try NGramModel(arpa: path)
    #expect(read.counts == model.counts)
    let (found, expected) = (try scores(read).flatMap(\.self), try scores(model).flatMap(\.self))
    #expect(largestDifference(found, expected) < 1e-5)
  }

  @Test("The probabilities of the next token add up to 1 in any context", arguments: 1...4)
  func normalised(order: Int) throws {
    let model = try NGramModel(counting: ids, tokenizer: tokenizer, order: order)
    var predictor = try NGramPredictor(model, tokenizer: tokenizer)
    for id in ids.prefix(25) {
      try predictor.read([id])
      let sum = try predictor.logProbabilities().reduce(0.0) { $0 + exp(Double($1)) }
      #expect(abs(sum - 1) < 1e-5)
    }
  }

  @Test("Scoring one token gives the same log-probability as the distribution over all tokens")
  func atOnce() throws {
    let model = try NGramModel(counting: ids, tokenizer: tokenizer, order: 3)
    var predictor = try NGramPredictor(model, tokenizer: tokenizer)
    try predictor.read(Array(ids.prefix(7)))
    let all = try predictor.logProbabilities()
    for id in 0..<Int32(predictor.vocabularySize) {
      var copy = predictor
      #expect(try copy.score([id]) == [Double(all[Int(id)])])
    }
  }

  @Test("Character tokenizers, empty texts and vocabularies with sentence marks cannot be counted")
  func impossible() throws {
    let characters = AnyTokenizer.character(CharacterTokenizer(training: "abc\n"))
    #expect(throws: InferenceError.noSentences) { try NGramModel(counting: [0, 1], tokenizer: characters, order: 2) }
    #expect(throws: InferenceError.nothingToCount) {
      try NGramModel(counting: [], tokenizer: tokenizer, order: 2, fallback: .fallback)
    }
    let marked = AnyTokenizer.word(WordTokenizer(training: "<s> a </s>\n", minimumCount: 1))
    #expect(throws: InferenceError.sentenceMark("<s>")) {
      try NGramModel(counting: [0, 1], tokenizer: marked, order: 2)
    }
  }

  // MARK: Discounts

  private func letters() throws -> (AnyTokenizer, [Int32]) {
    let text = try Self.fixture("kenlm-letters.txt")
    let words = WordTokenizer(training: text, minimumCount: 1)
    return (.word(words), try words.encode(text).ids)
  }

  @Test("Only lengths whose discounts cannot be estimated use KenLM's fallback", arguments: [1, 2])
  func fallback(order: Int) throws {
    let (tokenizer, ids) = try letters()
    let model = try NGramModel(counting: ids, tokenizer: tokenizer, order: order, fallback: .fallback)
    let kenLM = try NGramModel(arpa: Self.path("kenlm-letters-\(order).arpa"))
    #expect(model.smoothing?.fallbackLengths == [1] && model.counts == kenLM.counts)
    #expect(model.smoothing?.discounts.map { $0 == .fallback } == [true, false].prefix(order).map { $0 })
    var (own, other) = try (NGramPredictor(model, tokenizer: tokenizer), NGramPredictor(kenLM, tokenizer: tokenizer))
    let probabilities = try (own.score(ids), other.score(ids))
    #expect(largestDifference(probabilities.0, probabilities.1) < 1e-5)
    #expect(try abs(own.logProbabilities().reduce(0) { $0 + exp($1) } - 1) < 1e-5)
  }

  @Test("Without a fallback, discounts that cannot be estimated are an error that names the length")
  func noFallback() throws {
    let (tokenizer, ids) = try letters()
    #expect(throws: InferenceError.tooFewNGrams(length: 1)) {
      try NGramModel(counting: ids, tokenizer: tokenizer, order: 2)
    }
    let model = try NGramModel(counting: self.ids, tokenizer: self.tokenizer, order: 3)
    #expect(model.smoothing?.fallbackLengths == [] && model.smoothing?.discounts.count == 3)
  }

  @Test("Probabilities add up to 1 even for tiny texts and custom discounts")
  func smallTexts() throws {
    let own = NGramDiscounts(one: 1, two: 2, threeOrMore: 3)
    for text in ["a\n", "\n", "a a a a\n", "a b\na b\na b\na b\n"] {
      let words = AnyTokenizer.word(WordTokenizer(training: text, minimumCount: 1))
      let ids = try words.encode(text).ids
      for (order, discounts) in [(1, NGramDiscounts.fallback), (3, .fallback), (2, own), (5, own)] {
        let model = try NGramModel(counting: ids, tokenizer: words, order: order, fallback: discounts)
        var predictor = try NGramPredictor(model, tokenizer: words)
        for id in ids {
          #expect(try abs(predictor.logProbabilities().reduce(0) { $0 + exp($1) } - 1) < 1e-5, "\(text) \(order)")
          try predictor.read([id])
        }
      }
    }
  }
}
