import Foundation
import MynahText
import Testing

struct KerasTokenizerTests {
  private func numbers(_ tokenizer: KerasTokenizer, _ words: String) -> [Int32?] {
    words.split(separator: " ").map { tokenizer.number(of: String($0)) }
  }

  @Test(
    "Texts are split at filtered characters and at the separator",
    arguments: [
      ("don't-do", ["don't", "do"]), ("do\rx", ["do\rx"]), ("", []), (" ", []), ("The cat!", ["the", "cat"]),
      ("<unk> <eos>", ["unk", "eos"]), ("a\tb\nc", ["a", "b", "c"]), ("a\u{A0}b—c…", ["a\u{A0}b—c…"]),
      ("ΟΔΟΣ ÉÀ", ["οδος", "éà"]), ("İ", ["i\u{307}"]), ("!?a", ["a"]),
    ])
  func cutting(_ text: String, _ words: [String]) {
    #expect(KerasTokenizer().words(of: text).map { Array($0.utf8) } == words.map { Array($0.utf8) })
  }

  @Test("Filters, lowercasing and the separator can be set")
  func settings() {
    #expect(KerasTokenizer(.init(filters: "")).words(of: "b\nc d") == ["b\nc", "d"])
    #expect(KerasTokenizer(.init(lowercases: false)).words(of: "A b") == ["A", "b"])
    #expect(KerasTokenizer(.init(separator: "--")).words(of: "a b!c--d-e----") == ["a b", "c", "d", "e"])
    #expect(KerasTokenizer(.init(filters: "é", separator: "é")).words(of: "aébe\u{301}") == ["a", "be\u{301}"])
  }

  @Test("Only words with IDs below the limit are kept; without an unknown token, others are dropped")
  func limit() {
    let texts = ["The cat, the dog; the CAT!", "b a"]
    let tokenizer = KerasTokenizer(.init(wordLimit: 4), training: texts)
    #expect(numbers(tokenizer, "the cat dog b a") == [1, 2, 3, 4, 5])
    #expect(tokenizer.sequence(of: "the cat dog zebra a b") == [1, 2, 3])
    #expect(tokenizer.vocabulary.tokens == ["", "the", "cat", "dog"])
    #expect(tokenizer.text(of: [0, 1, 4, 3, 99, -1]) == "the dog")
    #expect(tokenizer.count(of: "the") == 3 && tokenizer.documentCount == 2)
  }

  @Test("The unknown token has ID 1 and replaces words that are left out")
  func unknownToken() throws {
    let texts = ["The cat, the dog; the CAT!\nIt's a don't-do\rx", "b a"]
    let tokenizer = KerasTokenizer(.init(wordLimit: 5, unknownToken: "<unk>"), training: texts)
    #expect(numbers(tokenizer, "<unk> the cat a dog it's don't do\rx b") == [1, 2, 3, 4, 5, 6, 7, 8, 9])
    #expect(tokenizer.sequence(of: "the cat dog zebra it's a b") == [2, 3, 1, 1, 1, 4, 1])
    #expect(tokenizer.text(of: [2, 5, 0, 4, 1]) == "the <unk> <unk> a <unk>")
    let encoded = try tokenizer.encode("the dog zebra")
    #expect(encoded == EncodedText(ids: [2, 1, 1], unknownCount: 2, characterCount: 13))
    #expect(tokenizer.decode([2, 1, 4]) == "the <unk> a")
    #expect(tokenizer.vocabulary.textlessIDs == [1, 0])
  }

  @Test("Character tokens are lowercased but not filtered")
  func characters() {
    let tokenizer = KerasTokenizer(.init(takesCharacters: true), training: ["Ab a!"])
    #expect(["a", "b", " ", "!"].map { tokenizer.number(of: $0) } == [1, 2, 3, 4])
    #expect(tokenizer.sequence(of: "A!?") == [1, 4])
    #expect(tokenizer.text(of: [1, 4]) == "a !")
    #expect(tokenizer.decode([1, 3, 2]) == "a b")
  }

  @Test("An unknown token that occurs in the texts has its second ID")
  func unknownTokenInText() {
    let settings = KerasTokenizer.Settings(filters: "", unknownToken: "<unk>")
    let tokenizer = KerasTokenizer(settings, training: ["a <unk> a b\nc <unk> <unk>"])
    #expect(numbers(tokenizer, "<unk> a") == [2, 3] && tokenizer.number(of: "b\nc") == 4)
    #expect(tokenizer.sequence(of: "zebra a") == [2, 3])
    #expect(tokenizer.text(of: [1, 2, 3]) == "<unk> <unk> a")
    #expect(tokenizer.matrix(of: ["a"]).map(\.count) == [4])
  }

  @Test("The unknown token is used even if the limit excludes it, and a limit of 0 means no limit")
  func smallLimits() {
    let one = KerasTokenizer(.init(wordLimit: 1, unknownToken: "<unk>"), training: ["a b"])
    #expect(one.sequence(of: "a b c") == [1, 1, 1])
    #expect(KerasTokenizer(.init(wordLimit: 0), training: ["a b"]).sequence(of: "a b c") == [1, 2])
  }

  @Test("Counts accumulate over calls, and IDs are assigned anew")
  func fittingAgain() {
    var tokenizer = KerasTokenizer(training: ["a b"])
    #expect(numbers(tokenizer, "a b c") == [1, 2, nil])
    tokenizer.fit(["c b c", "C"])
    #expect(numbers(tokenizer, "c b a") == [1, 2, 3])
    tokenizer.fit(cut: [["A", "a", "x y"]])
    #expect(numbers(tokenizer, "a c b") == [1, 2, 3] && tokenizer.number(of: "x y") == 4)
    #expect(tokenizer.sequence(cut: ["A", "X Y", "!"]) == [1, 4])
    #expect(tokenizer.documentCount == 4)
  }

  @Test("Before the first text, no words are known")
  func empty() {
    let tokenizer = KerasTokenizer(.init(unknownToken: "<unk>"))
    #expect(tokenizer.sequence(of: "a").isEmpty && tokenizer.text(of: [1]) == "" && tokenizer.vocabulary.count == 1)
  }

  @Test("Text matrices have one column per ID")
  func matrices() {
    let tokenizer = KerasTokenizer(training: ["a a b", "b c", "b"])
    #expect(tokenizer.matrix(of: ["a a b", "", "c x"]) == [[0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 1]])
    #expect(tokenizer.matrix(of: ["a a b"], .count) == [[0, 1, 2, 0]])
    #expect(tokenizer.matrix(of: ["a a b b"], .frequency) == [[0, 0.5, 0.5, 0]])
    let weights = tokenizer.matrix(of: ["a a b"], .inverseDocumentFrequency)[0]
    let expected = [0, log(1 + 3.0 / 4), (1 + log(2.0)) * log(1 + 3.0 / 2), 0]
    #expect(zip(weights, expected).allSatisfy { abs($0 - $1) < 1e-12 })
    let limited = KerasTokenizer(.init(wordLimit: 2), training: ["a a b", "b c", "b"])
    #expect(limited.matrix(of: ["a b b"], .count) == [[0, 2]])
  }

  @Test("Keras's JSON restores the same tokenizer, which continues counting in the same order")
  func json() throws {
    for settings in [
      KerasTokenizer.Settings(), .init(wordLimit: 3, unknownToken: "<unk>"),
      .init(filters: "", lowercases: false, separator: "é", takesCharacters: true, unknownToken: "😀"),
    ] {
      let texts = ["z \"quoted\\\" é e\u{301} \u{1} 😀 <unk>", "b a z"]
      var tokenizer = KerasTokenizer(settings, training: texts)
      var read = try KerasTokenizer(json: tokenizer.json)
      #expect(read == tokenizer)
      read.fit(["q b"])
      tokenizer.fit(["q b"])
      #expect(read == tokenizer)
      let coded = try JSONEncoder().encode(AnyTokenizer.kerasWord(tokenizer))
      #expect(try JSONDecoder().decode(AnyTokenizer.self, from: coded) == .kerasWord(tokenizer))
    }
    #expect(try KerasTokenizer(json: KerasTokenizer().json) == KerasTokenizer())
  }

  @Test(
    "Numbers that are not valid JSON, and duplicate keys, are errors",
    arguments: ["+1", "01", "-01", "5.", ".5", "1e", "1e+", "-", "+", "{\"a\": 1, \"a\": 2}"])
  func strictJSON(_ text: String) {
    let error = #expect(throws: TextError.self) { try KerasTokenizer(json: "{\"config\": \(text)}") }
    if case .badJSON = error { return }
    Issue.record("\(text): \(String(describing: error))")
  }

  @Test("JSON that is not a tokenizer is an error with the position or the part")
  func badJSON() throws {
    func error(_ text: String) -> TextError? { #expect(throws: TextError.self) { try KerasTokenizer(json: text) } }
    #expect(error("{\"a\": tru}") == .badJSON(offset: 6, expected: "'true'", found: "'t'"))
    #expect(error("{}") == .badTokenizerJSON(part: "config.split", expected: "a string", found: "nothing"))
    let json = KerasTokenizer(training: ["a b"]).json
    for (good, bad, part) in [
      ("\"split\": \" \"", "\"split\": \"\"", "config.split"), ("\"lower\": true", "\"lower\": 1", "config.lower"),
      ("\"document_count\": 1", "\"document_count\": -1", "config.document_count"),
      ("{\\\"a\\\": 1, \\\"b\\\": 2}", "{\\\"a\\\": 2, \\\"b\\\": 1}", "config.word_index"),
      ("\"word_counts\": \"{", "\"word_counts\": \"[", ""),
    ] {
      #expect(json.contains(good))
      let found = error(json.replacingOccurrences(of: good, with: bad))
      if part.isEmpty { continue }
      #expect(found?.description.contains(part) == true)
    }
  }
}
