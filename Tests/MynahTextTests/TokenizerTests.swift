import Foundation
import MynahText
import Testing

struct WordTokenizerTests {
  let tokenizer: WordTokenizer

  init() throws {
    tokenizer = WordTokenizer(vocabulary: try Vocabulary(tokens: ["a", "b", "<eos>", "<unk>", "né"]))
  }

  @Test(
    "Words are separated by white space, and lines end with <eos>",
    arguments: [
      ("", []), ("a b\n", [0, 1, 2]), ("a b", [0, 1, 2]), ("\n", [2]), ("\n\n", [2, 2]), ("a\n\nb\n", [0, 2, 2, 1, 2]),
      (" a  \t b \n", [0, 1, 2]), ("a\r\nb\r\n", [0, 2, 1, 2]), ("a\u{A0}b\u{2003}a\u{3000}\n", [0, 1, 0, 2]),
      ("né\u{85}a\n", [4, 0, 2]), (" ", [2]), ("<eos>\n", [2, 2]),
    ] as [(String, [Int32])])
  func encoding(_ text: String, _ ids: [Int32]) throws {
    #expect(try tokenizer.encode(text).ids == ids)
  }

  @Test(
    "A prompt's last line stays open",
    arguments: [("", []), ("a b", [0, 1]), ("a\nb", [0, 2, 1]), ("a\n", [0, 2])] as [(String, [Int32])])
  func prompts(_ text: String, _ ids: [Int32]) throws {
    #expect(try tokenizer.encodePrompt(text).ids == ids)
  }

  @Test("Unknown words are encoded as <unk> and counted; a literal <unk> in the text is not counted")
  func unknownWords() throws {
    let encoded = try tokenizer.encode("a <unk> caffè né\n")
    #expect(encoded.ids == [0, 3, 3, 4, 2])
    #expect(encoded.unknownCount == 1)
    #expect(encoded.characterCount == 17)
  }

  @Test("Without <unk>, an unknown word is an error with its position")
  func unknownWordError() throws {
    let strict = WordTokenizer(vocabulary: try Vocabulary(tokens: ["é", "<eos>"]))
    #expect(throws: TextError.unknownToken("ö", line: 2, column: 3)) { try strict.encode("é\né ö\n") }
  }

  @Test("Without <eos>, line ends are white space")
  func noLineEnds() throws {
    let flat = WordTokenizer(vocabulary: try Vocabulary(tokens: ["a", "b"]))
    #expect(try flat.encode("a\n\nb\n").ids == [0, 1])
  }

  @Test("Decoding separates words with spaces and starts a new line after each <eos>")
  func decoding() {
    #expect(tokenizer.decode([0, 1, 2, 2, 4, 0]) == "a b\n\nné a")
    #expect(tokenizer.decode([]) == "")
  }

  @Test("Decoding token by token gives the same text")
  func streaming() {
    var decoder = tokenizer.decoder()
    #expect(([0, 1, 2, 4] as [Int32]).map { decoder.decode($0) } == ["a", " b", "\n", "né"])
  }

  @Test("A vocabulary built from a text contains words that occur twice, and always <unk> and <eos>")
  func training() {
    #expect(WordTokenizer(training: "b a b\na c").vocabulary.tokens == ["<eos>", "a", "b", "<unk>"])
    #expect(WordTokenizer(training: "").vocabulary.tokens == ["<unk>", "<eos>"])
  }

  @Test("A text with its own <unk> keeps every word, and parameters override the defaults")
  func trainingParameters() {
    #expect(WordTokenizer(training: "b <unk> a b\n").vocabulary.tokens == ["b", "<eos>", "<unk>", "a"])
    #expect(WordTokenizer(training: "b <unk> a b\n", minimumCount: 2).vocabulary.tokens == ["b", "<eos>", "<unk>"])
    #expect(
      WordTokenizer(training: "b a b\n", minimumCount: 1, maximumSize: 3).vocabulary.tokens == ["b", "<eos>", "<unk>"])
  }
}

struct CharacterTokenizerTests {
  @Test("Characters are Unicode scalars, including line ends")
  func roundTrip() throws {
    let text = "aé😀e\u{301}\n\na"
    let tokenizer = CharacterTokenizer(training: text)
    #expect(tokenizer.vocabulary.tokens == ["\n", "a", "e", "é", "\u{301}", "😀", "<unk>"])
    let encoded = try tokenizer.encode(text)
    #expect(encoded.ids == [1, 3, 5, 2, 4, 0, 0, 1])
    #expect(encoded.characterCount == 8)
    #expect(encoded.unknownCount == 0)
    #expect(tokenizer.decode(encoded.ids) == text)
    #expect(try tokenizer.encodePrompt(text) == encoded)
    #expect(try tokenizer.encode("").ids.isEmpty)
  }

  @Test("Unknown characters become <unk>; without <unk>, they are errors with their position")
  func unknownCharacters() throws {
    let tokenizer = CharacterTokenizer(training: "aab", minimumCount: 2)
    let encoded = try tokenizer.encode("ab😀")
    #expect(encoded.ids == [0, 1, 1])
    #expect(encoded.unknownCount == 2)
    let strict = try CharacterTokenizer(vocabulary: Vocabulary(tokens: ["a", "\n"]))
    #expect(throws: TextError.unknownToken("é", line: 2, column: 2)) { try strict.encode("a\naé") }
  }

  @Test("A token of several characters is an error in a character vocabulary")
  func longTokens() {
    #expect(throws: TextError.notOneCharacter(token: "ab", id: 1)) {
      try CharacterTokenizer(vocabulary: Vocabulary(tokens: ["a", "ab"]))
    }
  }

  @Test(
    "Special tokens can come first, [UNK] can replace <unk>, and characters can be sorted by code point")
  func leading() throws {
    let tokenizer = CharacterTokenizer(training: "b\na b", order: .codePoint, leading: ["", "[UNK]"])
    #expect(tokenizer.vocabulary.tokens == ["", "[UNK]", "\n", " ", "a", "b"])
    #expect(try tokenizer.encode("abc").ids == [4, 5, 1] && tokenizer.encode("c").unknownCount == 1)
    let small = CharacterTokenizer(training: "aab", maximumSize: 3, leading: [""])
    #expect(small.vocabulary.tokens == ["", "a", "<unk>"])
    let data = try JSONEncoder().encode(AnyTokenizer.character(tokenizer))
    #expect(try JSONDecoder().decode(AnyTokenizer.self, from: data) == .character(tokenizer))
  }

  @Test("Tokenizers in the format of older model files can still be decoded")
  func olderForm() throws {
    let json = #"{"kind": "character", "vocabulary": ["a", "\n", "<unk>"]}"#
    let tokenizer = try JSONDecoder().decode(AnyTokenizer.self, from: Data(json.utf8))
    #expect(try tokenizer.encode("a\nb").ids == [0, 1, 2])
  }

  @Test("Decoding token by token gives whole characters")
  func streaming() throws {
    let tokenizer = try CharacterTokenizer(vocabulary: Vocabulary(tokens: ["é", "\n", "b"]))
    var decoder = tokenizer.decoder()
    #expect(([0, 2, 1, 0] as [Int32]).map { decoder.decode($0) } == ["é", "b", "\n", "é"])
  }
}

struct AnyTokenizerTests {
  @Test("A tokenizer's coded form contains its kind and decodes to an equal tokenizer")
  func coding() throws {
    let tokenizers: [AnyTokenizer] = [
      .word(WordTokenizer(training: "a b a \"é\\\n")), .character(CharacterTokenizer(training: "a b a\n\t\"")),
      .bytes(ByteTokenizer()), .bytePair(BytePairTokenizer(training: "a b a b", vocabularySize: 257)),
      .kerasWord(KerasTokenizer(.init(unknownToken: "<unk>"), training: ["a b a"])),
    ]
    for tokenizer in tokenizers {
      let data = try JSONEncoder().encode(tokenizer)
      #expect(String(decoding: data, as: UTF8.self).contains("\"kind\":\"\(tokenizer.kind)\""))
      let decoded = try JSONDecoder().decode(AnyTokenizer.self, from: data)
      #expect(decoded == tokenizer)
      #expect(try AnyTokenizer(tokenizer.base) == tokenizer)
      #expect(try AnyTokenizer(tokenizer as any Tokenizer) == tokenizer)
      #expect(try decoded.encode("a b").ids == tokenizer.encode("a b").ids)
      #expect(decoded.decode([0, 1]) == tokenizer.decode([0, 1]))
    }
  }

  @Test("A custom kind of tokenizer cannot be stored in a model file")
  func foreignKind() {
    struct Letters: Tokenizer {
      let kind = "letters"
      let vocabulary: Vocabulary
      func encode(_ text: String) throws(TextError) -> EncodedText { EncodedText(ids: [], characterCount: 0) }
      func encodePrompt(_ text: String) throws(TextError) -> EncodedText { EncodedText(ids: [], characterCount: 0) }
      func decoder() -> TokenDecoder { WordTokenizer(vocabulary: vocabulary).decoder() }
      private enum CodingKeys: CodingKey { case vocabulary }
    }
    #expect(throws: TextError.unknownTokenizer(kind: "letters", known: AnyTokenizer.kinds)) {
      try AnyTokenizer(Letters(vocabulary: Vocabulary(tokens: [])))
    }
  }

  @Test("An unknown kind and a bad character vocabulary are errors")
  func badForms() {
    #expect(throws: TextError.unknownTokenizer(kind: "syllable", known: AnyTokenizer.kinds)) {
      try JSONDecoder().decode(AnyTokenizer.self, from: Data(#"{"kind": "syllable", "vocabulary": []}"#.utf8))
    }
    #expect(throws: TextError.notOneCharacter(token: "ab", id: 0)) {
      try JSONDecoder().decode(AnyTokenizer.self, from: Data(#"{"kind": "character", "vocabulary": ["ab"]}"#.utf8))
    }
  }
}
