import MynahInference
import Testing

@Suite("Sentence marks in a text")
struct SentenceMarksTests {
  @Test(
    "The first mark is found with its line number",
    arguments: [
      ("<s> a </s>\n", "<s>", 1), ("a\n\nb </s>", "</s>", 3), ("a\r\n\u{A0}<s>\u{2003}b\n", "<s>", 2),
      ("<s>", "<s>", 1),
    ])
  func found(text: String, mark: String, line: Int) {
    let found = SentenceMarks.first(in: text)
    #expect(found?.mark == mark && found?.line == line)
  }

  @Test(
    "Parts of words are not marks", arguments: ["", "\n", "a<s>b\n", "<s>a", "<S>", "s", "< s >", "<//s>", "<s>,\n"])
  func none(text: String) { #expect(SentenceMarks.first(in: text) == nil) }

  @Test(
    "Removing the marks leaves one sentence per line",
    arguments: [
      ("<s> a b </s>\n<s> c </s>\n", "a b\nc\n"), ("<s> a </s> <s> b  c </s>\n", "a\nb c\n"), ("a </s> b", "a\nb\n"),
      ("<s> </s>\n\n<s>\na  b\n", "\n\n\na  b\n"), ("a <s> b\r\n", "a\nb\n"), ("a\n", "a\n"), ("", ""), ("a", "a\n"),
      ("<s> <s> a </s> </s>", "a\n"), ("</s>", "\n"),
    ])
  func removed(text: String, expected: String) { #expect(SentenceMarks.removed(from: text) == expected) }
}
