import MynahIO
import Testing

struct VisibleTextTests {
  @Test(
    "Control and invisible characters are replaced, and others are unchanged",
    arguments: [
      ("", ""), ("aé日😀 b", "aé日😀 b"), ("a\nb\tc\r", "a⏎b⇥c␍"), ("\0\u{1B}[31m\u{7F}", "␀␛[31m␡"),
      ("\u{85}\u{202E}\u{2028}\u{FEFF}\u{FFFF}", "U+0085U+202EU+2028U+FEFFU+FFFF"), ("\u{E0001}", "U+E0001"),
      ("👩\u{200D}🔬", "👩\u{200D}🔬"),
    ])
  func visible(_ text: String, _ expected: String) {
    #expect(VisibleText.of(text) == expected)
  }

  @Test("A table cell has no tabs or line ends, and no two texts have the same cell")
  func tableCells() {
    #expect("a\tb\nc\rd\\n".tableCell == "a\\tb\\nc\\rd\\\\n" && "".tableCell == "" && "é 日".tableCell == "é 日")
  }

  @Test("Truncated excerpts end with an ellipsis, and long lists give the number of omitted items")
  func excerpts() {
    #expect("abc".excerpt(3) == "abc" && "abcd".excerpt(3) == "abc…" && "".quoted() == "''" && "a\n".quoted() == "'a⏎'")
    #expect(["a", "b"].quotedList() == "'a', 'b'")
    #expect((0..<10).map { "\($0)" }.quotedList().hasSuffix("'7' and 2 more"))
  }
}
