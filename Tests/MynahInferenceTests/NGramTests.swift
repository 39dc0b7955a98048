import Foundation
import MynahInference
import MynahText
import TestSupport
import Testing

struct NGramTests {
  /// The text that KenLM counted, in words.
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

  /// The output of KenLM's query: log10 p of each word of each line.
  private func answers() throws -> [[Double]] {
    try Self.fixture("kenlm-answers.txt").split(separator: "\n").filter { $0.contains("Total:") }.map { line in
      line.split(separator: "\t").filter { !$0.contains(":") }.map { Double($0.split(separator: " ")[2]) ?? .nan }
    }
  }

  /// ln p by KenLM of each word of each line.
  private func scores(_ model: NGramModel) throws -> [[Double]] {
    let start = try #require(tokenizer.endOfSentenceID)
    return try Self.fixture("kenlm-queries.txt").split(separator: "\n", omittingEmptySubsequences: false).dropLast().map
    { line in
      var predictor = try NGramPredictor(model, tokenizer: tokenizer)
      try predictor.read([start])
      return try predictor.score(tokenizer.encode(line + "\n").ids)
    }
  }

  @Test("A model read from an ARPA file has KenLM's probabilities, for unknown words too")
  func reading() throws {
    let model = try NGramModel(arpa: Self.path("kenlm.arpa"))
    #expect(model.order == 3 && model.counts == [250, 890, 1200])
    let (found, expected) = (try scores(model), try answers())
    #expect(found.map(\.count) == expected.map(\.count) && found.count == 12)
    for (own, other) in zip(found.joined(), expected.joined()) { #expect(abs(own / log(10) - other) < 2e-6) }
  }

  @Test("A model counted from a text has KenLM's probabilities")
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

  @Test("All tokens at once get the probabilities that they get one by one")
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

  @Test("Models of other words are not mixed")
  func vocabularies() throws {
    let model = try NGramModel(counting: ids, tokenizer: tokenizer, order: 2)
    let other = AnyTokenizer.word(WordTokenizer(training: "the unheard parrot\n"))
    #expect(throws: InferenceError.self) { try NGramPredictor(model, tokenizer: other) }
  }

  @Test("Characters have no n-grams, and a short text no discounts")
  func impossible() throws {
    let characters = AnyTokenizer.character(CharacterTokenizer(training: "abc\n"))
    #expect(throws: InferenceError.noSentences) { try NGramModel(counting: [0, 1], tokenizer: characters, order: 2) }
    let words = WordTokenizer(training: "a b a b\n", minimumCount: 1)
    let ids = try words.encode("a b a b\n").ids
    #expect(throws: InferenceError.tooFewNGrams(length: 1)) {
      try NGramModel(counting: ids, tokenizer: .word(words), order: 2)
    }
  }

  @Test(
    "A file that is no ARPA file is refused with the line",
    arguments: [
      ("", 0), ("hello\n", 1), ("\\data\\\nngram 2=1\n", 2), ("\\data\\\nngram 1=x\n", 2),
      ("\\data\\\nngram 1=1\n\\2-grams:\n", 3), ("\\data\\\nngram 1=1\n\n\\1-grams:\n-1\ta\n", 5),
      ("\\data\\\nngram 1=1\n\\1-grams:\n0.5\ta\n\\end\\\n", 4),
      ("\\data\\\nngram 1=1\n\\1-grams:\n-1\ta b c\n\\end\\\n", 4),
      ("\\data\\\nngram 1=2\n\\1-grams:\n-1\ta\n\\end\\\n", 5),
      ("\\data\\\nngram 1=2\n\\1-grams:\n-1\ta\n-1\ta\n\\end\\\n", 6),
      ("\\data\\\nngram 1=1\nngram 2=1\n\\1-grams:\n-1\ta\t-1\n\\2-grams:\n-1\ta b\n\\end\\\n", 7),
      ("\\data\\\nngram 1=1\nngram 2=2\n\\1-grams:\n-1\ta\t-1\n\\2-grams:\n-1\ta a\n-1\ta a\n\\end\\\n", 8),
      ("\\data\\\nngram 1=1\n\\1-grams:\nnan\ta\n\\end\\\n", 4),
    ])
  func malformed(text: String, line: Int) throws {
    let folder = try ScratchFolder()
    let path = folder.path + "/bad.arpa"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    let error = #expect(throws: InferenceError.self) { try NGramModel(arpa: path) }
    guard case .malformedNGrams(path, let found, _, _) = error else {
      Issue.record("found \(String(describing: error))")
      return
    }
    #expect(found == line)
  }
}
