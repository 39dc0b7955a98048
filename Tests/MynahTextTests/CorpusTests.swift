import Foundation
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
    "The validation split is the last tenth of a file, starting at a line if possible, and no text is lost",
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
    #expect(try Corpus(splitting: text) == corpus)
  }

  @Test("A text of a single character is too short to split")
  func tooShort() throws {
    let error = #expect(throws: TextError.self) { try corpus(["a.txt": "é"], at: "/a.txt") }
    #expect(error?.description.contains("too short") == true)
    #expect(throws: TextError.tooShortToHoldOut(path: nil)) { try Corpus(splitting: "é") }
  }

  @Test("Files in a folder are recognised by their names, and .txt files take precedence")
  func folder() throws {
    let whole = try corpus([
      "ptb.train.txt": "a", "ptb.valid.txt": "b", "ptb.test.txt": "c", "README": "d", "train.json": "e",
      ".train.txt": "f",
    ])
    #expect([whole.training, whole.validation, whole.test] == ["a", "b", "c"] && whole.notes.isEmpty)
    let plain = try corpus(["Train": "a\nb\n"])
    #expect(plain.training == "a\n" && plain.validation == "b\n" && plain.isSplit)
  }

  @Test("Folders without a training file or with several are errors that list the files found")
  func badFolders() throws {
    func error(_ files: [String: String]) throws -> TextError? {
      #expect(throws: TextError.self) { try corpus(files) }
    }
    guard case .noTexts(_, TextFolder.extensions) = try error(["notes.pdf": "a", ".notes.txt": "a"]) else {
      Issue.record("expected the error for a folder without texts")
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

  @Test("The validation file may be named valid, dev or val, but not by a longer word that contains dev or val")
  func validationNames() throws {
    for name in ["valid.txt", "dev.txt", "val.txt", "ptb.dev.txt", "wiki.val.tokens", "Validation", "DEV"] {
      let whole = try corpus(["train.txt": "a\nb\n", name: "c", "test.txt": "d"])
      #expect([whole.training, whole.validation, whole.test] == ["a\nb\n", "c", "d"], "\(name)")
      #expect(whole.validationPath?.hasSuffix("/" + name) == true && !whole.isSplit)
    }
    #expect(try corpus(["train.txt": "a\nb\n", "devices.txt": "c", "interval.txt": "d"]).isSplit)
    #expect(throws: TextError.self) { try corpus(["train.txt": "a", "dev.txt": "b", "val.txt": "c"]) }
  }

  @Test("Several files are joined into one text, as in a prepared token file")
  func severalFiles() throws {
    let folder = try ScratchFolder()
    let first = try folder.put(Array("a b\nc".utf8), as: "first.txt")
    let second = try folder.put(Array("\u{FEFF}d\r\ne f".utf8), as: "second.txt")
    let third = try folder.put(Array("g\nh\n".utf8), as: "third.txt")
    let corpus = try Corpus(at: [first, second, third], validationShare: 0.3)
    #expect(corpus.training == "a b\nc\nd\n" && corpus.validation == "e f\ng\nh\n" && corpus.isSplit)
    for tokenizer in [
      AnyTokenizer.bytes(ByteTokenizer()), .word(WordTokenizer(training: corpus.training, minimumCount: 1)),
    ] {
      try TextPreparation(of: [first, second, third], threadCount: 1, pieceSize: 4, validationShare: 0.3)
        .write(tokenizer, to: folder("tokens"))
      let file = try TokenFile(at: folder("tokens"))
      #expect(file.training.ids(in: 0..<file.training.count) == (try tokenizer.encode(corpus.training).ids))
      #expect(file.validation.ids(in: 0..<file.validation.count) == (try tokenizer.encode(corpus.validation).ids))
    }
    let given = try Corpus(at: [first, second], validation: third)
    #expect(given.training == "a b\nc\nd\ne f" && given.validation == "g\nh\n" && !given.isSplit)
  }

  @Test("A guide with a page about training is not a data set, and a data set's other texts are noted")
  func otherTexts() throws {
    let guide = try corpus(["train.md": "a\nb\n", "use.md": "c\nd\n", "demo.svg": "e"])
    #expect(guide.training + guide.validation == "a\nb\nc\nd\n" && guide.validationPath == nil)
    let data = try corpus(["train.txt": "a\n", "valid.txt": "b\n", "notes.md": "c", "vocabulary.json": "d"])
    #expect(data.training == "a\n" && data.validation == "b\n")
    #expect(data.notes.count == 1 && data.notes[0].hasPrefix("left out 1 other text in "))
    #expect(data.validationPath?.hasSuffix("/valid.txt") == true)
    #expect(try corpus(["train.txt": "a\nb\n", "readme": "c"]).notes.isEmpty)
  }

  @Test("All texts in a folder that is not a data set are read, and omitted files are noted")
  func folderOfTexts() throws {
    let whole = try corpus(["b.md": "# b\n", "a.txt": "a\n", "c.png": "x", ".d.txt": "d\n", "e.TEX": "e\n"])
    #expect(whole.training + whole.validation == "a\n# b\ne\n")
    #expect(whole.notes.count == 1 && whole.notes[0].contains("3 texts") && whole.notes[0].hasSuffix("1 other file"))
  }

  @Test("A symbolic link to the folder that contains it is not followed")
  func linkedFolders() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write("a\nb\n".utf8, to: "a.txt")
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/again", withDestinationPath: folder.path)
    #expect(try TextFolder(in: folder.path).texts == [folder.path + "/a.txt"])
  }

  @Test("Carriage returns that are not part of a line end are noted")
  func carriageReturns() throws {
    #expect(try corpus(["a.txt": "a\rb\rc\nd\n"], at: "/a.txt").notes.first?.contains("2 carriage returns") == true)
    #expect(try corpus(["a.txt": "a\r\nb\r\n"], at: "/a.txt").notes.isEmpty)
  }

  @Test("The validation share can be set", arguments: [(0.5, 2), (0.25, 3), (0.1, 3)])
  func share(_ share: Double, _ lineCount: Int) throws {
    let folder = try ScratchFolder()
    let path = try folder.put(Array(String(repeating: "abc\n", count: 4).utf8), as: "a.txt")
    let training = try Corpus(at: [path], validationShare: share).training
    #expect(training == String(repeating: "abc\n", count: lineCount))
  }

  @Test("Files that a training run left in a folder are not read as texts")
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
