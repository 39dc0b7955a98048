import MynahText
import Testing

struct TextErrorTests {
  @Test("Each error is a one-line sentence with its details")
  func sentences() {
    let errors: [(TextError, [String])] = [
      (.tooShortToHoldOut(path: "a.txt"), ["a.txt", "valid"]),
      (.tooShortToHoldOut(path: nil), ["the text is too short"]),
      (
        .tooShortForBatches(tokenCount: 5, needed: 420, batchSize: 20, stepCount: 21),
        ["5", "420", "20", "21"]
      ),
      (.missingFile(directory: "d", role: "train", found: []), ["d", "train", "no text file"]),
      (.ambiguousFiles(directory: "d", role: "test", found: ["t1", "t2"]), ["d", "test", "t1", "t2"]),
      (.duplicateToken("x\ny", firstID: 3, secondID: 8), ["x⏎y", "3", "8"]),
      (.unknownToken("word", line: 2, column: 9), ["word", "line 2", "column 9"]),
      (.notOneCharacter(token: "ab", id: 4), ["ab", "4"]),
      (.unknownTokenizer(kind: "k", known: ["word", "character"]), ["k", "word", "character"]),
      (.reservedToken("", role: "mask token", position: 4), ["mask token", "4"]),
      (.tooManyTokens(count: 12, maximum: 11), ["12", "11"]),
      (.unknownString("s\n"), ["s⏎"]),
      (.badJSON(offset: 7, expected: "a value", found: "the end"), ["7", "a value", "the end"]),
      (.badTokenizerJSON(part: "p.q", expected: "null", found: "an array"), ["p.q", "null", "an array"]),
      (.badMerge(left: "a", right: "b", index: 5), ["a", "b", "5"]),
    ]
    for (error, parts) in errors {
      #expect(!error.description.contains("\n"))
      for part in parts { #expect(error.description.contains(part)) }
    }
  }
}
