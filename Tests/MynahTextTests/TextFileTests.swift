import Foundation
import MynahText
import TestSupport
import Testing

struct TextFileTests {
  private func read(_ bytes: [UInt8]) throws -> String {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    return try TextFile(at: folder.write(bytes, to: "text.txt")).text
  }

  /// The error of reading a file of some bytes.
  private func failure(_ bytes: [UInt8]) throws -> TextError? {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let path = try folder.write(bytes, to: "text.txt")
    do {
      _ = try TextFile(at: path)
      return nil
    } catch {
      return error
    }
  }

  @Test("Text comes back as it is, without byte order mark and with \\n for \\r\\n")
  func reading() throws {
    #expect(try read(Array("aé😀\n b".utf8)) == "aé😀\n b")
    #expect(try read([0xEF, 0xBB, 0xBF] + Array("a\r\nb\rc\r\n\r".utf8)) == "a\nb\rc\n\r")
  }

  @Test(
    "Bytes that are not UTF-8 are found with their offset and line",
    arguments: [
      (Array("ab\ncaf".utf8) + [0xE9, 0x20], 6, 2), ([0x61, 0xFF], 1, 1), ([0x61, 0x80], 1, 1),
      ([0xC0, 0xAF], 0, 1), ([0xE0, 0x80, 0x80], 0, 1), ([0xED, 0xA0, 0x80], 0, 1), ([0xF4, 0x90, 0x80, 0x80], 0, 1),
      ([0x0A, 0xE2, 0x82], 1, 2), ([0xEF, 0xBB, 0xBF, 0x0A, 0xC3], 4, 2), ([0xF0, 0x9F, 0x98, 0x61], 0, 1),
    ] as [([UInt8], Int, Int)])
  func invalidBytes(_ bytes: [UInt8], _ offset: Int, _ line: Int) throws {
    guard case .notUTF8(_, let foundOffset, let foundLine, let byte) = try failure(bytes) else {
      Issue.record("expected an error for \(bytes)")
      return
    }
    #expect(foundOffset == offset && foundLine == line && byte == bytes[offset])
  }

  @Test("Text in UTF-16 is named as such")
  func utf16() throws {
    for bytes in [[0xFF, 0xFE, 0x61, 0x00], [0xFE, 0xFF, 0x00, 0x61]] as [[UInt8]] {
      guard case .utf16 = try failure(bytes) else {
        Issue.record("expected the error for UTF-16")
        return
      }
    }
  }

  @Test("Nothing but white space is no text", arguments: ["", "\n", " \r\n\t\u{3000}", "\u{FEFF}"])
  func empty(_ text: String) throws {
    guard case .emptyText = try failure(Array(text.utf8)) else {
      Issue.record("expected the error for an empty text")
      return
    }
  }

  @Test("Missing files and folders are told apart")
  func places() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    #expect(throws: TextError.noSuchFile(path: folder.path + "/none")) { try TextFile(at: folder.path + "/none") }
    #expect(throws: TextError.isDirectory(path: folder.path)) { try TextFile(at: folder.path) }
  }

  @Test(
    "A file whose reading breaks off is an error of input",
    .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/mem"), "this machine has no /proc"))
  func readingBreaksOff() throws {
    // Reading the start of this file fails for any user, also for one who may read all files.
    let error = #expect(throws: TextError.self) { try TextFile(at: "/proc/self/mem") }
    #expect(error?.kind == .inputOutput)
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

  @Test("Each error has a kind and a sentence of one line that names what it is about")
  func sentences() {
    let errors: [(TextError, TextError.Kind, [String])] = [
      (.noSuchFile(path: "a.txt"), .noSuchInput, ["a.txt"]),
      (.isDirectory(path: "a"), .noSuchInput, ["a", "folder"]),
      (.notADirectory(path: "a.txt"), .noSuchInput, ["a.txt", "folder"]),
      (.notPermitted(path: "a.txt"), .noSuchInput, ["a.txt", "permissions"]),
      (.unreadable(path: "a.txt", reason: "a disk error"), .inputOutput, ["a.txt", "a disk error"]),
      (.notUTF8(path: "a.txt", offset: 7, line: 3, byte: 0x0F), .badData, ["a.txt", "0x0F", "offset 7", "line 3"]),
      (.utf16(path: "a.txt"), .badData, ["a.txt", "UTF-16"]),
      (.emptyText(path: "a.txt"), .badData, ["a.txt"]),
      (.tooShortToHoldOut(path: "a.txt"), .badData, ["a.txt", "valid"]),
      (
        .tooShortForBatches(tokenCount: 5, needed: 420, batchSize: 20, stepCount: 21), .badData,
        ["5", "420", "20", "21"]
      ),
      (.missingFile(directory: "d", role: "train", found: []), .badData, ["d", "train", "no text file"]),
      (.ambiguousFiles(directory: "d", role: "test", found: ["t1", "t2"]), .badData, ["d", "test", "t1", "t2"]),
      (.duplicateToken("x\ny", firstID: 3, secondID: 8), .badData, ["x\\ny", "3", "8"]),
      (.unknownToken("word", line: 2, column: 9), .badData, ["word", "line 2", "column 9"]),
      (.notOneCharacter(token: "ab", id: 4), .badData, ["ab", "4"]),
      (.unknownTokenizer(kind: "k", known: ["word", "character"]), .badData, ["k", "word", "character"]),
      (.reservedToken("", role: "mask token", position: 4), .badData, ["mask token", "4"]),
      (.tooManyTokens(count: 12, maximum: 11), .badData, ["12", "11"]),
      (.unknownString("s\n"), .badData, ["s\\n"]),
      (.badEscape(line: 3, found: "\\x"), .badData, ["3", "\\x"]),
      (.badJSON(offset: 7, expected: "a value"), .badData, ["7", "a value"]),
      (.badTokenizerJSON(part: "p.q", expected: "null", found: "an array"), .badData, ["p.q", "null", "an array"]),
      (.badMerge(left: "a", right: "b", index: 5), .badData, ["a", "b", "5"]),
    ]
    for (error, kind, parts) in errors {
      #expect(error.kind == kind)
      #expect(!error.description.contains("\n"))
      for part in parts { #expect(error.description.contains(part)) }
    }
  }
}

struct CorpusTests {
  private func corpus(_ files: [String: String], at name: String = "") throws -> Corpus {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    for (name, text) in files { try folder.write(text.utf8, to: name) }
    return try Corpus(at: folder.path + name)
  }

  @Test(
    "The last tenth of a file is held out, from the start of a line if possible, and nothing is lost",
    arguments: [
      (String(repeating: "abcd efgh\n", count: 20), 18 * 10), ("a\nb\n", 2), ("a b c d e f g h i j", 16),
      ("abcdefghij", 9),
      ("ab", 1), ("a long first line and then\nb\n", 27), ("é\n", 2), ("one line only\n", 9),
    ])
  func heldOut(_ text: String, _ trainingLength: Int) throws {
    let corpus = try corpus(["a.txt": text], at: "/a.txt")
    #expect(corpus.training + corpus.validation == text)
    #expect(corpus.training.utf8.count == trainingLength)
    #expect(corpus.isHeldOut && corpus.test == nil)
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
    #expect(plain.training == "a\n" && plain.validation == "b\n" && plain.isHeldOut)
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
    #expect(throws: TextError.noSuchFile(path: "/no/such/place")) { try Corpus(at: "/no/such/place") }
  }
}
