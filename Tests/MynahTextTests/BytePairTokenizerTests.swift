import Foundation
import MynahText
import Testing

struct BytePairTokenizerTests {
  static let text = "low lower lowest newer newest wider, low-est; it's they're 12 345 low\n\n  low  é“naïve” 日本 😀!\t\n"

  @Test("The most frequent pair is merged first, down to the minimum count")
  func training() {
    let tokenizer = BytePairTokenizer(training: "ab ab ac ac ad", vocabularySize: 260, minimumCount: 2)
    // “Ġa” occurs four times; after that, only “Ġa” followed by “c” occurs twice.
    #expect(tokenizer.vocabulary.count == 258)
    #expect(tokenizer.vocabulary.tokens.suffix(2) == ["Ġa", "Ġac"])
    #expect(tokenizer.vocabulary.tokens.prefix(3) == ["!", "\"", "#"])
    #expect(tokenizer.vocabulary[255] == "Ń")
  }

  @Test("Of equally frequent pairs, the one with the smaller token IDs is merged first")
  func ties() {
    // “xb”, “Ġx” and “xa” occur once each; “a” comes before “b”, and “x” before “Ġ”.
    let tokenizer = BytePairTokenizer(training: "xb xa", vocabularySize: 257, minimumCount: 1)
    #expect(tokenizer.vocabulary.tokens.last == "xa")
  }

  @Test("A pair of equal tokens is counted and merged from the left")
  func overlaps() throws {
    let tokenizer = BytePairTokenizer(training: "aaaaa aaaaa", vocabularySize: 258)
    #expect(tokenizer.vocabulary.tokens.suffix(2) == ["aa", "aaa"])
    #expect(try tokenizer.encode("aaaaa").ids == [256, 257])
    #expect(try tokenizer.encode("aaaa").ids == [256, 256])
  }

  @Test("Any text and any bytes are decoded unchanged")
  func roundTrip() throws {
    let tokenizer = BytePairTokenizer(training: Self.text, vocabularySize: 300, specialTokens: ["<|end|>"])
    for text in [
      "", "a", " ", "\n", Self.text, "unseen wörds <|end|> \u{0} e\u{301}", "<|end|>", "<|end|", "  '", "'s't'",
    ] {
      let encoded = try tokenizer.encode(text)
      #expect(tokenizer.decode(encoded.ids).utf8.elementsEqual(text.utf8))
      #expect(encoded.characterCount == text.unicodeScalars.count && encoded.unknownCount == 0)
      #expect(try tokenizer.encodePrompt(text) == encoded)
    }
    let bytes = Array(0...UInt8.max) + (0...UInt8.max).reversed() + [0xC3, 0x20, 0xE2, 0x82]
    #expect(try tokenizer.bytes(of: tokenizer.encode(bytes: bytes)) == bytes)
    #expect(try tokenizer.encode("a<|end|>b").ids.count { $0 == 0 } == 1)
    #expect(tokenizer.vocabulary[0] == "<|end|>" && tokenizer.vocabulary[1] == "!")
  }

  @Test("Decoding token by token gives whole characters")
  func streaming() throws {
    let tokenizer = BytePairTokenizer(training: "", vocabularySize: 256)
    var decoder = tokenizer.decoder()
    #expect(try tokenizer.encode("é b").ids.map { decoder.decode($0) } == ["", "é", " ", "b"])
  }

  @Test("Texts start after a line feed, which is “Ċ” in a byte-pair vocabulary")
  func start() {
    let tokenizer = BytePairTokenizer(training: "", vocabularySize: 256)
    #expect(tokenizer.vocabulary[tokenizer.startID] == "Ċ")
    #expect(ByteTokenizer().startID == 10 && KerasTokenizer().startID == 0)
    #expect(WordTokenizer(training: "a\n").startID == 0)
    #expect(AnyTokenizer.bytePair(tokenizer).startID == tokenizer.startID)
  }

  @Test("A text without repeated pairs gives a vocabulary of only the bytes")
  func small() throws {
    for text in ["", "a", "a b c"] {
      #expect(BytePairTokenizer(training: text, vocabularySize: 1000).vocabulary.count == 256)
    }
    #expect(BytePairTokenizer(training: "ab", vocabularySize: 1000, minimumCount: 1).vocabulary.count == 257)
  }

  @Test("A long run of one letter is decoded unchanged")
  func longRuns() throws {
    let tokenizer = BytePairTokenizer(training: String(repeating: "a", count: 64) + " aa aa", vocabularySize: 260)
    let text = String(repeating: "a", count: 200_000)
    let ids = try tokenizer.encode(text).ids
    #expect(ids.count < 50_000 && tokenizer.decode(ids) == text)
  }

  @Test("A tokenizer is restored from its coded form, and invalid merges and special tokens are errors")
  func coding() throws {
    let tokenizer = BytePairTokenizer(training: Self.text, vocabularySize: 290, specialTokens: ["<s>"])
    let data = try JSONEncoder().encode(AnyTokenizer.bytePair(tokenizer))
    #expect(try JSONDecoder().decode(AnyTokenizer.self, from: data) == .bytePair(tokenizer))
    let vocabulary = try Vocabulary(tokens: ["a", "b", "ab"])
    #expect(throws: TextError.badMerge(left: "b", right: "a", index: 1)) {
      try BytePairTokenizer(vocabulary: vocabulary, merges: [("a", "b"), ("b", "a")])
    }
    #expect(throws: TextError.unknownString("<s>")) {
      try BytePairTokenizer(vocabulary: vocabulary, merges: [], specialTokens: ["<s>"])
    }
    let small = try BytePairTokenizer(vocabulary: vocabulary, merges: [("a", "b")])
    #expect(try small.encode("aab").ids == [0, 2])
    #expect(throws: TextError.unknownToken("c", line: 1, column: 3)) { try small.encode("abc") }
  }
}

struct TokenizerJSONTests {
  private func error(_ text: String) -> TextError? {
    #expect(throws: TextError.self) { try AnyTokenizer(tokenizerJSON: text) }
  }

  @Test("Word and byte-pair tokenizers are restored from their tokenizer.json; other kinds have none")
  func roundTrip() throws {
    let tokenizers: [AnyTokenizer] = [
      .word(WordTokenizer(training: "a b a \"é\\ e\u{301}\n")),
      .word(WordTokenizer(vocabulary: try Vocabulary(tokens: ["a", "[UNK]"]))),
      .bytePair(
        BytePairTokenizer(training: BytePairTokenizerTests.text, vocabularySize: 290, specialTokens: ["<s>", "</s>"])),
    ]
    for tokenizer in tokenizers {
      #expect(try AnyTokenizer(tokenizerJSON: try #require(tokenizer.tokenizerJSON)) == tokenizer)
    }
    #expect(AnyTokenizer.bytes(ByteTokenizer()).tokenizerJSON == nil)
    #expect(AnyTokenizer.character(CharacterTokenizer(training: "a")).tokenizerJSON == nil)
  }

  @Test("Other parts in a tokenizer.json make it a Hugging Face tokenizer, and unknown ones are errors that name them")
  func otherParts() throws {
    let pairs = try #require(
      AnyTokenizer.bytePair(BytePairTokenizer(training: "ab ab", vocabularySize: 258, specialTokens: ["<s>"]))
        .tokenizerJSON)
    let words = try #require(AnyTokenizer.word(WordTokenizer(training: "a b a b\n")).tokenizerJSON)
    for (json, good, bad) in [
      (pairs, "\"normalizer\": null", "\"normalizer\": {\"type\": \"NFC\"}"),
      (pairs, "\"use_regex\": true", "\"use_regex\": false"),
      (pairs, "\"ignore_merges\": false", "\"ignore_merges\": true"),
      (pairs, "\"lstrip\": false", "\"lstrip\": true"),
      (pairs, "\"post_processor\": null", "\"post_processor\": {\"type\": \"BertProcessing\"}"),
      (words, "WhitespaceSplit", "Whitespace"), (words, "\" <eos> \"", "\"<eos>\""),
      (words, "\"unk_token\": \"<unk>\"", "\"unk_token\": \"?\""),
    ] {
      #expect(json.contains(good))
      let tokenizer = try AnyTokenizer(tokenizerJSON: json.replacingOccurrences(of: good, with: bad))
      #expect(tokenizer.kind == HuggingFaceTokenizer.kind, "\(bad)")
    }
    for (good, bad, part) in [
      ("\"dropout\": null", "\"dropout\": 0.1", "tokenizer.model.dropout"),
      ("\"type\": \"ByteLevel\"", "\"type\": \"Mystery\"", "tokenizer.pre_tokenizer.type"),
      ("\"type\": \"BPE\"", "\"type\": \"Mystery\"", "tokenizer.model.type"),
      ("\"!\": 1,", "", "tokenizer.model.vocab"), ("\"!\": 1,", "\"!\": 2,", "tokenizer.model.vocab"),
    ] {
      #expect(pairs.contains(good))
      let found = error(pairs.replacingOccurrences(of: good, with: bad))
      #expect(found?.description.contains(part) == true, "\(bad): \(found?.description ?? "no error")")
    }
    #expect(
      error(pairs.replacingOccurrences(of: "\"a b\"", with: "\"a c\"")) == .badMerge(left: "a", right: "c", index: 0))
    #expect(error("[]") != nil && error("{\"model\": {}}") != nil)
  }
}
