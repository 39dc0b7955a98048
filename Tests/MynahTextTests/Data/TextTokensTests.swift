import Foundation
import MynahText
import Testing

struct TextTokensTests {
  /// Lines whose ends byte pairs merge with the following text: indented, empty, blank, with tabs, carriage returns and
  /// multi-byte characters.
  static let text =
    "def f(x):\n    if x:\n        return 1\n\n\n    \n\tnaïve “日本” 😀\r\n"
    + "it's they're\n\n \nend  \n\u{A0}\u{2003} x\n<s> a\n"

  private static func bytePairs(
    special: [String] = [], addsLeadingSpace: Bool = false, vocabularySize: Int = 330
  ) throws -> AnyTokenizer {
    let learned = BytePairTokenizer(
      training: String(repeating: text, count: 5), vocabularySize: vocabularySize, specialTokens: special)
    let json = String(decoding: try JSONEncoder().encode(learned), as: UTF8.self)
      .replacing(#""addsLeadingSpace":false"#, with: "\"addsLeadingSpace\":\(addsLeadingSpace)")
    return .bytePair(try JSONDecoder().decode(BytePairTokenizer.self, from: Data(json.utf8)))
  }

  static func tokenizers() throws -> [(name: String, tokenizer: AnyTokenizer)] {
    let keras = KerasTokenizer(.init(unknownToken: "<unk>"), training: [text])
    let spaced = KerasTokenizer(.init(filters: "", unknownToken: "<unk>"), training: [text])
    return [
      ("words", .word(WordTokenizer(training: text))),
      ("words without line ends", .word(WordTokenizer(vocabulary: try Vocabulary(tokens: ["<unk>", "x", "return"])))),
      ("characters", .character(CharacterTokenizer(training: text))), ("bytes", .bytes(ByteTokenizer())),
      ("byte pairs", try bytePairs()), ("bytes alone", try bytePairs(vocabularySize: 256)),
      ("with a leading space", try bytePairs(addsLeadingSpace: true)),
      (
        "special tokens",
        try bytePairs(special: ["<s>", "\n\n\n", "): if", "<s> a\nd", " x:\n"], addsLeadingSpace: true)
      ),
      ("Keras words", .kerasWord(keras)), ("Keras words over line ends", .kerasWord(spaced)),
    ]
  }

  static let texts = [
    "", "\n", "a", " ", "\n\n", "x\n", "a b", "  a\n\n  b", "<s>\n<s>", "<s>", "x):\n if x:\n\n\n\n<s> a\ndef", text,
    String(text.dropLast()), text + text, "\r", "a\r\n\r\nb",
  ]

  @Test("Reading line by line gives the tokens of the whole text, with every tokenizer")
  func wholeText() throws {
    for (name, tokenizer) in try Self.tokenizers() {
      for text in Self.texts {
        var (tokens, read) = ([TextToken](), TextTokens(tokenizer))
        try read.append(wholeText: text) { piece, _ in tokens += piece }
        let whole = try tokenizer.encode(text)
        #expect(tokens.map(\.id) == whole.ids, "\(name): \(text.debugDescription)")
        #expect(read.unknownCount == whole.unknownCount && read.characterCount == whole.characterCount)
        #expect(tokens.allSatisfy { ($0.beginning == nil) == ($0 != tokens[0]) }, "\(name)")
      }
    }
  }

  @Test(
    "The tokens of a text are returned in pieces of at most the given length, with the progress",
    arguments: [1, 2, 7])
  func pieces(length: Int) throws {
    for (name, tokenizer) in try Self.tokenizers() {
      for text in Self.texts {
        var (tokens, shares, read) = ([TextToken](), [0.0], TextTokens(tokenizer))
        try read.append(wholeText: text, inPiecesOf: length) { piece, share in
          #expect((1...length).contains(piece.count))
          tokens += piece
          shares.append(share)
        }
        #expect(try tokens == TextTokens.tokens(of: text, tokenizer), "\(name): \(text.debugDescription)")
        #expect(zip(shares, shares.dropFirst()).allSatisfy { $0 <= $1 }, "\(name): \(shares)")
        #expect(tokens.isEmpty || abs((shares.last ?? 0) - 1) < 1e-12, "\(name): \(shares)")
      }
    }
  }

  @Test("A text starts after a line end if the vocabulary has one")
  func beginnings() throws {
    for (name, tokenizer) in try Self.tokenizers() {
      let expected = tokenizer.textStartID.map { TextToken.Beginning.after($0) } ?? .ofNothing
      let first = try TextTokens.tokens(of: "x return x", tokenizer).first
      #expect(first?.beginning == expected && first?.line == 1, "\(name)")
    }
  }

  @Test("Each token belongs to the line in which it starts")
  func lines() throws {
    for (name, tokenizer) in try Self.tokenizers() where name != "Keras words over line ends" {
      var (line, offset) = (1, 0)
      let bytes = Array(Self.text.utf8)
      guard case .bytePair(let pairs) = tokenizer else {
        let ends = try TextTokens.tokens(of: Self.text, tokenizer).filter { $0.id == tokenizer.textStartID }
        #expect(ends.map(\.line) == (tokenizer.textStartID == nil ? [] : Array(1...13)), "\(name)")
        continue
      }
      // A leading space belongs to no line.
      offset = pairs.addsLeadingSpace ? -1 : 0
      for token in try TextTokens.tokens(of: Self.text, tokenizer) {
        line = 1 + bytes[..<max(offset, 0)].count { $0 == UInt8(ascii: "\n") }
        #expect(token.line == line, "\(name): byte \(offset)")
        let special = pairs.specialTokens.first { pairs.vocabulary.id(of: $0) == token.id }
        offset += special?.utf8.count ?? pairs.bytes(of: [token.id]).count
        // A space may be added after a special token.
        if special != nil, offset < bytes.count, bytes[offset] != UInt8(ascii: " ") { offset -= 1 }
      }
    }
  }

  @Test("A line's tokens are returned at once, except at an end that may merge with the following text")
  func streaming() throws {
    let others = ["Keras words over line ends", "special tokens"]
    for (name, tokenizer) in try Self.tokenizers() where !others.contains(name) {
      var text = TextTokens(tokenizer)
      let isOfPairs = tokenizer.kind == BytePairTokenizer.kind
      let first = try text.append("a b", number: 7)
      #expect(text.heldLine == (isOfPairs ? 7 : nil), "\(name)")
      let second = try text.append("", number: 8) + text.append("    c", number: 9)
      #expect(text.heldLine == (isOfPairs ? 9 : nil), "\(name)")
      let tokens = try first + second + text.finish()
      #expect(tokens.map(\.id) == (try tokenizer.encode("a b\n\n    c\n").ids), "\(name)")
      #expect(tokens.map(\.line) == tokens.map(\.line).sorted() && text.heldLine == nil)
      // Start another text.
      #expect(try text.append("a b", number: 1).first?.beginning != nil)
    }
  }

  @Test("A state policy splits a text into parts that are tokenized independently")
  func policies() throws {
    for (name, tokenizer) in try Self.tokenizers() {
      for (policy, parts) in [
        (.reset, ["a b\n", "\n", "  c\n", " \n", "\n", "d"]), (.documents, ["a b\n\n", "  c\n \n", "\n", "d"]),
      ] as [(StatePolicy, [String])] {
        let tokens = try TextTokens.tokens(of: parts.joined(), tokenizer, policy: policy)
        let alone = try parts.map { try TextTokens.tokens(of: $0, tokenizer) }
        #expect(tokens.map(\.id) == alone.flatMap { $0.map(\.id) }, "\(name), \(policy)")
        #expect(tokens.map(\.beginning) == alone.flatMap { $0.map(\.beginning) }, "\(name), \(policy)")
      }
    }
  }

  @Test("After n predictions, a window resets the state and starts after the previous token")
  func windows() throws {
    let bytes = AnyTokenizer.bytes(ByteTokenizer())
    func starts(_ tokenizer: AnyTokenizer, _ text: String, length: Int) throws -> [Int: TextToken.Beginning] {
      let tokens = try TextTokens.tokens(of: text, tokenizer, policy: .windows(length: length))
      return Dictionary(
        uniqueKeysWithValues: tokens.enumerated().compactMap { index, token in token.beginning.map { (index, $0) } })
    }
    let (a, c) = (Int32(UInt8(ascii: "a")), Int32(UInt8(ascii: "c")))
    #expect(try starts(bytes, "abcde", length: 3) == [0: .after(10), 3: .after(c)])
    #expect(try starts(bytes, "ab", length: 1) == [0: .after(10), 1: .after(a)])
    // The first token is not predicted if nothing comes before it.
    let words = AnyTokenizer.word(WordTokenizer(vocabulary: try Vocabulary(tokens: ["a", "b"])))
    #expect(try starts(words, "a b a b a b", length: 2) == [0: .ofNothing, 3: .after(0), 5: .after(0)])
  }

  @Test("A continuation has no beginning, and no space is added before it")
  func continuation() throws {
    let tokenizer = try Self.bytePairs(addsLeadingSpace: true)
    var text = TextTokens(tokenizer, isContinuation: true)
    let tokens = try text.append("return", number: 1) + text.finish()
    #expect(tokens.allSatisfy { $0.beginning == nil })
    #expect(tokenizer.decode(tokens.map(\.id)) == "return\n")
  }

  @Test("A line with an unknown token is an error and does not affect the lines after it")
  func unknownTokens() throws {
    let speller = AnyTokenizer.character(
      try CharacterTokenizer(vocabulary: Vocabulary(tokens: ["a", "b", "\n"])))
    let pairs = AnyTokenizer.bytePair(
      try BytePairTokenizer(vocabulary: Vocabulary(tokens: ["a", "b", "Ċ", "Ġ"]), merges: []))
    for tokenizer in [speller, pairs] {
      var (text, other) = (TextTokens(tokenizer), TextTokens(tokenizer))
      var (tokens, expected) = try (text.append("ab", number: 1), other.append("ab", number: 1))
      #expect(throws: TextError.unknownToken("?", line: 2, column: 3)) { try text.append("aa?b", number: 2) }
      tokens += try text.append("ba", number: 3) + text.finish()
      expected += try other.append("ba", number: 3) + other.finish()
      #expect(tokens == expected && text.characterCount == 6)
    }
  }
}

struct StatePolicyTests {
  @Test("A policy is coded by its name, and windows with their length")
  func coding() throws {
    for (policy, json) in [
      (.carry, #""carry""#), (.reset, #""reset""#), (.documents, #""documents""#),
      (.windows(length: 35), #"{"windows":35}"#),
    ] as [(StatePolicy, String)] {
      #expect(String(decoding: try JSONEncoder().encode(policy), as: UTF8.self) == json)
      #expect(try JSONDecoder().decode(StatePolicy.self, from: Data(json.utf8)) == policy)
    }
    for json in [#""forget""#, #"{"windows":0}"#, "{}", "3"] {
      #expect(throws: DecodingError.self) { try JSONDecoder().decode(StatePolicy.self, from: Data(json.utf8)) }
    }
  }

  @Test("Generated text is reset at the same positions as text that is read")
  func writtenText() throws {
    func places(_ policy: StatePolicy) -> [Int] {
      var text = WrittenText(policy)
      return "a\n\nb \n \n\nc".enumerated().filter { text.append(String($0.element)) }.map(\.offset)
    }
    #expect(places(.carry) == [] && places(.windows(length: 1)) == [])
    #expect(places(.reset) == [1, 2, 5, 7, 8])
    #expect(places(.documents) == [2, 7, 8])
    var text = WrittenText(.reset)
    #expect(text.appendingTail(of: "a\nb") == ("b", true) && text.appendingTail(of: "c") == ("c", false))
    #expect(text.appendingTail(of: "\n") == ("", true) && text.appendingTail(of: "") == ("", false))
  }
}
