import MynahIO
import Testing

struct UTF8Tests {
  @Test(
    "A text is cut at or before the given offset if possible, never inside a character or a line end",
    arguments: [
      ("", 0, nil), ("a", 0, nil), ("a", 1, nil), ("é", 1, nil), ("ab", 0, 1), ("ab", 1, 1), ("ab", 9, 1),
      ("a日b", 1, 1), ("a日b", 2, 1), ("a日b", 3, 1), ("a日b", 4, 4), ("日b", 1, 3), ("😀😀", 7, 4), ("😀😀", 1, 4),
      ("\r\n", 1, nil), ("a\r\n", 2, 1), ("\r\na", 1, 2), ("\n\r", 1, 1), ("\n\n", 1, 1),
    ] as [(String, Int, Int?)])
  func cut(_ text: String, _ offset: Int, _ expected: Int?) {
    #expect(UTF8.cut(Array(text.utf8), near: offset) == expected)
  }
}
