import MynahInference
import TestSupport
import Testing

@Suite("Files with n-best lists, Kaldi scores and references")
struct NBestReaderTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func file(_ name: String, _ lines: String...) throws -> String {
    try folder.put(Array((lines.joined(separator: "\n") + "\n").utf8), as: name)
  }

  private func lists(_ reader: NBestReader) throws -> [NBestList] {
    var (reader, lists) = (reader, [NBestList]())
    while let list = try reader.next() { lists.append(list) }
    return lists
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch {
      return "\(error)"
    }
  }

  // MARK: Lists

  @Test("Successive lines with the same ID form a list, even across files; blank lines are skipped")
  func grouping() throws {
    let first = try file("a", "0 ||| x ||| 1", "", "0 ||| y ||| 2", "1 ||| x ||| 3")
    let second = try file("b", "1 ||| z ||| 4", "\u{feff}2 ||| x ||| 5")
    let found = try lists(NBestReader([first, second]))
    #expect(found.map(\.id) == ["0", "1", "\u{feff}2"] && found.map(\.hypotheses.count) == [2, 2, 1])
    #expect(found[1].place == TextPlace(path: first, line: 4))
    #expect(found[1].hypotheses[1].place == TextPlace(path: second, line: 1))
    #expect(try lists(NBestReader([file("empty", "")])).isEmpty)
  }

  @Test("An ID that reappears after another ID is an error with both line numbers")
  func scattered() throws {
    let path = try file("a", "0 ||| x ||| 1", "1 ||| x ||| 1", "0 ||| y ||| 1")
    let text = message { _ = try lists(NBestReader([path])) }
    #expect(text.hasPrefix("line 3 of '\(path)'") && text.contains("'0' again after line 1 of"), "\(text)")
    let other = try file("b", "0 ||| y ||| 1")
    #expect(message { _ = try lists(NBestReader([path, other])) }.contains("line 3 of '\(path)'"))
    // IDs are compared byte by byte.
    #expect(try lists(NBestReader([file("c", "é ||| x ||| 1", "e\u{301} ||| x ||| 1")])).count == 2)
  }

  @Test("All hypotheses need the same score names, in any order, and either all or none have a total")
  func sameNames() throws {
    let path = try file("a", "0 ||| x ||| a=1 b=2", "1 ||| y ||| b=3 a=4", "1 ||| z ||| a=5 b=6")
    let found = try lists(NBestReader([path]))
    #expect(found.map(\.scoreNames) == [["a", "b"], ["a", "b"]])
    #expect(found[1].hypotheses.map(\.scores.values) == [[4, 3], [5, 6]])
    #expect(found[1].hypotheses[0].line(score: "7") == "1 ||| y ||| b=3 a=4 ||| 7")
    for (line, words) in [
      ("1 ||| y ||| a=1", "lacks 'b'"), ("1 ||| y ||| a=1 b=2 c=3", "adds 'c'"),
      ("1 ||| y ||| 1 2", "lacks 'a', 'b' and adds 'score1', 'score2'"), ("1 ||| y ||| a=1 b=2 ||| 3", "a total score"),
    ] {
      let path = try file("b", "0 ||| x ||| a=1 b=2", line)
      let text = message { _ = try lists(NBestReader([path])) }
      #expect(text.contains(words) && text.contains("line 2 of '\(path)'") && text.contains("line 1 of"), "\(text)")
    }
    let mixed = try file("c", "0 ||| x ||| 1 ||| 2", "0 ||| y ||| 1")
    #expect(message { _ = try lists(NBestReader([mixed])) }.contains("has no total score"))
  }

  @Test("An unreadable score is an error with file, line and column")
  func unreadable() throws {
    let path = try file("a", "", "0 ||| the cat ||| -2.1", "0 ||| the dog ||| -2,1")
    let text = message { _ = try lists(NBestReader([path])) }
    #expect(text.hasPrefix("line 3 of '\(path)', column 19:") && text.contains("'-2,1'"), "\(text)")
    #expect(throws: (any Error).self) { try lists(NBestReader([folder("missing")])) }
  }

  // MARK: Kaldi

  @Test("In a Kaldi key, the utterance is the part before the last hyphen; score files may be in any order")
  func kaldi() throws {
    let words = try file("words", "a-b-1 the  cat", "a-b-2\tthe dog", "a-b-10", "c-1 x")
    let acoustic = try file("am", "c-1 4", "a-b-10 3", "a-b-2 2.5", "a-b-1\t1")
    let language = try file("lm", "a-b-1 10", "a-b-2 20", "a-b-10 30", "c-1 40")
    let found = try lists(NBestReader(kaldi: [words], scores: [("am", acoustic), ("lm", language)]))
    #expect(found.map(\.id) == ["a-b", "c"])
    #expect(found[0].hypotheses.map(\.text) == ["the cat", "the dog", ""])
    #expect(found[0].hypotheses.map(\.key) == ["a-b-1", "a-b-2", "a-b-10"])
    #expect(found[0].scoreNames == ["am", "lm"])
    #expect(found.flatMap(\.hypotheses).map(\.scores.values) == [[1, 10], [2.5, 20], [3, 30], [4, 40]])
    #expect(
      found[0].hypotheses.map { $0.line(score: "-1.5") } == [
        "a-b-1\t-1.5\tthe cat", "a-b-2\t-1.5\tthe dog", "a-b-10\t-1.5\t",
      ])
    #expect(found[0].hypotheses[1].score == 22.5)
  }

  @Test(
    "Keys without scores, scores without keys and duplicates are errors with file and line",
    arguments: [
      ("u-1 a\nu-2 b\n", "u-1 1\n", "'u-2' (line 2 of"),
      ("u-1 a\n", "u-1 1\n\nu-2 2\n", "line 3 of"),
      ("u-1 a\n", "u-1 1\nu-1 2\n", "line 2 of"),
      ("u-1 a\nu-1 b\n", "u-1 1\n", "line 2 of"),
      ("u-1 a\nv-1 b\nu-2 c\n", "u-1 1\nv-1 1\nu-2 1\n", "'u' again after line 1 of"),
      ("u a\n", "u 1\n", "utterance-n"), ("u-x a\n", "u-x 1\n", "utterance-n"), ("-1 a\n", "-1 1\n", "utterance-n"),
      ("u- a\n", "u- 1\n", "utterance-n"), ("u-1 a\n", "u-1\n", "a number"), ("u-1 a\n", "u-1 1 2\n", "a number"),
      ("u-1 a\n", "u-1 1,5\n", "column 5"), ("u-1 a\n", "u-1 inf\n", "column 5"),
    ])
  func kaldiErrors(_ words: String, _ scores: String, _ expected: String) throws {
    let (words, scores) = (try folder.put(Array(words.utf8), as: "words"), try folder.put(Array(scores.utf8), as: "am"))
    let text = message { _ = try lists(NBestReader(kaldi: [words], scores: [("am", scores)])) }
    #expect(text.contains(expected) && (text.contains(words) || text.contains(scores)), "\(text)")
  }

  // MARK: References

  @Test("Each list needs a reference, and each reference needs a list")
  func references() throws {
    let path = try file("a", "0 ||| x ||| 1", "1 ||| x ||| 1")
    let found = try lists(NBestReader([path]))
    var references = try NBestReferences(at: file("r", "1 ||| a  b", "", "0 |||"), format: .fields)
    #expect(try found.map { try references.take(for: $0) } == ["", "a  b"])
    try references.checkUsed()
    #expect(message { _ = try references.take(for: found[0]) }.contains("no reference for '0' (line 1 of '\(path)')"))
    var surplus = try NBestReferences(at: file("r", "0 ||| a", "2 ||| b"), format: .fields)
    _ = try surplus.take(for: found[0])
    #expect(message { try surplus.checkUsed() }.hasPrefix("line 2 of '\(folder("r"))' is a reference for '2'"))
    #expect(message { _ = try surplus.take(for: found[1]) }.contains("'\(folder("r"))' has no reference for '1'"))
  }

  @Test("Malformed, duplicate and empty references are errors; a Kaldi reference is an utterance and its words")
  func referenceFiles() throws {
    for (lines, words) in [
      ("0 ||| a\n0 ||| b", "'0' again after line 1"), ("0 a", "id ||| text"), ("0 ||| a ||| 1", "id ||| text"),
      (" ||| a", "id ||| text"), ("0 |||\n1 |||", "have no words"), ("", "have no words"),
    ] {
      let path = try file("r", lines)
      #expect(message { _ = try NBestReferences(at: path, format: .fields) }.contains(words), "\(lines)")
    }
    let scores = try file("am", "u-v-1 1", "w-1 2")
    let found = try lists(NBestReader(kaldi: [file("words", "u-v-1 a", "w-1")], scores: [("am", scores)]))
    var references = try NBestReferences(at: file("r", "u-v a b", "w"), format: .kaldi)
    #expect(try found.map { try references.take(for: $0) } == ["a b", ""])
    #expect(message { _ = try NBestReferences(at: file("r", "u a", "u b"), format: .kaldi) }.contains("again"))
  }
}
