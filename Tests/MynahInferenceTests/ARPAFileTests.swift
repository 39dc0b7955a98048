import Foundation
import MynahIO
import MynahInference
import MynahTensors
import MynahText
import TestSupport
import Testing

@Suite("ARPA files written by other programs")
struct ARPAFileTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private static let plain = """
    \\data\\
    ngram 1=4
    ngram 2=2

    \\1-grams:
    -1.5\t<unk>
    -1\t</s>
    -99\t<s>\t-0.3
    -0.5\ta\t-0.2

    \\2-grams:
    -0.4\t<s> a
    -0.45\ta </s>

    \\end\\

    """

  private func write(_ text: String, _ name: String = "model") throws -> String {
    try folder.put(Array(text.utf8), as: name)
  }

  private static func fixture(_ name: String) throws -> String {
    try #require(Bundle.module.path(forResource: "Fixtures/" + name, ofType: nil))
  }

  /// The log10 probability of each word of a sentence and of its end.
  private func scores(_ model: NGramModel, _ sentence: String, words: [String] = ["a", "b", "c", "d"]) throws
    -> [Double]
  {
    // KenLM reads words that are not in the model as <unk>.
    let known = words.filter { model.vocabulary.id(of: $0) != nil }
    let tokenizer = AnyTokenizer.word(
      WordTokenizer(vocabulary: try Vocabulary(tokens: known + [Vocabulary.unknown, Vocabulary.endOfSentence])))
    var predictor = try NGramPredictor(model, tokenizer: tokenizer)
    return try predictor.score(tokenizer.encode(sentence + "\n").ids).map { $0 / log(10) }
  }

  // MARK: Forms

  private struct Golden: Decodable {
    struct Case: Decodable {
      let name, text: String
      let scores: [[Double]]
    }
    let sentences: [String]
    let cases: [Case]
  }

  @Test("Files in the formats that toolkits write get the same scores as in KenLM")
  func forms() throws {
    let data = try Data(contentsOf: URL(filePath: Self.fixture("golden-arpa.json")))
    let golden = try JSONDecoder().decode(Golden.self, from: data)
    #expect(golden.cases.count == 11)
    for entry in golden.cases {
      let model = try NGramModel(arpa: write(entry.text))
      for (sentence, expected) in zip(golden.sentences, entry.scores) {
        let found = try scores(model, sentence)
        #expect(found.count == expected.count)
        for (own, other) in zip(found, expected) {
          // KenLM cannot represent a probability of 0.
          #expect(other < -98 ? own == -.infinity : abs(own - other) < 2e-6, "\(entry.name): \(sentence)")
        }
      }
    }
  }

  @Test("Extra white space, a byte order mark and remarks before the data section are accepted")
  func notation() throws {
    let plain = try scores(NGramModel(arpa: write(Self.plain)), "a b a")
    let remarks = "##### of the CMU toolkit\nData mark: \\data\\\nngram 1=nr\n\\1-grams:\np_1 wd_1 bo_1\n\n"
    let forms = [
      Self.plain.replacing("\t", with: " "), Self.plain.replacing("\n", with: " \t\n"), "\u{FEFF}" + Self.plain,
      "\n\n" + Self.plain, remarks + Self.plain, Self.plain.replacing("ngram 1=4", with: "ngram  1 = 4"),
      Self.plain.replacing("-99", with: "-120"), Self.plain.replacing("-99", with: "-98.9999"),
      Self.plain.replacing("-99", with: "-Infinity"), String(Self.plain.dropLast()),
    ]
    for form in forms { #expect(try scores(NGramModel(arpa: write(form)), "a b a") == plain, "\(form)") }
    let path = try folder.put(Array("\u{80}".utf16.map { UInt8($0) }) + Array(("\n" + Self.plain).utf8), as: "latin1")
    #expect(try scores(NGramModel(arpa: path), "a b a") == plain)
  }

  @Test("Every notation for a probability or back-off weight of 0 gives a log-probability of -∞")
  func zero() throws {
    for number in ["-99", "-99.0000", "-inf", "-1e9", "-100"] {
      let model = try NGramModel(arpa: write(Self.plain.replacing("-1.5\t<unk>", with: number + "\t<unk>")))
      #expect(try scores(model, "b a")[0] == -.infinity)
      #expect(try abs(scores(model, "b a")[1] + 0.5) < 1e-6)
      let weight = try NGramModel(arpa: write(Self.plain.replacing("a\t-0.2", with: "a\t" + number)))
      #expect(try scores(weight, "a a")[1] == -.infinity)
    }
  }

  @Test("Log-probabilities just above 0 are treated as rounding errors, and larger ones are errors")
  func rounding() throws {
    for number in ["0", "0.0", "+0", "0.0001", "1e-7"] {
      let model = try NGramModel(arpa: write(Self.plain.replacing("-0.4\t<s> a", with: number + "\t<s> a")))
      #expect(try scores(model, "a")[0] == 0)
    }
    #expect(throws: InferenceError.self) {
      try NGramModel(arpa: write(Self.plain.replacing("-0.4\t<s> a", with: "0.0002\t<s> a")))
    }
  }

  @Test("<UNK> is read as <unk>, in longer n-grams too, unless the file contains <unk>")
  func capitalUnknown() throws {
    let capital = Self.plain.replacing("<unk>", with: "<UNK>").replacing("-0.45\ta </s>", with: "-0.45\ta <UNK>")
    let model = try NGramModel(arpa: write(capital))
    #expect(try abs(scores(model, "a b")[1] + 0.45) < 1e-6)
    let both = capital.replacing("ngram 1=4", with: "ngram 1=5").replacing("-99", with: "-2\t<unk>\n-99")
    let other = try NGramModel(arpa: write(both))
    #expect(other.vocabulary.id(of: "<UNK>") != nil && other.vocabulary.id(of: "<unk>") != nil)
  }

  // MARK: Compression

  @Test("A gzip-compressed file gives the same model as the plain file, and a damaged one is an error")
  func compressed() throws {
    let (plain, packed) = try (
      NGramModel(arpa: Self.fixture("kenlm.arpa")), NGramModel(arpa: Self.fixture("kenlm.arpa.gz"))
    )
    #expect(plain.counts == packed.counts && plain.vocabulary == packed.vocabulary)
    #expect(try scores(plain, "the old", words: ["the", "old"]) == scores(packed, "the old", words: ["the", "old"]))
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: Self.fixture("kenlm.arpa.gz"))))
    #expect(throws: FileError.self) { try NGramModel(arpa: folder.put(Array(bytes.dropLast(9)), as: "short.gz")) }
    bytes[bytes.count / 2] ^= 1
    #expect(throws: FileError.self) { try NGramModel(arpa: folder.put(bytes, as: "damaged.gz")) }
  }

  // MARK: Other files

  @Test("A file is recognised by its contents, not by its name")
  func recognition() throws {
    let yes = [Self.plain, "\n\\data\\\n", "remark\n \\data\\ \r\nngram 1=1\n"]
    for text in yes { #expect(try NGramModel.isARPA(at: write(text, "x.txt"))) }
    #expect(try NGramModel.isARPA(at: folder.put([0x1F, 0x8B], as: "x")))
    let no = ["", "data\n", "see \\data\\\n", "\0\n\\data\\\n", String(repeating: "a\n", count: 40_000) + Self.plain]
    for text in no {
      #expect(try !NGramModel.isARPA(at: write(text, "x.arpa")))
      let error = #expect(throws: InferenceError.self) { try NGramModel(arpa: write(text)) }
      guard case .notARPA = error else {
        Issue.record("found \(String(describing: error))")
        return
      }
      #expect(error?.description.contains("\\data\\") == true)
    }
    #expect(throws: FileError.self) { try NGramModel.isARPA(at: folder.path) }
    #expect(throws: FileError.self) { try NGramModel.isARPA(at: folder.path + "/none") }
  }

  @Test(
    "Errors name the format of files that are often mistaken for ARPA files",
    arguments: [
      ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
      ("mmap lm http://kheafield.com/code format version 5\n\0\0", "KenLM"), ("iARPA\n\n\\data\n", "compile-lm"),
      ("qARPA 2\n", "IRSTLM"), ("blmt 3 1 1\n", "compile-lm"), ("SRILM_BINARY_NGRAM_002\n", "-write-lm"),
      ("a \u{1B}[2Jb\n", "'a ␛[2Jb'"), ("\u{1}\0", "not text"), ("", "empty"),
    ])
  func foreign(text: String, found: String) throws {
    let error = #expect(throws: InferenceError.self) { try NGramModel(arpa: write(text)) }
    #expect(error?.description.contains(found) == true, "\(String(describing: error))")
  }

  // MARK: Errors

  @Test(
    "Every malformed line is an error with its line number",
    arguments: [
      ("ngram 1=4", "ngram 1=x", 2), ("ngram 1=4", "ngram 1=-4", 2), ("ngram 1=4", "ngram 2=4", 2),
      ("ngram 1=4", "ngram 1=4=4", 2), ("ngram 1=4", "ngrams 1=4", 2), ("ngram 1=4", "ngram 1=99999999999999999999", 2),
      ("ngram 2=2", "ngram 2=2147483644", 5), ("\\1-grams:", "\\2-grams:", 5), ("\\1-grams:", "\\1-gram:", 5),
      ("-0.5\ta\t-0.2", "-0.5\ta\tx", 9), ("-0.5\ta\t-0.2", "x\ta\t-0.2", 9), ("-0.5\ta\t-0.2", "nan\ta\t-0.2", 9),
      ("-0.5\ta\t-0.2", "-0.5\ta\tinf", 9), ("-0.5\ta\t-0.2", "0.5\ta\t-0.2", 9), ("-0.5\ta\t-0.2", "-0x5\ta\t-0.2", 9),
      ("-0.5\ta\t-0.2", "-0,5\ta\t-0.2", 9), ("-0.5\ta\t-0.2", "-0.5\ta b\t-0.2", 9), ("-0.5\ta\t-0.2", "-0.5", 9),
      ("-0.5\ta\t-0.2", "-0.5\t</s>\t-0.2", 9), ("-0.5\ta\t-0.2\n", "", 10), ("-0.5\ta", "-1\tc\n-0.5\ta", 10),
      ("\\2-grams:", "\\3-grams:", 11), ("\\2-grams:", "\\end\\", 11), ("<s> a", "<s> c", 12), ("<s> a", "c a", 12),
      ("<s> a", "<s>", 12), ("a </s>", "<s> a", 13), ("-0.4\t<s> a", "-0.4\t<s> a\t-0.1", 12),
      ("-0.4\t<s> a", "-0.4\t<s> a a a", 12), ("-0.45\ta </s>\n", "", 14), ("\\end\\", "", 15),
      ("\\end\\", "\\end", 15),
      ("\\end\\", "\\3-grams:", 15), ("\\end\\", "\\end\\\nmore", 16),
    ])
  func malformed(old: String, new: String, line: Int) throws {
    let path = try write(Self.plain.replacing(old, with: new, maxReplacements: 1))
    let error = #expect(throws: InferenceError.self) { try NGramModel(arpa: path) }
    guard case .malformedNGrams(path, let found, _, _) = error else {
      Issue.record("found \(String(describing: error))")
      return
    }
    #expect(found == line, "\(String(describing: error))")
  }

  @Test("An n-gram whose prefix is not listed is an error, but its suffix need not be listed")
  func beginnings() throws {
    let longer = Self.plain.replacing("ngram 2=2", with: "ngram 2=2\nngram 3=1")
    func text(_ ngram: String) -> String {
      longer.replacing("\\end\\", with: "\\3-grams:\n-0.1\t\(ngram)\n\n\\end\\")
    }
    #expect(throws: InferenceError.self) { try NGramModel(arpa: write(text("a a a"))) }
    let model = try NGramModel(arpa: write(text("<s> a a")))
    #expect(try abs(scores(model, "a a")[1] + 0.1) < 1e-6)
  }

  @Test("A line that is not UTF-8 is an error with its line number")
  func encoding() throws {
    var bytes = Array(Self.plain.utf8)
    let place = try #require(bytes.lastIndex(of: UInt8(ascii: "a")))
    bytes[place] = 0xE9
    let path = try folder.put(bytes, as: "latin1")
    let error = #expect(throws: FileError.self) { try NGramModel(arpa: path) }
    #expect(error == .notUTF8(path: path, offset: place, line: 13, byte: 0xE9))
  }

  @Test("Error messages replace control characters from the file with visible symbols")
  func quoting() throws {
    let error = #expect(throws: InferenceError.self) {
      try NGramModel(arpa: write(Self.plain.replacing("-0.4\t<s> a", with: "-0.4\t<s> \u{1B}[31m")))
    }
    #expect(error?.description.contains("\u{1B}") == false && error?.description.contains("␛") == true)
  }

  @Test("A damaged file gives a model or an error, never a crash")
  func damage() throws {
    var random = RandomSource(seed: 5)
    let special = Array("\n\t -0123459.\\<>=".utf8)
    let words = AnyTokenizer.word(WordTokenizer(training: "a b\n", minimumCount: 1))
    let longer = Self.plain.replacing("ngram 2=2", with: "ngram 2=2\nngram 3=1")
      .replacing("\\end\\", with: "\\3-grams:\n-0.1\t<s> a </s>\n\n\\end\\")
    for _ in 0..<1000 {
      var bytes = Array(longer.utf8)
      for _ in 0..<(1 + random.next() % 3) {
        let place = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 4 {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.remove(at: place)
        case 2: bytes[place] = special[Int(random.next() % UInt64(special.count))]
        default: bytes.insert(bytes[Int(random.next() % UInt64(bytes.count))], at: place)
        }
      }
      guard let model = try? NGramModel(arpa: folder.put(bytes, as: "damaged")),
        var predictor = try? NGramPredictor(model, tokenizer: words, mapsUnknownWords: true)
      else { continue }
      #expect(try predictor.score([0, 1, 2, 0, 1]).allSatisfy { !$0.isNaN })
    }
  }
}
