import MynahClassification
import MynahIO
import MynahText
import TestSupport
import Testing

@Suite("Labelled texts")
struct LabelledTextTests {
  private func read(_ text: String) throws -> LabelledText { try read(Array(text.utf8)) }

  private func read(_ bytes: [UInt8]) throws -> LabelledText {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    return try LabelledText(at: folder.write(bytes, to: "file"))
  }

  @Test("Only the first tab is a separator, quotes are not special, and only line feeds end lines")
  func reading() throws {
    let text = try read("ham\ta\tb \"c\"\r\nspam\tx\u{2028}y\u{85}\nham\tz")
    #expect(text.examples.map(\.label) == ["ham", "spam", "ham"])
    #expect(text.examples.map(\.text) == ["a\tb \"c\"", "x\u{2028}y\u{85}", "z"])
    #expect(text.examples.map(\.line) == [1, 2, 3])
  }

  @Test("Labels are compared and ordered by their bytes")
  func labels() throws {
    let text = LabelledText([("é", "a"), ("b", "a"), ("e\u{301}", "a"), ("B", "a"), ("b", "c")])
    #expect(text.labels.map { Array($0.utf8) } == ["B", "b", "e\u{301}", "é"].map { Array($0.utf8) })
  }

  @Test(
    "A missing label or text is an error with its line number",
    arguments: [
      ("ham\ta\nspam a\n", "line 2", "no tab"), ("ham\ta\n\nspam\tb\n", "line 2", "no tab"),
      ("\ta\n", "line 1", "before the tab"), ("ham\ta\nham\t \u{A0}\n", "line 2", "white space"),
    ])
  func missing(text: String, line: String, what: String) throws {
    let error = #expect(throws: ClassificationError.self) { try read(text) }
    #expect(error?.description.contains(line + " of") == true && error?.description.contains(what) == true, "\(error)")
  }

  @Test("Empty files and invalid UTF-8 are errors")
  func unreadable() throws {
    #expect(throws: FileError.self) { try read("\n\n") }
    #expect(throws: FileError.self) { try read("") }
    let error = #expect(throws: FileError.self) { try read(Array("ham\ta\nham\t".utf8) + [0xE9, 0x0A]) }
    #expect(error?.description.contains("0xE9 at offset 10 (line 2)") == true, "\(error)")
  }
}

@Suite("Text forms")
struct TextFormTests {
  @Test(
    "Folding lowercases words, marks capitals, separates punctuation and replaces digits",
    arguments: [
      ("FREE entry, call 08-71!", "free ^ entry , call 00 - 00 !"), ("", ""), ("  \t ", ""), ("I'm OK", "i ' m ok ^"),
      ("\u{C9}T\u{C9} e\u{301}t\u{E9}", "\u{E9}t\u{E9} ^ e\u{301}t\u{E9}"), ("£1.50!!", "£ 0 . 00 ! !"),
      ("12345678901234567890", "000000000000"), ("日本語 ABC1", "日本語 abc ^ 0"), ("a\u{0}b\u{2028}c", "a b c"),
      ("👍🏽 ok", "👍 🏽 ok"),
    ])
  func folded(text: String, words: String) {
    #expect(TextForm.folded(text).unicodeScalars.elementsEqual(words.unicodeScalars), "\(TextForm.folded(text))")
  }

  @Test("The as-written form changes only white space and control characters")
  func asWritten() { #expect(TextForm.asWritten("A\tb\n\u{7}C  d") == "A b  C  d") }

  @Test("A text is enclosed in line-end tokens, and long texts are truncated")
  func tokens() throws {
    let words = AnyTokenizer.word(WordTokenizer(vocabulary: try Vocabulary(tokens: ["<unk>", "<eos>", "a", "!"])))
    let tokenizer = ClassifierTokenizer(form: .folded, tokenizer: words, maximumTokenCount: 3)
    #expect(try tokenizer.encode("A!b a") == [1, 2, 3, 0, 1])
    #expect(try tokenizer.encode("") == [1, 1] && tokenizer.encode("a") == [1, 2, 1])
  }
}
