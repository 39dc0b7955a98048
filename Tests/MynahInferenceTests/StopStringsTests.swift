import MynahInference
import Testing

struct StopStringsTests {
  /// What is let through of pieces, and the rest at the end.
  private func pass(_ pieces: [String], stops: [String]) -> (pieces: [String], rest: String, found: String?) {
    var strings = StopStrings(stops)
    let passed = pieces.map { strings.pass($0) }
    return (passed, strings.finish(), strings.found)
  }

  @Test("What may be the beginning of a stop string waits until it is one or cannot be one")
  func holding() {
    let (passed, rest, found) = pass(["ab", "c", "a", "bd", "x"], stops: ["abd"])
    #expect(passed == ["", "abc", "", "", ""])
    #expect((rest, found) == ("", "abd"))
  }

  @Test("A text that ends in the beginning of a stop string is given out whole at the end")
  func neverMet() {
    let (passed, rest, found) = pass(["one st", "o"], stops: ["stop"])
    #expect(passed == ["one ", ""])
    #expect((rest, found) == ("sto", nil))
  }

  @Test("The string that begins first stops, of those that begin together the one that was given first")
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

  @Test("Without strings all goes through")
  func none() {
    #expect(pass(["a", "", "b"], stops: []).pieces == ["a", "", "b"])
  }
}
