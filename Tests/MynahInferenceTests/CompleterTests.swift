import Foundation
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import Testing

struct CompleterTests {
  private func model(_ tokenizer: AnyTokenizer, seed: UInt64 = 8) -> InferenceModel {
    var random = RandomSource(seed: seed)
    return InferenceModel(
      LanguageModel(
        LanguageModelConfiguration(
          vocabulary: tokenizer.vocabulary.count, embedding: 4, layers: [.lstm(6)], initializer: .uniform(1.2)),
        using: &random))
  }

  private func completer(_ tokenizer: AnyTokenizer) throws -> Completer {
    try Completer(NeuralPredictor(model(tokenizer)), tokenizer: tokenizer)
  }

  private let words = AnyTokenizer.word(
    WordTokenizer(training: "the then them a an élan elan e\u{301}tude <unk> sings\n", minimumCount: 1))

  @Test(
    "Words with the prefix are sorted by probability and have the model's probabilities",
    arguments: ["", "t", "the", "a", "é", "x"])
  func words(prefix: String) throws {
    var completer = try completer(words)
    try completer.read("the then ")
    let found = try completer.suggestions(prefix: prefix, count: 20)
    var state = model(words).initialState()
    let ids = try [words.startID] + words.encodePrompt("the then").ids
    let all = model(words).advance(ids, state: &state).softmax().elements
    let expected = (0..<Int32(words.vocabulary.count))
      .filter { $0 != words.endOfSentenceID && $0 != words.vocabulary.unknownID }
      .filter { Array(words.vocabulary[$0].utf8).starts(with: prefix.utf8) }
      .sorted { all[Int($0)] > all[Int($1)] }
    #expect(found.map { Array($0.text.utf8) } == expected.map { Array(words.vocabulary[$0].utf8) })
    for (suggestion, id) in zip(found, expected) { #expect(abs(suggestion.probability - Double(all[Int(id)])) < 1e-6) }
  }

  @Test("A smaller count returns only the most probable words")
  func count() throws {
    var completer = try completer(words)
    let all = try completer.suggestions(prefix: "", count: 100)
    #expect(try completer.suggestions(prefix: "", count: 3) == Array(all.prefix(3)))
    #expect(try completer.suggestions(prefix: "", count: 0) == [])
  }

  @Test("Reading a text word by word gives the same suggestions as reading it at once", arguments: 0..<3)
  func oneByOne(kind: Int) throws {
    let tokenizer = [words, letters, pieces()][kind]
    var (whole, parts) = (try completer(tokenizer), try completer(tokenizer))
    try whole.read("the cat sat ")
    for part in ["the ", "cat", " ", "sat ", ""] { try parts.read(part) }
    #expect(try parts.suggestions(prefix: "s", count: 4) == whole.suggestions(prefix: "s", count: 4))
  }

  @Test(
    "If case is ignored, words with the same suggested spelling are merged and their probabilities are added",
    arguments: 0..<3)
  func ignoringCase(kind: Int) throws {
    let tokenizer = [wordTokenizer("the The THE a élan Élan <unk>"), letters, pieces()][kind]
    let predictor = NeuralPredictor(model(tokenizer))
    var (exact, folded) = try (
      Completer(predictor, tokenizer: tokenizer), Completer(predictor, tokenizer: tokenizer, ignoresCase: true)
    )
    for context in ["a ", "a. ", "a\n"] {
      try exact.read(context)
      try folded.read(context)
      for prefix in ["", "t", "T", "tH", "TH", "é", "É"] {
        let forms = kind == 0 ? try exact.suggestions(prefix: "", count: 100) : []
        let found = try folded.suggestions(prefix: prefix, count: 50)
        #expect(Set(found.map(\.text)).count == found.count)
        for word in Set(found.map { $0.text.lowercased() }) where kind == 0 {
          let sums = [found, forms].map { $0.reduce(0) { $0 + ($1.text.lowercased() == word ? $1.probability : 0) } }
          #expect(abs(sums[0] - sums[1]) < 1e-6)
        }
        if context != "a " || prefix.first?.isUppercase == true {
          #expect(found.allSatisfy { $0.text.first?.isLowercase != true })
        }
        #expect(found.allSatisfy { $0.text.lowercased().hasPrefix(prefix.lowercased()) })
      }
    }
  }

  @Test("If case is ignored, a word that is in the vocabulary only in lower case is read in lower case")
  func lowercaseContext() throws {
    let tokenizer = wordTokenizer("the cat sat <unk>")
    let predictor = NeuralPredictor(model(tokenizer))
    var (upper, lower) = try (
      Completer(predictor, tokenizer: tokenizer, ignoresCase: true), Completer(predictor, tokenizer: tokenizer)
    )
    #expect(try upper.read("The CAT\nZebra ") == 1)
    try lower.read("the cat\nzebra ")
    #expect(try upper.suggestions(prefix: "s", count: 1) == lower.suggestions(prefix: "s", count: 1))
  }

  private func wordTokenizer(_ text: String) -> AnyTokenizer {
    .word(WordTokenizer(training: text + "\n", minimumCount: 1))
  }

  @Test("A tokenizer.json of whole words can be completed, but one of subwords is an error")
  func tokenizerJSON() throws {
    let pre = #""pre_tokenizer": {"type": "Whitespace"}"#
    let words = #"{"type": "WordLevel", "vocab": {"[UNK]": 0, "the": 1, "then": 2, "a": 3}, "unk_token": "[UNK]"}"#
    var completer = try completer(AnyTokenizer(tokenizerJSON: #"{"model": \#(words), \#(pre)}"#))
    try completer.read("a the ")
    #expect(Set(try completer.suggestions(prefix: "the", count: 5).map(\.text)) == ["the", "then"])
    let pieces = ###"{"type": "WordPiece", "vocab": {"[UNK]": 0, "a": 1, "##b": 2}, "unk_token": "[UNK]"}"###
    let tokenizer = try AnyTokenizer(tokenizerJSON: #"{"model": \#(pieces), \#(pre)}"#)
    #expect(throws: InferenceError.noCompletion) { try self.completer(tokenizer) }
  }

  @Test("A context may consist only of unknown words, which are counted")
  func unknown() throws {
    var completer = try completer(words)
    #expect(try completer.read("zebra quagga ") == 2)
    #expect(try completer.suggestions(prefix: "t", count: 9).count == 3)
  }

  private let letters = AnyTokenizer.character(CharacterTokenizer(training: "the cat sat.\n"))

  private func pieces() -> AnyTokenizer {
    .bytePair(BytePairTokenizer(training: "the cat sat on the mat that the cat sat on.\n", vocabularySize: 270))
  }

  /// All words of at most `length` characters with a prefix, by exhaustive search; “.” or white space ends a word.
  private func allWords(_ context: String, prefix: String, length: Int) throws -> [(text: String, probability: Double)]
  {
    let model = model(letters)
    let vocabulary = letters.vocabulary
    var found: [(text: String, probability: Double)] = []
    func goOn(_ word: String, _ probability: Double, _ state: RecurrentState, _ next: [Float]) {
      let isWhole = word.count >= prefix.count
      var end = 0.0
      for id in 0..<Int32(vocabulary.count) where id != vocabulary.unknownID {
        let (text, share) = (vocabulary[id], Double(next[Int(id)]))
        if isWhole && [" ", ".", "\n"].contains(text) {
          end += share
          continue
        }
        let longer = word + text
        guard longer.count <= length, longer.hasPrefix(prefix) || prefix.hasPrefix(longer) else { continue }
        var state = state
        let following = model.advance([id], state: &state).softmax().elements
        goOn(longer, probability * share, state, following)
      }
      if isWhole && !word.isEmpty { found.append((word, probability * end)) }
    }
    var state = model.initialState()
    let ids = try [letters.startID] + letters.encodePrompt(context).ids
    let next = model.advance(ids, state: &state).softmax().elements
    goOn("", 1, state, next)
    return found.sorted { $0.probability > $1.probability }
  }

  @Test("A character model suggests the same words as an exhaustive search", arguments: ["", "s", "ca", "t."])
  func characters(prefix: String) throws {
    var completer = try completer(letters)
    try completer.read("the ")
    let found = try completer.suggestions(prefix: prefix, count: 3)
    let expected = try allWords("the ", prefix: prefix, length: 5).prefix(3)
    // No word of more than five characters is probable enough here to be among the top three.
    #expect(found.map(\.text) == expected.map(\.text))
    for (own, other) in zip(found, expected) { #expect(abs(own.probability / other.probability - 1) < 1e-4) }
  }

  @Test("Byte pairs that merge a space with the typed letters are found, and each word is suggested once")
  func bytePairs() throws {
    let tokenizer = pieces()
    var completer = try completer(tokenizer)
    try completer.read("the ")
    let found = try completer.suggestions(prefix: "t", count: 6)
    #expect(found.count == 6)
    #expect(Set(found.map(\.text)).count == 6)
    #expect(found.allSatisfy { $0.text.hasPrefix("t") && !$0.text.contains(" ") })
    #expect(zip(found, found.dropFirst()).allSatisfy { $0.probability >= $1.probability })
  }

  @Test("A copy of a completer is independent of the original")
  func forks() throws {
    var completer = try completer(words)
    try completer.read("the ")
    var fork = completer
    try fork.read("sings sings ")
    var fresh = try self.completer(words)
    try fresh.read("the ")
    #expect(try completer.suggestions(prefix: "", count: 5) == fresh.suggestions(prefix: "", count: 5))
    #expect(try fork.suggestions(prefix: "", count: 5) != fresh.suggestions(prefix: "", count: 5))
  }

  @Test("A word costs one key per letter until it is suggested, and one key to accept or end it")
  func keystrokes() throws {
    var (report, completer) = (KeystrokeReport(), try completer(words))
    let line = "the sings zebra"
    var expected = 0
    var copy = completer
    for (index, word) in ["the", "sings", "zebra"].enumerated() {
      let typed = try (0..<word.count).first { length in
        try copy.suggestions(prefix: String(word.prefix(length)), count: 2).contains { $0.text == word }
      }
      expected += (typed ?? word.count) + 1
      try copy.read(word + (index < 2 ? " " : "\n"))
    }
    try report.type(line, &completer, suggestionCount: 2)
    #expect(report.keyCount == expected && report.plainKeyCount == 4 + 6 + 6)
    #expect(report.wordCount == 3)
    #expect(report.savedShare == 1 - Double(expected) / 16)
    #expect(try completer.suggestions(prefix: "", count: 9) == copy.suggestions(prefix: "", count: 9))
  }
}
