import MynahDatasets
import MynahIO
import MynahText
import TestSupport
import Testing

struct PennTreebankRulesTests {
  @Test("The vocabulary comes only from the training text; unknown words in other texts are dropped and counted")
  func rules() throws {
    let corpus = PennTreebank(train: " b a b \n <unk> \n", valid: " a c b \n", test: " c \n b")
    #expect(corpus.vocabulary.tokens == ["<eos>", "b", "<unk>", "a"])
    #expect(corpus.train == [1, 3, 1, 0, 2, 0])
    #expect(corpus.valid == [3, 1, 0])
    #expect(corpus.test == [0, 1])
    #expect(corpus.droppedWordCount == 2)
    #expect(try corpus.tokenizer.encode(" b a b \n <unk> \n").ids == corpus.train)
  }

  @Test("A folder that lacks a file is an error that names the file")
  func missingFiles() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write("a\n".utf8, to: "ptb.train.txt")
    try folder.write("a\n".utf8, to: "ptb.valid.txt")
    #expect(
      throws: TextError.missingFile(directory: folder.path, role: "test", found: ["ptb.train.txt", "ptb.valid.txt"])
    ) { try PennTreebank(at: folder.path) }
    let file = folder.path + "/ptb.train.txt"
    #expect(throws: FileError.notADirectory(path: file)) { try PennTreebank(at: file) }
    #expect(throws: FileError.noSuchFile(path: "/no/such/place")) { try PennTreebank(at: "/no/such/place") }
  }
}

@Suite(.enabled(if: TestData.isExpected("ptb"), "\(TestData.reason("ptb"))"))
struct PennTreebankDataTests {
  let corpus: PennTreebank

  init() throws { corpus = try PennTreebank(at: TestData.path("ptb")) }

  @Test("The Penn Treebank has 929,589 training tokens and a vocabulary of 10,000")
  func sizes() {
    #expect(corpus.train.count == 929_589)
    #expect(corpus.valid.count == 73_760)
    #expect(corpus.test.count == 82_430)
    #expect(corpus.vocabulary.count == 10_000)
    #expect(corpus.droppedWordCount == 0)
  }

  @Test("The most frequent words have the first IDs")
  func vocabulary() {
    let first = ["the", "<unk>", "<eos>", "N", "of", "to", "a", "in", "and", "'s", "that", "for", "$"]
    #expect((0..<13).map { corpus.vocabulary[$0] } == first)
    #expect((9997..<10_000).map { corpus.vocabulary[$0] } == ["ssangyong", "swapo", "wachter"])
    #expect(corpus.vocabulary.id(of: "aer") == 9970)
    let lines = corpus.vocabulary.tokens.map { $0 + "\n" }.joined()
    #expect(
      SHA256.hexadecimal(of: Array(lines.utf8)) == "ab5a101c0a4fc91bce28e83556c3ab4f550a1982221752f1c964bb0d27590f7d")
  }

  @Test("The text begins with aer banknote berlitz, and IDs decode to words")
  func words() {
    let words = "aer banknote berlitz calloway centrust cluett fromstein gitano guterman hydro-quebec ipo kia"
    #expect(corpus.tokenizer.decode(corpus.train.prefix(12)) == words)
    #expect(
      corpus.train.prefix(30) == [
        9970, 9971, 9972, 9974, 9975, 9976, 9980, 9981, 9982, 9983, 9984, 9986, 9987, 9988, 9989, 9991, 9992, 9993,
        9994,
        9995, 9996, 9997, 9998, 9999, 2, 9256, 1, 3, 72, 393,
      ])
    #expect(corpus.valid.prefix(10) == [1132, 93, 358, 5, 329, 51, 9836, 6, 326, 2476])
    #expect(corpus.test.prefix(10) == [102, 14, 24, 32, 752, 381, 2, 29, 120, 0])
  }

  @Test("The token IDs have the known digests")
  func digests() {
    #expect(
      SHA256.hexadecimal(of: corpus.train) == "13ceaa94f7754f019f361799bfe0af70af87d2d5d704777713f8c47abbd875bf")
    #expect(
      SHA256.hexadecimal(of: corpus.valid) == "1ae16940fddcb4e7fc4bb304d67ff5c32060cd30efe6398cfe348373994685f4")
    #expect(SHA256.hexadecimal(of: corpus.test) == "73358916a785a35ac9c6d358423dcab4a2f43c3cefe3cd6d28951581100e80b9")
  }

  @Test("A batch size of 60 and a sequence length of 20 give 774 batches per epoch")
  func batches() throws {
    let batches = try ContiguousBatches(corpus.train, batchSize: 60, stepCount: 20)
    #expect(batches.count == 774)
    #expect(try ContiguousBatches(corpus.valid, batchSize: 60, stepCount: 20).count == 61)
    #expect(try ContiguousBatches(corpus.test, batchSize: 60, stepCount: 20).count == 68)
    let batch = batches[0]
    func row(_ row: Int, of ids: [Int32]) -> [Int32] { (0..<20).map { ids[$0 * 60 + row] } }
    let first: [Int32] = [
      9970, 9971, 9972, 9974, 9975, 9976, 9980, 9981, 9982, 9983, 9984, 9986, 9987, 9988, 9989, 9991, 9992, 9993, 9994,
      9995,
    ]
    #expect(row(0, of: batch.inputs) == first)
    #expect(row(0, of: batch.targets) == first.dropFirst() + [9996])
    #expect(row(1, of: batch.inputs).prefix(10) == [901, 33, 3361, 8, 1279, 437, 597, 6, 261, 4276])
    #expect(row(2, of: batch.inputs).prefix(10) == [2654, 6, 334, 2886, 4, 1, 233, 711, 834, 11])
  }

  @Test(
    "Other batch sizes and sequence lengths give the known numbers of batches",
    arguments: [
      (20, 20, [46_479, 3_688, 4_121], [2_323, 184, 206]), (20, 35, [46_479, 3_688, 4_121], [1_327, 105, 117]),
      (1, 1, [929_589, 73_760, 82_430], [929_588, 73_759, 82_429]),
    ])
  func otherBatches(_ batchSize: Int, _ stepCount: Int, _ rowLengths: [Int], _ counts: [Int]) throws {
    let batches = try [corpus.train, corpus.valid, corpus.test].map {
      try ContiguousBatches($0, batchSize: batchSize, stepCount: stepCount)
    }
    #expect(batches.map(\.rowLength) == rowLengths)
    #expect(batches.map(\.count) == counts)
    if batchSize == 20 {
      let column: [Int32] = [
        9970, 10, 3, 8, 18, 1028, 2, 1261, 1473, 155, 36, 1374, 25, 226, 8, 3, 44, 541, 47, 7831,
      ]
      #expect(Array(batches[0][0].inputs.prefix(20)) == column)
    }
  }

  @Test("A word tokenizer built from the training file equals the reader's")
  func tokenizer() throws {
    let text = try Corpus(at: TestData.path("ptb")).training
    let tokenizer = WordTokenizer(training: text)
    #expect(tokenizer == corpus.tokenizer)
    let encoded = try tokenizer.encode(text)
    #expect(encoded.ids == corpus.train)
    #expect(encoded.unknownCount == 0)
  }
}
