import Foundation
import MynahIO
import MynahText
import TestSupport
import Testing

struct VocabularyOrderTests {
  @Test(
    "Each order assigns the IDs of the same counts in its own way",
    arguments: [
      (.countThenCodePoint, ["c", "a", "b", "d", "é"]), (.countThenFirstSeen, ["c", "b", "a", "é", "d"]),
      (.countThenFallingBytes, ["c", "b", "a", "é", "d"]), (.codePoint, ["a", "b", "c", "d", "é"]),
      (.firstSeen, ["b", "a", "c", "é", "d"]),
    ] as [(Vocabulary.Order, [String])])
  func orders(_ order: Vocabulary.Order, _ tokens: [String]) {
    #expect(Vocabulary(counting: "b a c é c b d a c".split(separator: " "), order: order).tokens == tokens)
  }

  @Test("Ties sort in descending byte order, as in the documented example: a c d d z b gives d z c b a")
  func fallingTies() {
    let words = ["a", "c", "d", "d", "z", "b"]
    #expect(Vocabulary(counting: words, order: .countThenFallingBytes).tokens == ["d", "z", "c", "b", "a"])
    #expect(Vocabulary(counting: [String](), order: .countThenFallingBytes).count == 0)
  }

  @Test("Leading tokens come first, once each, whether or not they occur, and count towards the size")
  func leading() {
    let words = "a a <unk> b b b c".split(separator: " ")
    #expect(
      Vocabulary(counting: words, leading: ["", "<unk>"], required: ["<unk>", "<eos>"]).tokens
        == ["", "<unk>", "b", "a", "c", "<eos>"])
    #expect(Vocabulary(counting: words, maximumSize: 3, leading: ["", "<unk>"]).tokens == ["", "<unk>", "b"])
    #expect(Vocabulary(counting: words, minimumCount: 2, leading: ["<s>"]).tokens == ["<s>", "b", "a"])
  }

  @Test("A token in several slots has the ID of the last one, and every slot maps to the token")
  func slots() throws {
    let vocabulary = Vocabulary(slots: ["<unk>", "a", "<unk>", "b", ""])
    #expect(vocabulary.count == 5 && vocabulary.tokens == ["<unk>", "a", "<unk>", "b", ""])
    #expect(vocabulary.unknownID == 2 && vocabulary.paddingID == 4 && vocabulary.textlessIDs == [2, 4])
    #expect(vocabulary.id(of: "a") == 1 && vocabulary.id(of: "b") == 3 && vocabulary.id(of: "c") == nil)
    #expect(try Vocabulary(slots: ["a", "b"]) == Vocabulary(tokens: ["a", "b"]))
    for vocabulary in [vocabulary, Vocabulary(slots: []), Vocabulary(slots: ["", ""])] {
      let data = try JSONEncoder().encode(vocabulary)
      #expect(try JSONDecoder().decode(Vocabulary.self, from: data) == vocabulary)
    }
  }

  @Test("[UNK] is the unknown token if there is no <unk>")
  func unknown() throws {
    #expect(try Vocabulary(tokens: ["[UNK]", "<unk>"]).unknownID == 1)
    #expect(try Vocabulary(tokens: ["a", "[UNK]"]).unknownID == 1)
    #expect(try Vocabulary(tokens: ["a"]).textlessIDs.isEmpty)
  }
}

struct VocabularyLinesTests {
  static let vocabularies = [
    [], [""], ["a"], ["\n"], ["\u{FEFF}b", "", "a b", "\\", "\\n", "\r", "é", "e\u{301}", "\t", "u{FEFF}"], [" "],
    ["\n\n", "\r\n", "\\\\", "\\\\n", "\\n\\r", "\\\\\\r", "\\u{FEFF}", "\\u{FEFF}x", "n", "\\nabla", "\\right"],
  ]

  @Test("A vocabulary is written with one token per line, and any token is read back", arguments: vocabularies)
  func roundTrip(_ tokens: [String]) throws {
    let vocabulary = try Vocabulary(tokens: tokens)
    #expect(try vocabulary.lines().utf8.count { $0 == UInt8(ascii: "\n") } == tokens.count)
    #expect(try Vocabulary(lines: vocabulary.lines()) == vocabulary)
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try vocabulary.write(to: folder.path + "/vocabulary.txt")
    #expect(try Vocabulary(at: folder.path + "/vocabulary.txt") == vocabulary)
  }

  @Test("The last line needs no line end, and Windows line ends are accepted")
  func lineEnds() throws {
    #expect(try Vocabulary(lines: "\na\nb").tokens == ["", "a", "b"])
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    #expect(try Vocabulary(at: folder.write("a\r\nb\r\n".utf8, to: "v")).tokens == ["a", "b"])
  }

  @Test("Words with backslashes are written unchanged, and only a whole line can be an escape")
  func backslashes() throws {
    let words = ["\\newcommand", "\\nabla", "\\right", "\\rho", "\\\\", "a\\nb", "\\"]
    #expect(try Vocabulary(tokens: words).lines() == words.map { $0 + "\n" }.joined())
    #expect(try Vocabulary(tokens: ["\n", "\\n"]).lines() == "\\n\n\\\\n\n")
    #expect(try Vocabulary(lines: "1\\/2\na\\\nb\\u{61}\n").tokens == ["1\\/2", "a\\", "b\\u{61}"])
  }

  @Test("A token that mixes a line end with other characters cannot be written")
  func mixedLineEnds() throws {
    for token in ["a\nb", "\n ", "\u{FEFF}\n"] {
      #expect(throws: TextError.lineEndInToken(token, id: 1)) { try Vocabulary(tokens: ["x", token]).lines() }
    }
  }

  @Test("A duplicate line, bytes that are not text and a path that cannot be written are errors")
  func errors() throws {
    #expect(throws: TextError.duplicateToken("a", firstID: 0, secondID: 2)) { try Vocabulary(lines: "a\nb\na\n") }
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let path = try folder.write([0x61, 0x0A, 0xFF], to: "v")
    #expect(throws: FileError.notUTF8(path: path, offset: 2, line: 2, byte: 0xFF)) { try Vocabulary(at: path) }
    #expect(throws: FileError.self) { try Vocabulary(tokens: ["a"]).write(to: folder.path + "/none/vocabulary.txt") }
  }
}

@Suite("Special tokens from other programs")
struct SpecialTokenTests {
  @Test(
    "Unknown and padding tokens from other programs are renamed and keep their IDs",
    arguments: [
      (["xxunk", "xxpad", "a"], ["<unk>", "", "a"]), (["a", "<UNK>"], ["a", "<unk>"]),
      (["UNK", "<pad>"], ["<unk>", ""]),
      (["<unk>", "UNK", "xxunk"], ["<unk>", "UNK", "xxunk"]), (["[UNK]", "UNK"], ["[UNK]", "UNK"]),
      (["", "<pad>"], ["", "<pad>"]), (["a", "b"], ["a", "b"]), ([], []),
    ])
  func renamed(tokens: [String], expected: [String]) throws {
    let (vocabulary, renamed) = try Vocabulary(tokens: tokens).renamingSpecialTokens()
    #expect(vocabulary.tokens == expected)
    #expect(renamed.count == zip(tokens, expected).count { $0 != $1 })
  }

  @Test("A given token becomes the unknown token; a missing token or a second <unk> is an error")
  func given() throws {
    let vocabulary = try Vocabulary(tokens: ["a", "oov", "<UNK>"])
    #expect(try vocabulary.renamingSpecialTokens(unknown: "oov").vocabulary.tokens == ["a", "<unk>", "<UNK>"])
    #expect(throws: TextError.unknownString("zebra")) { try vocabulary.renamingSpecialTokens(unknown: "zebra") }
    let other = try Vocabulary(tokens: ["<unk>", "oov"])
    #expect(throws: TextError.duplicateToken("<unk>", firstID: 0, secondID: 1)) {
      try other.renamingSpecialTokens(unknown: "oov")
    }
    #expect(try other.renamingSpecialTokens(unknown: "<unk>").vocabulary == other)
  }
}
