import MynahIO
import Testing

struct JSONTests {
  /// A JSON parsing failure as an error.
  private struct Malformed: Error {
    let offset: Int
    let expected, found: String
  }

  private func value(_ text: String) throws(Malformed) -> JSONValue {
    try JSONValue(parsing: text) { Malformed(offset: $0.offset, expected: $0.expected, found: $0.found) }
  }

  @Test(
    "Invalid JSON is an error with the offset of the problem",
    arguments: [
      ("", 0), (" ", 1), ("tru", 0), ("nul", 0), ("True", 0), ("[1 2]", 3), ("[1,]", 3), ("[,1]", 1), ("{\"a\" 1}", 5),
      ("{\"a\": 1", 7), ("{a: 1}", 1), ("{\"a\": 1,}", 8), ("{} x", 3), ("\"a", 2), ("\"\n\"", 1), ("'a'", 0),
      ("\"\\x\"", 2), ("\"\\u12g4\"", 5), ("\"\\ud800\"", 2), ("\"\\udc00\"", 2), ("\"\\ud800\\u0041\"", 2),
      ("+1", 0), ("01", 0), ("-01", 0), ("5.", 2), (".5", 0), ("1e", 2), ("1e+", 3), ("-", 0), ("1.e1", 2), ("0x1", 1),
      ("NaN", 0), ("Infinity", 0), ("{\"a\": 1, \"a\": 2}", 9), ("{\"a\": 1, \"\\u0061\": 2}", 9),
    ])
  func malformed(_ text: String, _ offset: Int) {
    let error = #expect(throws: Malformed.self) { try value(text) }
    #expect(error?.offset == offset, "\(text): \(String(describing: error))")
  }

  @Test("Arrays and objects may nest 125 levels deep and no deeper")
  func depth() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[{\"a\":", count: depth / 2) + (depth % 2 == 0 ? "1" : "[]")
        + String(repeating: "}]", count: depth / 2)
    }
    #expect(try value(nested(125)).array?.count == 1)
    let error = #expect(throws: Malformed.self) { try value(nested(126)) }
    #expect(error?.expected == "at most 125 nested values")
  }

  @Test("Values keep the order of members, keys with different bytes, and numbers as they are written")
  func values() throws {
    let text = #"{"b": 1, "é": [true, false, null], "e\u0301": -2.50E+3, "": 9007199254740993}"#
    let value = try value(text)
    #expect(value.members?.map { Array($0.name.utf8) } == ["b", "é", "e\u{301}", ""].map { Array($0.utf8) })
    #expect(value["é"]?.array?.count == 3 && value["e\u{301}"]?.integer == nil)
    #expect(value[""]?.integer == 9_007_199_254_740_993)
    #expect(value.text == #"{"b": 1, "é": [true, false, null], "é": -2.50E+3, "": 9007199254740993}"#)
  }

  @Test("Strings are written with only the escapes that JSON requires, and are read back unchanged")
  func strings() throws {
    let string = "\" \\ / \u{8}\u{c}\n\r\t\0\u{1F}\u{7F} é 😀\u{2028}"
    let text = JSONValue.string(string).text
    #expect(text == #""\" \\ / \b\f\n\r\t\u0000\u001f"# + "\u{7F} é 😀\u{2028}\"")
    #expect(try value(text).string == string)
    #expect(try value(#""\/\u00e9\ud83d\ude00""#).string == "/é😀")
  }
}
