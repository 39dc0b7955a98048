import MynahInference
import Testing

struct StopStringsTests {
  /// The text passed on for each piece, and the rest at the end.
  private func pass(_ pieces: [String], stops: [String]) -> (pieces: [String], rest: String, found: String?) {
    var strings = StopStrings(stops)
    let passed = pieces.map { strings.pass($0) }
    return (passed, strings.finish(), strings.found)
  }

  @Test("Text that may begin a stop string is held back until the match is decided")
  func holding() {
    let (passed, rest, found) = pass(["ab", "c", "a", "bd", "x"], stops: ["abd"])
    #expect(passed == ["", "abc", "", "", ""])
    #expect((rest, found) == ("", "abd"))
  }

  @Test("Text held back for an incomplete stop string is returned at the end")
  func neverMet() {
    let (passed, rest, found) = pass(["one st", "o"], stops: ["stop"])
    #expect(passed == ["one ", ""])
    #expect((rest, found) == ("sto", nil))
  }

  @Test("The stop string that starts first wins; at the same position, the first in the list wins")
  func several() {
    #expect(pass(["xbcabc"], stops: ["abc", "bca"]).pieces == ["x"])
    #expect(pass(["xab"], stops: ["ab", "a"]).found == "ab")
  }

  @Test("A stop string that repeats its own prefix is found")
  func repeating() {
    let (passed, _, found) = pass(["aab", "aab", "aac"], stops: ["aabaac"])
    #expect(passed == ["", "aab", ""])
    #expect(found == "aabaac")
  }

  @Test("Multi-byte characters are never split")
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
