import MynahInference
import Testing

struct StopStringsTests {
  /// The text passed on for each piece, and the rest at the end.
  private func pass(_ pieces: [String], stops: [String]) -> (pieces: [String], rest: String, found: String?) {
    var strings = StopStrings(stops)
    let passed = pieces.map { strings.pass($0) }
    return (passed, strings.finish(), strings.found)
  }

  @Test("A possible beginning of a stop string is held back until it is decided")
  func holding() {
    let (passed, rest, found) = pass(["ab", "c", "a", "bd", "x"], stops: ["abd"])
    #expect(passed == ["", "abc", "", "", ""])
    #expect((rest, found) == ("", "abd"))
  }

  @Test("A text that ends with the beginning of a stop string is complete at its end")
  func neverMet() {
    let (passed, rest, found) = pass(["one st", "o"], stops: ["stop"])
    #expect(passed == ["one ", ""])
    #expect((rest, found) == ("sto", nil))
  }

  @Test("The stop string that begins first wins; among those that begin together, the first one given")
  func several() {
    #expect(pass(["xbcabc"], stops: ["abc", "bca"]).pieces == ["x"])
    #expect(pass(["xab"], stops: ["ab", "a"]).found == "ab")
  }

  @Test("A stop string that repeats its beginning is found")
  func repeating() {
    let (passed, _, found) = pass(["aab", "aab", "aac"], stops: ["aabaac"])
    #expect(passed == ["", "aab", ""])
    #expect(found == "aabaac")
  }

  @Test("Characters of several bytes are never cut")
  func unicode() {
    let (passed, rest, _) = pass(["é", "è", "😀"], stops: ["éz", "è😁"])
    #expect(passed == ["", "é", "è😀"])
    #expect(rest == "")
  }

  @Test("Without stop strings the text is unchanged")
  func none() {
    #expect(pass(["a", "", "b"], stops: []).pieces == ["a", "", "b"])
  }
}
