import MynahAnalysis
import MynahText
import Testing

@Suite("Aligning tokens with words")
struct WordAlignerTests {
  /// The word of each token of the lines, or "·" for none.
  private func words(
    _ lines: [String], _ tokenizer: AnyTokenizer, _ policy: StatePolicy = .carry, endsLast: Bool = true
  ) throws -> [String] {
    var (text, aligner) = (TextTokens(tokenizer, policy: policy), WordAligner(tokenizer))
    var found: [String] = []
    func add(_ tokens: [TextToken]) throws {
      for token in tokens { found.append(try aligner.word(of: token)?.text ?? "·") }
    }
    for (index, line) in lines.enumerated() {
      let isEnded = endsLast || index + 1 < lines.count
      let tokens = try text.append(line, number: index + 1, isEnded: isEnded)
      try aligner.append(line, number: index + 1, isEnded: isEnded)
      try add(tokens)
    }
    try add(text.finish())
    return found
  }

  @Test("Unknown words keep their spelling, and line ends have no word")
  func wordTokens() throws {
    let tokenizer = AnyTokenizer.word(WordTokenizer(vocabulary: try Vocabulary(tokens: ["<eos>", "<unk>", "a"])))
    #expect(try words(["a zèbre", "", " <eos> <unk>"], tokenizer) == ["a", "zèbre", "·", "·", "<eos>", "<unk>", "·"])
    #expect(try words(["a b"], tokenizer, endsLast: false) == ["a", "b", "·"])
    let unended = AnyTokenizer.word(WordTokenizer(vocabulary: try Vocabulary(tokens: ["<unk>", "a"])))
    #expect(try words(["a b", "a"], unended) == ["a", "b", "a"])
  }

  @Test("With characters and bytes, a word includes the one space that ends it")
  func characterTokens() throws {
    let characters = AnyTokenizer.character(CharacterTokenizer(training: "ab é\n"))
    #expect(try words([" ab  é", "a"], characters) == ["·", "ab", "ab", "ab", "·", "é", "é", "a", "a"])
    #expect(try words(["a "], characters, endsLast: false) == ["a", "a"])
    #expect(try words(["é \u{A0}a"], .bytes(ByteTokenizer())) == ["é", "é", "é", "·", "·", "a", "a"])
  }

  @Test("A subword belongs to the word of its first character that is not white space", arguments: [false, true])
  func pieces(addsLeadingSpace: Bool) throws {
    let bytes = BytePairTokenizer(training: "a\n", vocabularySize: 257, specialTokens: ["<|end|>"]).vocabulary.tokens
    let merges = ["t h", "Ġ c", "Ġc a", "Ġca t"].map { $0.split(separator: " ").map(String.init) }
    let tokenizer = AnyTokenizer.bytePair(
      try BytePairTokenizer(
        vocabulary: Vocabulary(tokens: bytes + ["th", "Ġc", "Ġca", "Ġcat"]),
        merges: merges.map { (left: $0[0], right: $0[1]) },
        specialTokens: ["<|end|>"], addsLeadingSpace: addsLeadingSpace))
    for policy in [StatePolicy.carry, .reset] {
      let found = try words(["cat the catt", "", "  é<|end|>x", "t"], tokenizer, policy)
      let words = found.reduce(into: [String]()) { if $1 != "·" && $0.last != $1 { $0.append($1) } }
      #expect(words == ["cat", "the", "catt", "é<|end|>x", "t"], "\(found)")
      #expect(found.filter { $0 == "catt" }.count == 2)
    }
  }

  @Test("Keras's filters may split a word into several tokens, and dropped words have no token")
  func kerasTokens() throws {
    let tokenizer = AnyTokenizer.kerasWord(KerasTokenizer(training: ["don t stop ΟΔΟΣ"]))
    #expect(try words(["Don-t  stop!", "zebra ΟΔΟΣ"], tokenizer) == ["Don-t", "Don-t", "stop!", "ΟΔΟΣ"])
    let letters = AnyTokenizer.kerasWord(
      KerasTokenizer(KerasTokenizer.Settings(takesCharacters: true), training: ["ab \n"]))
    #expect(try words(["AB a"], letters) == ["AB", "AB", "AB", "a", "a"])
  }

  @Test("Subwords of a tokenizer.json are aligned with their words")
  func tokenizerJSON() throws {
    let bert = AnyTokenizer.huggingFace(
      try HuggingFaceTokenizer(
        json: #"""
          {"normalizer": {"type": "BertNormalizer"}, "pre_tokenizer": {"type": "BertPreTokenizer"},
           "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
           "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"[UNK]": 0, "cat": 1, "##s": 2, ".": 3}}}
          """#))
    #expect(try words(["Cats  cat.", "dog"], bert) == ["Cats", "Cats", "cat.", "cat.", "dog"])
    let blanks = AnyTokenizer.huggingFace(
      try HuggingFaceTokenizer(
        json: #"""
          {"pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"},
           "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"},
           "model": {"type": "BPE", "vocab": {"▁": 0, "a": 1, "b": 2, "▁a": 3, "\n": 4}, "merges": ["▁ a"]}}
          """#))
    #expect(try words(["ab a b", "b"], blanks) == ["ab", "ab", "a", "·", "b", "·", "b", "·"])
  }

  @Test("Tokens that do not spell the text are an error that names the line")
  func misaligned() throws {
    for tokenizer in [
      AnyTokenizer.bytes(ByteTokenizer()), .bytePair(BytePairTokenizer(training: "a\n", vocabularySize: 256)),
    ] {
      var aligner = WordAligner(tokenizer)
      try aligner.append("ab", number: 7)
      #expect(try aligner.word(of: TextToken(id: tokenizer.encode("a").ids[0], line: 7))?.text == "ab")
      let wrong = TextToken(id: try tokenizer.encode("z").ids[0], line: 7)
      #expect(throws: AnalysisError.wordsNotFound(line: 7, token: "z")) { try aligner.word(of: wrong) }
      #expect(throws: AnalysisError.self) { try aligner.word(of: TextToken(id: tokenizer.encode("b").ids[0], line: 8)) }
    }
    // Commas separate these words, and white space does not.
    let commas = AnyTokenizer.kerasWord(
      KerasTokenizer(KerasTokenizer.Settings(filters: "\n", separator: ","), training: ["a b,c"]))
    #expect(throws: AnalysisError.self) { try words(["a b,c"], commas) }
  }
}
