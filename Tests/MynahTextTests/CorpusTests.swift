import MynahIO
import MynahText
import TestSupport
import Testing

struct CorpusTests {
  private func corpus(_ files: [String: String], at name: String = "") throws -> Corpus {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    for (name, text) in files { try folder.write(text.utf8, to: name) }
    return try Corpus(at: folder.path + name)
  }

  @Test(
    "The last tenth of a file is the validation split, from the start of a line if possible, and nothing is lost",
    arguments: [
      (String(repeating: "abcd efgh\n", count: 20), 18 * 10), ("a\nb\n", 2), ("a b c d e f g h i j", 16),
      ("abcdefghij", 9), ("aaaaaaaaa日", 9),
      ("ab", 1), ("a long first line and then\nb\n", 27), ("é\n", 2), ("one line only\n", 9),
    ])
  func validation(_ text: String, _ trainingLength: Int) throws {
    let corpus = try corpus(["a.txt": text], at: "/a.txt")
    #expect(corpus.training + corpus.validation == text)
    #expect(corpus.training.utf8.count == trainingLength)
    #expect(corpus.isSplit && corpus.test == nil)
  }

  @Test("A single character cannot be divided")
  func tooShort() throws {
    let error = #expect(throws: TextError.self) { try corpus(["a.txt": "é"], at: "/a.txt") }
    #expect(error?.description.contains("too short") == true)
  }

  @Test("The files of a folder are known by their names, .txt before others")
  func folder() throws {
    let whole = try corpus([
      "ptb.train.txt": "a", "ptb.valid.txt": "b", "ptb.test.txt": "c", "README": "d", "train.json": "e",
      ".train.txt": "f",
    ])
    #expect(whole == Corpus(training: "a", validation: "b", test: "c"))
    let plain = try corpus(["Train": "a\nb\n"])
    #expect(plain.training == "a\n" && plain.validation == "b\n" && plain.isSplit)
  }

  @Test("Folders that lack a training file or have several are errors that list what was found")
  func badFolders() throws {
    func error(_ files: [String: String]) throws -> TextError? {
      #expect(throws: TextError.self) { try corpus(files) }
    }
    guard case .missingFile(_, "train", ["notes.txt"]) = try error(["notes.txt": "a"]) else {
      Issue.record("expected the error for a missing file")
      return
    }
    guard
      case .ambiguousFiles(_, "train", ["a.train.txt", "b.train.txt"]) =
        try error(["a.train.txt": "a", "b.train.txt": "b", "train.json": "c"])
    else {
      Issue.record("expected the error for two training files")
      return
    }
    guard case .ambiguousFiles(_, "train", ["train-test.txt"]) = try error(["train-test.txt": "a"]) else {
      Issue.record("expected the error for a file in two roles")
      return
    }
    #expect(throws: FileError.noSuchFile(path: "/no/such/place")) { try Corpus(at: "/no/such/place") }
  }

  @Test("What a run left in a folder of texts is none of its texts")
  func leftovers() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    for name in ["wiki.train.tokens", "wiki.valid.tokens"] { try folder.write(Array("a b\n".utf8), to: name) }
    for name in ["wiki.safetensors", "wiki.safetensors.training", "train.safetensors"] {
      try folder.write([1, 2, 3], to: name)
    }
    #expect(try Corpus(at: folder.path).training == "a b\n")
  }
}
