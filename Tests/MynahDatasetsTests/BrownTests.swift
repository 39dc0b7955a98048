import Foundation
import MynahDatasets
import MynahIO
import MynahText
import TestSupport
import Testing

struct CanonicalWordTests {
  @Test(
    "Words with letters are lowercased, and numbers have their digits replaced and some commas removed",
    arguments: [
      ("The", "the"), ("1960s", "1960s"), ("4th", "4th"), ("1,119", "DGDGDGDG"), ("1960", "DGDGDGDG"),
      ("$1,000", "$DG,DGDGDG"), ("7-5", "DG-DG"), ("2:30", "DG:DGDG"), ("3.5", "DG.DG"), (".05", ".DGDG"),
      ("1/2", "DG/DG"), ("0", "DG"), (",", ","), ("", ""), ("É1", "é1"), ("٣", "DG"), ("ΟΔΟΣ", "οδος"),
    ])
  func forms(_ word: String, _ form: String) {
    #expect(CanonicalWord.form(of: word) == form)
  }

  @Test("With a vocabulary, the lowercase form is tried first, then the digit form, then <unk>")
  func knownForms() throws {
    let vocabulary = try Vocabulary(tokens: ["the", "1960", "DGDG"])
    let words = ["The", "1960", "19", "cat", "196"]
    #expect(words.map { CanonicalWord.form(of: $0, in: vocabulary) } == ["the", "1960", "DGDG", "<unk>", "<unk>"])
  }
}

struct BrownRulesTests {
  @Test("Each line with words is a sentence, and each word ends at its last slash")
  func sentences() {
    let sentences = BrownSentences(texts: ["\n\n\tThe/at 1/2/cd mile/nn\n \t\nIt/pps\n", "bare a/b"])
    #expect((0..<sentences.count).map { sentences[$0] } == [["The", "1/2", "mile"], ["It"], ["bare", "a"]])
    #expect(sentences.wordCount == 6 && sentences.distinctWordCount == 6)
    #expect(BrownSentences(texts: []).count == 0 && BrownSentences(texts: ["\n"]).count == 0)
  }

  @Test("Sentences are split into two sets and joined by <s>; rare words become <unk>")
  func splitting() {
    let sentences = BrownSentences(texts: ["A/x b/x\nb/x 12/x\na/x B/x\nc/x\n34/x\n"])
    let brown = Brown(sentences, vocabularySize: 6, shuffleSeed: nil)
    #expect(brown.vocabulary.tokens == ["<s>", "</s>", "<unk>", "b", "a", "DGDG"])
    #expect(brown.train.ids == [0, 4, 3, 0, 3, 5, 0, 4, 3, 0, 2, 0])
    #expect(brown.test.ids == [0, 5, 0])
    #expect(brown.train.sentenceCount == 4 && brown.train.wordCount == 7)
    #expect(brown.test.sentenceCount == 1 && brown.test.wordCount == 1)
    #expect(sentences.markedCanonicalWords.prefix(5) == ["<s>", "a", "b", "<s>", "<s>"])
  }

  @Test("The tokenizer encodes lines of text to the corpus's IDs and decodes them to text")
  func tokenizer() throws {
    let sentences = BrownSentences(texts: ["The/at dog/nn ran/vb ./.\n\nIn/in 1960/cd it/pp ran/vb ./.\n"])
    let brown = Brown(sentences, vocabularySize: 20, trainingShare: 1, shuffleSeed: nil)
    let tokenizer = brown.tokenizer
    let encoded = try tokenizer.encode("The DOG ran .\nin 1871 it ran .\n")
    #expect([tokenizer.startID] + encoded.ids == brown.train.ids && encoded.unknownCount == 0)
    #expect(try tokenizer.encode("Cats ran").ids == [2, brown.vocabulary.id(of: "ran"), 0])
    #expect(try tokenizer.encode("Cats ran").unknownCount == 1)
    #expect(tokenizer.decode(encoded.ids) == "the dog ran .\nin DGDGDGDG it ran .\n")
    let coded = try JSONEncoder().encode(AnyTokenizer.word(tokenizer))
    #expect(try JSONDecoder().decode(AnyTokenizer.self, from: coded) == .word(tokenizer))
    #expect(AnyTokenizer.word(tokenizer).tokenizerJSON == nil)
    let usual = Data(#"{"kind": "word", "vocabulary": ["<eos>", "a"]}"#.utf8)
    #expect(try JSONDecoder().decode(AnyTokenizer.self, from: usual).encode("a\n").ids == [1, 0])
  }

  @Test("An empty corpus gives two parts with one mark each")
  func empty() {
    let brown = Brown(BrownSentences(texts: []))
    #expect(brown.train.ids == [0] && brown.test.ids == [0] && brown.vocabulary.count == 3)
  }

  @Test("The folder with the corpus files is found, and a folder without them is an error")
  func folders() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    #expect(throws: TextError.missingFile(directory: folder.path, role: "ca01", found: [])) {
      try BrownSentences(at: folder.path)
    }
    #expect(throws: FileError.noSuchFile(path: "/no/such/place")) { try Brown(at: "/no/such/place") }
    try FileManager.default.createDirectory(atPath: folder.path + "/brown", withIntermediateDirectories: false)
    for (name, text) in [("cb02", "b/x\n"), ("ca10", "a/x\n"), ("cats.txt", "z/x\n"), ("CA11", "y/x\n")] {
      try folder.write(text.utf8, to: "brown/" + name)
    }
    for path in [folder.path, folder.path + "/brown", folder.path + "/brown/"] {
      let sentences = try BrownSentences(at: path)
      #expect((0..<sentences.count).map { sentences[$0] } == [["a"], ["b"]])
    }
  }
}

@Suite(.enabled(if: TestData.isExpected("brown"), "\(TestData.reason("brown"))"))
struct BrownDataTests {
  @Test("The Brown corpus has 57,340 sentences and 1,161,192 words")
  func sentences() throws {
    let sentences = try BrownSentences(at: TestData.path("brown"))
    #expect(sentences.count == 57_340)
    #expect(sentences.wordCount == 1_161_192)
    #expect(sentences.distinctWordCount == 56_057)
    let lengths = (0..<sentences.count).map { sentences[$0].count }
    #expect(lengths.min() == 1 && lengths.max() == 180)
    #expect(try BrownSentences(at: TestData.path("brown/brown")) == sentences)
    let types = Set((0..<sentences.count).lazy.flatMap { sentences[$0] }.map { CanonicalWord.form(of: $0) })
    #expect(types.count == 48_171)
  }

  @Test("The split and the vocabulary match the course's, down to the last token")
  func split() throws {
    let brown = try Brown(at: TestData.path("brown"))
    #expect(brown.train.sentenceCount == 45_872 && brown.train.wordCount == 924_077)
    #expect(brown.test.sentenceCount == 11_468 && brown.test.wordCount == 237_115)
    #expect(brown.train.ids.count == 969_950 && brown.test.ids.count == 248_584)
    let first: [Int32] = [
      0, 304, 657, 434, 0, 7, 42, 213, 42, 36, 977, 391, 5, 0, 5970, 1097, 3, 250, 34, 3, 2, 8, 3, 1196, 5,
      0, 28, 58, 1398, 42, 8, 140, 9, 2684, 2806, 6, 126, 113, 3, 1114, 15, 3, 4526, 58, 422, 5, 0, 3, 2, 16,
      5080, 8564, 17, 4, 10, 39, 331, 12, 2, 26, 4391, 24, 24, 0, 38, 32, 10, 190, 122, 2336, 11, 189, 290, 8, 36,
      52, 2, 8, 3779, 35, 4118, 5, 0, 220, 38, 32, 662, 24, 24, 0, 3, 5171, 13, 2338, 10, 2108, 4, 66, 4, 7, 4018,
    ]
    #expect(brown.train.ids.prefix(101) == first[...])
    #expect(
      SHA256.hexadecimal(of: brown.train.ids) == "cf2d089a905259950f2aafd6fbd616f6b14726c71f2d66d7133309c0c2395a10")
    #expect(
      SHA256.hexadecimal(of: brown.test.ids) == "07050e146272699f5d1cf62667c3237acc0d857b08affe9d19050bbad8015978")
    #expect(brown.train.ids.count { $0 == 2 } == 63_435 && brown.test.ids.count { $0 == 2 } == 16_003)
    #expect(!brown.train.ids.contains(1) && !brown.test.ids.contains(1))

    #expect(brown.vocabulary.count == 10_000)
    #expect(brown.vocabulary.tokens.prefix(8) == ["<s>", "</s>", "<unk>", "the", ",", ".", "of", "and"])
    #expect(brown.vocabulary[9999] == "wholesale")
    let lines = brown.vocabulary.tokens.map { $0 + "\n" }.joined()
    #expect(
      SHA256.hexadecimal(of: Array(lines.utf8)) == "5250672d78a03599ece6a071480420f1389ab342c8606a406b3620d3ced3c594")
    #expect(brown.tokenizer.decode(brown.train.ids.prefix(5)) == "\nopen market policy\n")
  }

  @Test("Windows of 25 tokens give 969,925 training pairs")
  func pairs() throws {
    let windows = TokenWindows(try Brown(at: TestData.path("brown")).train.ids, length: 25)
    #expect(windows.reduce(0) { $0 + $1.count } == 969_925)
  }

  @Test(
    "Looking up the words as Keras does gives the known IDs",
    arguments: [
      ("", 79_438, "ugliness", "c42c5c3eca74c59cd45a684d6491448bed794f1b696249c173b0f738839197f9"),
      (nil, 79_431, "u.s.s.r.", "7a4076d656e0c73d814d8639cdb33a7eb07d02ecd5156feeb667f35325693f2a"),
    ] as [(String?, Int, String, String)])
  func lookup(_ mask: String?, _ unknownCount: Int, _ lastWord: String, _ digest: String) throws {
    let words = try BrownSentences(at: TestData.path("brown")).markedCanonicalWords
    #expect(words.count == 1_275_872)
    let lookup = StringLookup(adapting: words, .init(maximumCount: 10_000, maskToken: mask))
    #expect(lookup.count == 10_000)
    let ids = try lookup.ids(of: words)
    let unknown: Int32 = mask == nil ? 0 : 1
    #expect(ids.count { $0 == unknown } == unknownCount)
    #expect(ids.count { $0 == unknown + 1 } == 114_680)
    #expect(lookup.vocabulary.tokens.contains(lastWord))
    if mask == "" {
      #expect(lookup.token(of: 9999) == lastWord)
      let first: [Int32] = [
        2, 3, 5554, 656, 2317, 1641, 65, 1858, 37, 2191, 6, 1, 553, 1119, 1406, 1189, 16, 61, 478, 17, 11, 90, 9545,
        217, 177, 5, 2, 2, 3, 1641,
      ]
      #expect(ids.prefix(30) == first[...])
    }
    #expect(SHA256.hexadecimal(of: ids) == digest)
  }
}

struct ToyCorpusTests {
  @Test("The toy corpus has 15 tokens, and its marks have the second of their two IDs")
  func toy() throws {
    let toy = ToyCorpus()
    #expect(
      toy.vocabulary.tokens == [
        "<s>", "</s>", "<unk>", "<s>", "lamb", ".", "Mary", "had", "a", "little", "The", "was", "white", "as", "snow",
      ])
    #expect(toy.vocabulary.count == 15)
    #expect(toy.inputs == [3, 6, 7, 8, 9, 4, 5, 3, 10, 4, 11, 12, 13, 14, 5, 3])
    #expect(toy.targets == [6, 7, 8, 9, 4, 5, 3, 10, 4, 11, 12, 13, 14, 5, 3, 2])
    #expect(toy.tokenizer.decode(toy.inputs) == "\nMary had a little lamb .\nThe lamb was white as snow .\n")
    #expect(try toy.tokenizer.encodePrompt(ToyCorpus.labels).ids == toy.targets)
    let data = try JSONEncoder().encode(AnyTokenizer.word(toy.tokenizer))
    #expect(try JSONDecoder().decode(AnyTokenizer.self, from: data) == .word(toy.tokenizer))
  }
}
