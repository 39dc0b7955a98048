import Foundation
import MynahText
import Testing

struct VocabularyTests {
  @Test("Tokens map to IDs, and IDs map to tokens")
  func roundTrip() throws {
    let vocabulary = try Vocabulary(tokens: ["b", "<eos>", "é", "<unk>", ""])
    #expect(vocabulary.count == 5)
    #expect((0..<5).map { vocabulary[$0] } == ["b", "<eos>", "é", "<unk>", ""])
    #expect(["b", "<eos>", "é", "<unk>", ""].map { vocabulary.id(of: $0) } == [0, 1, 2, 3, 4])
    #expect(vocabulary.id(of: "c") == nil)
    #expect(vocabulary.endOfSentenceID == 1)
    #expect(vocabulary.unknownID == 3)
  }

  @Test("An empty vocabulary contains no tokens")
  func empty() throws {
    let vocabulary = try Vocabulary(tokens: [])
    #expect(vocabulary.count == 0)
    #expect(vocabulary.tokens.isEmpty)
    #expect(vocabulary.id(of: "a") == nil)
    #expect(vocabulary.unknownID == nil && vocabulary.endOfSentenceID == nil)
  }

  @Test("A duplicate token is an error that gives both IDs")
  func duplicates() {
    #expect(throws: TextError.duplicateToken("a", firstID: 0, secondID: 2)) {
      try Vocabulary(tokens: ["a", "b", "a"])
    }
  }

  @Test("Tokens are compared by bytes, not by canonical equivalence")
  func normalization() throws {
    let vocabulary = try Vocabulary(tokens: ["caf\u{E9}", "cafe\u{301}"])
    #expect(vocabulary.id(of: "caf\u{E9}") == 0)
    #expect(vocabulary.id(of: "cafe\u{301}") == 1)
    #expect(try vocabulary != Vocabulary(tokens: ["cafe\u{301}", "caf\u{E9}"]))
  }

  @Test("Counting puts frequent tokens first and orders ties by code points")
  func counting() {
    // By code point, z < é < U+FF5A < U+1F600; UTF-16 order would swap the last two.
    let vocabulary = Vocabulary(counting: ["\u{1F600}", "\u{FF5A}", "é", "z", "B", "a", "a", "B", "a"])
    #expect(vocabulary.tokens == ["a", "B", "z", "é", "\u{FF5A}", "\u{1F600}"])
  }

  @Test("Rare tokens and tokens beyond the size limit are left out, but required ones never are")
  func limits() {
    let words = "a a a b b c c d <unk>".split(separator: " ")
    #expect(Vocabulary(counting: words, minimumCount: 2).tokens == ["a", "b", "c"])
    #expect(Vocabulary(counting: words, maximumSize: 2).tokens == ["a", "b"])
    #expect(
      Vocabulary(counting: words, minimumCount: 2, maximumSize: 3, required: ["<unk>", "<eos>"]).tokens
        == ["a", "<unk>", "<eos>"])
  }

  @Test("A thousand tokens keep their IDs while the table grows")
  func growth() throws {
    let tokens = (0..<1000).map { "token\($0)" }
    let vocabulary = try Vocabulary(tokens: tokens)
    #expect(vocabulary.tokens == tokens)
    #expect(tokens.indices.allSatisfy { vocabulary.id(of: tokens[$0]) == Int32($0) })
    #expect(vocabulary.id(of: "token1000") == nil)
  }

  @Test("A vocabulary is coded as an array of strings, and a duplicate token is an error in decoding")
  func coding() throws {
    let vocabulary = try Vocabulary(tokens: ["the", "\n", "“", "<eos>"])
    let data = try JSONEncoder().encode(vocabulary)
    #expect(try JSONDecoder().decode([String].self, from: data) == vocabulary.tokens)
    #expect(try JSONDecoder().decode(Vocabulary.self, from: data) == vocabulary)
    #expect(throws: TextError.duplicateToken("a", firstID: 0, secondID: 1)) {
      try JSONDecoder().decode(Vocabulary.self, from: Data(#"["a", "a"]"#.utf8))
    }
  }
}
