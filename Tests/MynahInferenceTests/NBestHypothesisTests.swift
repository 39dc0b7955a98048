import MynahInference
import Testing

@Suite("Lines of n-best lists")
struct NBestHypothesisTests {
  private func scores(_ field: String) throws -> [String] {
    let scores = try NBestHypothesis("7 ||| a b ||| \(field)").scores
    return zip(scores.names, scores.values).map { "\($0) \($1)" }
  }

  /// The column and the text that an error reports.
  private func malformed(_ line: String) -> (column: Int?, found: String)? {
    do throws(NBestError) {
      _ = try NBestHypothesis(line, at: TextPlace(path: "lists", line: 9))
      return nil
    } catch {
      guard case .malformed(let place, _, let found) = error else { return nil }
      #expect(place.path == "lists" && place.line == 9)
      #expect(error.description.contains("line 9 of 'lists'"))
      return (place.column, found)
    }
  }

  @Test("A line contains an ID, a text, scores, and optionally a total and further fields")
  func fields() throws {
    let hypothesis = try NBestHypothesis("7 ||| a  b c ||| lm= -3.5 tm= -1 ||| -2.25 ||| 0-0 1-1 ||| x")
    #expect(hypothesis.id == "7" && hypothesis.text == "a  b c" && hypothesis.total == -2.25)
    #expect(hypothesis.score == -2.25 && hypothesis.furtherFields == ["0-0 1-1", "x"] && hypothesis.key == nil)
    #expect(try NBestHypothesis("7 ||| a ||| lm= -3.5 tm= -1").score == -4.5)
    let short = try NBestHypothesis("7|||a|||")
    #expect(short.score == 0 && short.scores.names.isEmpty && short.total == nil)
    #expect(try NBestHypothesis("7 |||  ||| 1").text.isEmpty)
    #expect(try NBestHypothesis("7 ||| a | b || c ||| 1").text == "a | b || c")
    // The accent after the bars belongs to the text, not to the last bar.
    #expect(try NBestHypothesis("7 |||\u{301}a ||| 1").text.unicodeScalars.first == "\u{301}")
  }

  @Test("The new score replaces the total, and all other fields keep their positions")
  func rewriting() throws {
    for (line, expected) in [
      ("0 ||| a b ||| x= -1", "0 ||| a b ||| x= -1 ||| N"),
      ("0 ||| a b ||| x= -1 ||| -2", "0 ||| a b ||| x= -1 ||| N"),
      ("0|||a b|||x= -1|||-2|||0-0 1-1|||tree", "0 ||| a b ||| x= -1 ||| N ||| 0-0 1-1 ||| tree"),
      ("0 ||| a ||| 0-0 ||| F0= -1 ||| -2", "0 ||| a ||| 0-0 ||| F0= -1 ||| N"),
      ("0 ||| a ||| x= -1\t2 ||| -2 ||| ", "0 ||| a ||| x= -1\t2 ||| N ||| "),
    ] {
      #expect(try NBestHypothesis(line).line(score: "N") == expected)
    }
    let line = "0 ||| a ||| x= -1 ||| -2 ||| 0-0"
    #expect(try NBestHypothesis(line).line(score: "-2") == line)
  }

  @Test("Scores are numbers, name=number pairs or a name followed by numbers, separated by any white space")
  func names() throws {
    #expect(try scores("-2.1") == ["score -2.1"])
    #expect(try scores("-2.1\t-1  3") == ["score1 -2.1", "score2 -1.0", "score3 3.0"])
    #expect(try scores("am=-120.5 lm=-3") == ["am -120.5", "lm -3.0"])
    #expect(try scores("LM0= -2.1 D= 0 -1\t2 W= 5") == ["LM0 -2.1", "D.1 0.0", "D.2 -1.0", "D.3 2.0", "W 5.0"])
    #expect(try scores("-1 lm=2 tm= 3 4") == ["score -1.0", "lm 2.0", "tm.1 3.0", "tm.2 4.0"])
    #expect(try scores("é=+1 日本=.5 x= 1. y=1E-2") == ["é 1.0", "日本 0.5", "x 1.0", "y 0.01"])
    #expect(try scores("") == [])
    #expect(try NBestHypothesis("7 ||| a ||| lm=-3 am=2").scores["am"] == 2)
    #expect(try NBestHypothesis("7 ||| a ||| lm=-3 am=2").scores["x"] == nil)
  }

  @Test(
    "Scores that are not finite decimal numbers are errors with their column and text",
    arguments: [
      ("-2,1", 13, "-2,1"), ("1 -2,1", 15, "-2,1"), ("LM=-2.1 W=-3x", 23, "-3x"), ("nan", 13, "nan"),
      ("lm=inf", 16, "inf"), ("-inf", 13, "-inf"), ("1e999", 13, "1e999"), ("0x10", 13, "0x10"), ("LM=", 13, "LM="),
      ("LM= W=1", 13, "LM="), ("=1", 13, "=1"), ("a,b=1", 13, "a,b=1"), ("a=b=1", 15, "b=1"), ("LM=1 2", 18, "2"),
      ("lm -3", 13, "lm"), ("1\u{a0}000", 13, "1\u{a0}000"), ("--1", 13, "--1"), (".", 13, "."), ("1e", 13, "1e"),
      ("é=1 x", 17, "x"), ("١", 13, "١"), ("-1;", 13, "-1;"),
    ])
  func unreadable(_ field: String, _ column: Int, _ piece: String) throws {
    // The text before the scores contains a multi-byte character.
    let found = try #require(malformed("0 ||| 日 ||| \(field)"), "\(field)")
    #expect(found == (column, piece), "\(field)")
  }

  @Test("A line without an ID, a text or scores is an error, and so is a total that is not a number")
  func malformedLines() throws {
    for line in ["", "7", "7 ||| a", " ||| a ||| 1"] {
      let found = try #require(malformed(line), "\(line)")
      #expect(found.column == nil && found.found == line)
    }
    let total = try #require(malformed("7 ||| a ||| 1 ||| x"))
    #expect(total == (19, "x"))
    #expect(try #require(malformed("7 ||| a ||| 1 |||  ||| 0-0")).found.isEmpty)
  }

  @Test("A duplicate score name is an error")
  func repeatedNames() {
    for field in ["a=1 a=2", "a= 1 a= 2", "a= 1 2 a.2=3", "-1 score=2"] {
      #expect { try NBestHypothesis("7 ||| a ||| \(field)") } throws: { error in
        if case NBestError.repeatedName = error { true } else { false }
      }
    }
  }

  @Test("Marian's alignments and word scores in front of the scores keep their positions")
  func marian() throws {
    for before in ["0-0 1-2", "", "0.1,0.9 1,0", "WordScores= -0.1 -0.25", "0-0 ||| WordScores= -0.1"] {
      let line = "3 ||| a b ||| \(before) ||| F0= -1.5 F1= 2 ||| -0.75"
      let hypothesis = try NBestHypothesis(line)
      #expect(hypothesis.scores.names == ["F0", "F1"] && hypothesis.scores.values == [-1.5, 2], "\(before)")
      #expect(hypothesis.line(score: "-0.75") == line)
    }
    // A field of plain numbers contains the scores, so the next field must be their total, a number.
    #expect(malformed("3 ||| a ||| -1 -2 ||| total=-3")?.found == "total=-3")
    #expect(malformed("3 ||| a ||| 0-0")?.found == "0-0")
  }

  @Test("Error messages contain no control characters from the line")
  func hostile() {
    #expect { try NBestHypothesis("7 ||| a ||| \u{1b}[2J\u{202e}") } throws: { error in
      "\(error)".unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E }
    }
  }
}
