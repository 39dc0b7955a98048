import Foundation
import MynahTensors
import MynahText
import Testing

/// Returns the names of the tokens of a text in a vocabulary that has all of them.
private func tokens(of text: String) throws -> [String] {
  let tokenizer = PunctuationTokenizer(training: text, minimumCount: 1)
  return try tokenizer.encode(text).ids.map { tokenizer.vocabulary[$0] }
}

struct PunctuationTokenizerTests {
  @Test(
    "Words, punctuation marks and line ends are tokens, and only unusual spacing is marked",
    arguments: [
      ("", []), ("\n", ["<eos>"]), ("Hello, world!\n", ["Hello", ",", "world", "!", "<eos>"]),
      ("Hello", ["Hello", "<eos>"]), ("don't it’s O'Neil", ["don't", "it’s", "O'Neil", "<eos>"]),
      ("1,000.5, 3. 4", ["1,000.5", ",", "3", ".", "4", "<eos>"]), ("e.g. a", ["e", ".", "￭g", ".", "a", "<eos>"]),
      ("well-known", ["well", "-", "known", "<eos>"]), ("a - b", ["a", "▁-▁", "b", "<eos>"]),
      ("(a) ( b )", ["(", "a", ")", "(▁", "b", "▁)", "<eos>"]),
      ("\"Yes,\" he", ["\"￭", "Yes", ",", "\"", "he", "<eos>"]),
      ("“a” b", ["“", "a", "”", "b", "<eos>"]), (" , a ", ["▁,", "a", "<eos>"]), ("a  \t b\n", ["a", "b", "<eos>"]),
      ("漢字。", ["▁漢", "字", "。", "<eos>"]), ("a&b", ["a", "￭&", "￭b", "<eos>"]), ("e\u{301}a", ["e\u{301}a", "<eos>"]),
      ("👍🏽 ok", ["👍", "￭🏽", "ok", "<eos>"]), ("<unk>", ["<", "￭unk", "￭>", "<eos>"]),
      ("a￭ ▁", ["a", "￭￭", "▁", "<eos>"]),
    ] as [(String, [String])])
  func encoding(_ text: String, _ expected: [String]) throws {
    #expect(try tokens(of: text) == expected)
  }

  @Test("Decoding keeps the spaces of any text, and runs of spaces become one")
  func roundTrip() throws {
    let alphabet = [
      "a", "b", "é", "e\u{301}", "7", " ", " ", "  ", "\n", ",", ".", "'", "\"", "(", ")", "-", "—", "“", "”", "$", "漢",
      "。", "￭", "▁", "\u{301}", "\u{200D}", "😀", "&", "<", "x", "…", "\t",
    ]
    var random = RandomSource(seed: 5)
    for _ in 0..<3000 {
      let length = Int(random.uniform(in: 0..<14))
      let text = (0..<length).map { _ in alphabet[Int(random.uniform(in: 0..<Float(alphabet.count)))] }.joined()
      let tokenizer = PunctuationTokenizer(training: text, minimumCount: 1)
      let decoded = try tokenizer.decode(tokenizer.encode(text).ids)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
        line.unicodeScalars.split(whereSeparator: \.properties.isWhitespace).map { String($0) }.joined(separator: " ")
      }
      let expected = lines.joined(separator: "\n") + (text.isEmpty || text.hasSuffix("\n") ? "" : "\n")
      #expect(decoded.unicodeScalars.elementsEqual(expected.unicodeScalars), "\(text.debugDescription)")
    }
  }

  @Test("Encoding a text line by line or word by word gives the tokens of the whole text")
  func parts() throws {
    let text = "“Well, ( what ) now?” - he said: \"Go (home)!\"\nIt's 3.5 km, e.g. to 'Rome'.\n"
    let tokenizer = PunctuationTokenizer(training: text, minimumCount: 1)
    let whole = try tokenizer.encode(text).ids
    let any = AnyTokenizer.wordsAndPunctuation(tokenizer)
    let words = text.split(separator: " ", omittingEmptySubsequences: false).enumerated()
    let ids = try words.flatMap { try any.encode(($0 > 0 ? " " : "") + $1, beginsText: $0 == 0, endsText: false).ids }
    #expect(ids == whole)
    #expect(try TextTokens.tokens(of: text, any).map(\.id) == whole)
  }

  @Test("A token that is known only without its marks is encoded without them; others are unknown")
  func unknownTokens() throws {
    let tokenizer = PunctuationTokenizer(training: "g . g . <unk>\n", minimumCount: 1)
    let encoded = try tokenizer.encode("e.g.\n")
    #expect(encoded.ids.map { tokenizer.vocabulary[$0] } == ["<unk>", "<unk>", "g", "<unk>", "<eos>"])
    #expect(encoded.unknownCount == 3)
    #expect(PunctuationTokenizer(training: "a b b").vocabulary.tokens == ["b", "<eos>", "<unk>"])
    let strict = PunctuationTokenizer(vocabulary: try Vocabulary(tokens: ["é"]))
    #expect(throws: TextError.unknownToken("ö", line: 2, column: 3)) { try strict.encode("é\né ö") }
  }

  @Test("A prompt's last bracket or quotation mark stays open and is joined to the text that follows")
  func prompts() throws {
    let tokenizer = PunctuationTokenizer(training: "(a) \"b\" ( \" c\n", minimumCount: 1)
    let names = { (text: String) in try tokenizer.encodePrompt(text).ids.map { tokenizer.vocabulary[$0] } }
    #expect(try names("a (") == ["a", "("])
    #expect(try names("a \"") == ["a", "\"￭"])
    #expect(try names("a ( ") == ["a", "(▁"])
    var decoder = tokenizer.decoder()
    #expect(
      try (names("c (") + ["b"]).map { decoder.decode(try #require(tokenizer.vocabulary.id(of: $0))) } == [
        "c", " (", "b",
      ])
  }

  @Test("The tokenizer is stored with its vocabulary, and characters are counted without marks")
  func stored() throws {
    let tokenizer = AnyTokenizer.wordsAndPunctuation(PunctuationTokenizer(training: "e.g. e.g. (a) (a)"))
    let data = try JSONEncoder().encode(tokenizer)
    #expect(try JSONDecoder().decode(AnyTokenizer.self, from: data) == tokenizer)
    let id = try #require(tokenizer.vocabulary.id(of: "￭g"))
    #expect(tokenizer.characterCount(of: id) == 1)
    #expect(tokenizer.kind == "words-and-punctuation" && tokenizer.hasWords)
  }
}
