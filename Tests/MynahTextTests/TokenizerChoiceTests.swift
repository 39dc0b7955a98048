import MynahText
import Testing

struct TokenizerChoiceTests {
  private static let sentence = "the cat sat on the mat , and the dog ran .\n"

  @Test("Text with spaces around its punctuation, without punctuation or with <unk> is read as words")
  func preparedText() {
    let prepared = TokenizerChoice(for: String(repeating: Self.sentence, count: 3))
    #expect(prepared.kind == .word && prepared.reason == "the text has spaces around its punctuation")
    let plain = TokenizerChoice(for: String(repeating: "one two three\n", count: 3))
    #expect(plain.kind == .word && plain.reason == "the text has no punctuation")
    let unknown = TokenizerChoice(for: "Natural, but: <unk> once.\n")
    #expect(unknown.kind == .word && unknown.reason == "the text contains the word <unk>")
    // <unk> must be half a percent of the words, because a text about language models may mention it.
    let text = { (count: Int) in String(repeating: "so, ", count: count) + "<unk>" }
    #expect(TokenizerChoice(for: text(199)).kind == .word && TokenizerChoice(for: text(200)).kind == .character)
  }

  @Test("Up to a tenth of the punctuation may end words, as in abbreviations; more means natural text")
  func abbreviations() {
    let separate = String(repeating: Self.sentence, count: 9)  // 18 marks
    #expect(TokenizerChoice(for: separate + "mr. mr. a a\n").kind == .word)
    #expect(TokenizerChoice(for: separate + "mr. mr. mr. a a\n").kind == .character)
  }

  @Test("Short natural text is read as characters, longer text as byte pairs", arguments: [19_999, 20_000])
  func naturalText(_ byteCount: Int) {
    let text = String(String(repeating: "Once upon a time, there was a cat.\n", count: 1000).prefix(byteCount))
    let choice = TokenizerChoice(for: text)
    #expect(choice.kind == (byteCount < 20_000 ? .character : .bytePair))
    #expect(
      choice.reason == (byteCount < 20_000 ? "the text is short" : "the text is not split into words and punctuation"))
  }

  @Test("Text whose words mostly occur only once is not read as words")
  func rareWords() {
    #expect(TokenizerChoice(for: "hello world\nhow are you\n").kind == .character)
    #expect(TokenizerChoice(for: "").kind == .character)
    let names = (0..<5000).map { "name\($0)" }.joined(separator: "\n")
    #expect(TokenizerChoice(for: names).kind == .bytePair)
  }

  @Test("Only the first megabyte is examined, up to a whole character")
  func longText() {
    let text = String(repeating: Self.sentence, count: 30_000)
    #expect(
      TokenizerChoice(for: text) == TokenizerChoice(for: text + String(repeating: "Natural, text.", count: 90_000)))
    let wide = "a" + String(repeating: "é", count: 1 << 19)
    #expect(TokenizerChoice(for: wide) == TokenizerChoice(for: wide + "é"))
  }

  @Test(
    "The byte-pair vocabulary grows with the text",
    arguments: [(0, 512), (524_287, 512), (524_288, 1024), (1 << 20, 2048), (1 << 22, 8192), (1 << 40, 8192)])
  func vocabularySizes(_ byteCount: Int, _ size: Int) {
    #expect(AnyTokenizer.defaultBytePairCount(forByteCount: byteCount) == size)
  }
}
