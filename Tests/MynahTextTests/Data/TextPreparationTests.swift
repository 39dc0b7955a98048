import Foundation
import MynahDatasets
import MynahIO
import MynahTensors
import MynahText
import TestSupport
import Testing

struct TextPreparationTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private struct Prepared {
    let file: TokenFile
    let bytes: [UInt8]
  }

  private func prepare(
    _ texts: [String], _ kind: TokenizerKind = .word, threads: Int = 2, pieceSize: Int = 1 << 20,
    minimumCount: Int? = nil, maximumSize: Int? = nil
  ) throws -> Prepared {
    let paths = try texts.enumerated().map { try folder.put(Array($1.utf8), as: "\($0).txt") }
    let preparation = try TextPreparation(of: paths, threadCount: threads, pieceSize: pieceSize)
    let tokenizer = try preparation.tokenizer(kind, minimumCount: minimumCount, maximumSize: maximumSize)
    try preparation.write(tokenizer, to: folder("text.tokens"))
    return Prepared(file: try TokenFile(at: folder("text.tokens")), bytes: try folder.bytes(of: "text.tokens"))
  }

  private static let sentences: String = {
    let language = DemoLanguage()
    var random = RandomSource(seed: 8)
    let ids = language.sample(tokenCount: 3000, using: &random)
    return WordTokenizer(vocabulary: language.vocabulary).decode(ids) + "\n\nnaïve 漢字 😀\u{3000}end\n"
  }()

  /// Expects the same tokens and vocabulary as for a text in memory.
  private func expectAsInMemory(_ prepared: Prepared, _ kind: TokenizerKind, _ text: String) throws {
    let corpus = try Corpus(at: folder.put(Array(text.utf8), as: "whole"))
    let tokenizer: AnyTokenizer =
      switch kind {
      case .word: .word(WordTokenizer(training: corpus.training))
      case .character: .character(CharacterTokenizer(training: corpus.training))
      case .byte: .bytes(ByteTokenizer())
      case .bytePair: .bytePair(BytePairTokenizer(training: corpus.training, vocabularySize: 512))
      case .wordsAndPunctuation: .wordsAndPunctuation(PunctuationTokenizer(training: corpus.training))
      case .kerasWord: .kerasWord(KerasTokenizer(.init(unknownToken: "<unk>"), training: [corpus.training]))
      }
    #expect(AnyTokenizer(kind, training: corpus.training) == tokenizer)
    let (training, validation) = try (tokenizer.encode(corpus.training), tokenizer.encode(corpus.validation))
    let file = prepared.file
    #expect(file.tokenizer == tokenizer)
    #expect(file.training.ids(in: 0..<file.training.count) == training.ids)
    #expect(file.validation.ids(in: 0..<file.validation.count) == validation.ids)
    #expect(file.unknownCount == training.unknownCount)
    #expect(file.characterCount == training.characterCount + validation.characterCount)
  }

  @Test(
    "Tokens and vocabulary are the same as in memory, for any piece size and number of threads",
    arguments: TokenizerKind.allCases, [1 << 20, 4096, 97, 8])
  func asInMemory(_ kind: TokenizerKind, _ pieceSize: Int) throws {
    let text = pieceSize < 100 ? String(Self.sentences.suffix(2500)) : Self.sentences
    let prepared = try prepare([text], kind, threads: pieceSize % 3 + 1, pieceSize: pieceSize)
    try expectAsInMemory(prepared, kind, text)
  }

  @Test(
    "The same tokenizer is chosen as for the text in memory, wherever the pieces end", arguments: [1 << 20, 64])
  func chosenTokenizer(_ pieceSize: Int) throws {
    for text in [Self.sentences, "One line, and another.\nA third.\n", String(repeating: "Say: yes!\n", count: 9000)] {
      let path = try folder.put(Array(text.utf8), as: "chosen.txt")
      let preparation = try TextPreparation(of: [path], threadCount: 2, pieceSize: pieceSize)
      #expect(try preparation.tokenizerChoice() == TokenizerChoice(for: Corpus(at: path).training))
    }
  }

  @Test("A token that contains white space is found wherever the pieces end")
  func spacesInTokens() throws {
    let bytes = BytePairTokenizer(training: "a\n", vocabularySize: 257, specialTokens: ["<new line>"])
    let commas = KerasTokenizer(KerasTokenizer.Settings(filters: "\n", separator: ","), training: ["a b,c d,"])
    let text = String(repeating: "a b,<new line>c d,", count: 40)
    let path = try folder.put(Array(text.utf8), as: "spaces.txt")
    for tokenizer in [AnyTokenizer.bytePair(bytes), .kerasWord(commas)] {
      try TextPreparation(of: [path], threadCount: 2, pieceSize: 16).write(tokenizer, to: folder("spaces.tokens"))
      let file = try TokenFile(at: folder("spaces.tokens"))
      #expect(file.training.ids(in: 0..<file.training.count) == (try tokenizer.encode(Corpus(at: path).training).ids))
    }
  }

  @Test("The file is identical byte for byte on one, two and five threads")
  func threads() throws {
    let files = try [1, 2, 5].map { try prepare([Self.sentences], threads: $0, pieceSize: 500).bytes }
    #expect(files[0] == files[1] && files[0] == files[2])
  }

  @Test("Several files form one text, and a last line without a line end gets one")
  func severalTexts() throws {
    let prepared = try prepare(["a b\nb a", "", "a c\na b\n", "a"], minimumCount: 1)
    #expect(prepared.file.tokenizer.vocabulary.tokens == ["<eos>", "a", "b", "c", "<unk>"])
    #expect(prepared.file.ids(in: 0..<prepared.file.count) == [1, 2, 0, 2, 1, 0, 1, 3, 0, 1, 2, 0, 1, 0])
    #expect(prepared.file.training.count == 9)
  }

  @Test("Carriage returns before line ends and byte order marks give no tokens, wherever pieces are cut")
  func lineEnds() throws {
    let unix = "ab c\n\nd e f\ng\n"
    let dos = "\u{FEFF}" + unix.replacing("\n", with: "\r\n")
    for kind in [TokenizerKind.word, .character, .byte] {
      for pieceSize in [1, 2, 3, 4, 5, 100] {
        let (one, other) = try (
          prepare([unix], kind, pieceSize: 100).file, prepare([dos], kind, pieceSize: pieceSize).file
        )
        #expect(one.count == other.count)
      }
    }
  }

  @Test("A vocabulary is limited by count and size")
  func limits() throws {
    let text = "a a a b b c\nx\n"
    #expect(try prepare([text], minimumCount: 2).file.tokenizer.vocabulary.tokens == ["a", "b", "<eos>", "<unk>"])
    #expect(try prepare([text], maximumSize: 3).file.tokenizer.vocabulary.tokens == ["a", "<eos>", "<unk>"])
    #expect(try prepare([text], .character, maximumSize: 3).file.tokenizer.vocabulary.tokens == [" ", "a", "<unk>"])
  }

  @Test("A leading space is added only once before a text, wherever pieces are cut", arguments: [1 << 20, 40, 9])
  func leadingSpace(_ pieceSize: Int) throws {
    let text = "some words\n\nthen  other words \nand some more\nwords at last\n"
    let trained = BytePairTokenizer(training: " " + text, vocabularySize: 300)
    let merges = try #require(JSONSerialization.jsonObject(with: JSONEncoder().encode(trained)) as? [String: Any])
    let tokenizer = try BytePairTokenizer(
      vocabulary: trained.vocabulary,
      merges: (try #require(merges["merges"] as? [String])).map { line in
        let parts = line.split(separator: " ").map(String.init)
        return (parts[0], parts[1])
      }, addsLeadingSpace: true)
    let path = try folder.put(Array(text.utf8), as: "text.txt")
    try TextPreparation(of: [path], threadCount: 2, pieceSize: pieceSize).write(
      .bytePair(tokenizer), to: folder("out"))
    let file = try TokenFile(at: folder("out"))
    let corpus = try Corpus(at: path)
    #expect(file.training.ids(in: 0..<file.training.count) == (try tokenizer.encode(corpus.training).ids))
    #expect(file.validation.ids(in: 0..<file.validation.count) == (try tokenizer.encode(corpus.validation).ids))
  }

  @Test("Lines longer than a piece are cut between words, and words longer than four pieces between characters")
  func longLines() throws {
    let words = (0..<300).map { "w\($0 % 7)" }.joined(separator: " ")
    try expectAsInMemory(try prepare([words + "\nend\n"], pieceSize: 64), .word, words + "\nend\n")
    let long = String(repeating: "é", count: 500) + "\nend\n"
    try expectAsInMemory(try prepare([long], .character, pieceSize: 9), .character, long)
  }

  @Test(
    "A text of one word is split at a character, as in memory",
    arguments: ["aaaaaaaaa日", "ab", "日a", "a日", "日本", "aaaaaaaaaaaaaaaaaé", "😀😀", "aaaaaaaaa\r\n"])
  func oneWord(_ text: String) throws {
    try expectAsInMemory(try prepare([text], .character), .character, text)
  }

  @Test("A piece never ends inside a character, however short the pieces are", arguments: 1...6)
  func tinyPieces(_ pieceSize: Int) throws {
    let text = "a😀😀é日😀\r\n日本語\nz"
    try expectAsInMemory(try prepare([text], .character, pieceSize: pieceSize), .character, text)
  }

  @Test("Invalid UTF-8 is reported with its offset and line, in any piece")
  func invalidBytes() throws {
    var bytes = Array(String(repeating: "some words\n", count: 100).utf8)
    bytes[700] = 0xFF
    let path = try folder.put(bytes, as: "latin.txt")
    for pieceSize in [50, 1 << 20] {
      let preparation = try TextPreparation(of: [path], threadCount: 2, pieceSize: pieceSize)
      #expect(throws: FileError.notUTF8(path: path, offset: 700, line: 64, byte: 0xFF)) {
        try preparation.tokenizer(.word)
      }
      #expect(throws: FileError.self) {
        try preparation.write(.character(CharacterTokenizer(training: "some words\n")), to: folder("out"))
      }
    }
    #expect(folder.names == ["latin.txt"])
    let wide = try folder.put([0xFF, 0xFE, 0x61, 0x00], as: "wide.txt")
    #expect(throws: FileError.utf16(path: wide)) {
      try TextPreparation(of: [wide], threadCount: 1).tokenizer(.character)
    }
  }

  @Test("An empty training or validation split is an error")
  func tooLittle() throws {
    let path = folder("0.txt")
    #expect(throws: FileError.emptyText(path: path)) { try prepare([""]) }
    #expect(throws: FileError.emptyText(path: path)) { try prepare([" \n\n \n"]) }
    #expect(throws: TextError.tooShortToHoldOut(path: path)) { try prepare(["é"]) }
    #expect(throws: FileError.noSuchFile(path: "none")) { try TextPreparation(of: ["none"], threadCount: 1) }
  }

  @Test("Progress rises to 100 % in both passes, and an error from it ends them without leaving files")
  func progress() throws {
    struct Stop: Error {}
    let path = try folder.put(Array(Self.sentences.utf8), as: "a.txt")
    let preparation = try TextPreparation(of: [path], threadCount: 2, pieceSize: 1000)
    var reports: [TextPreparation.Progress] = []
    let tokenizer = try preparation.tokenizer(.word) { reports.append($0) }
    try preparation.write(tokenizer, to: folder("out")) { reports.append($0) }
    for pass in [reports.filter(\.isCounting), reports.filter { !$0.isCounting }] {
      #expect(pass.count > 5 && zip(pass, pass.dropFirst()).allSatisfy { $0.byteCount < $1.byteCount })
      #expect(pass.last?.byteCount == pass.last?.totalByteCount)
    }
    #expect(reports.last?.byteCount == Self.sentences.utf8.count)
    let before = try folder.bytes(of: "out")
    #expect(throws: Stop.self) { try preparation.write(tokenizer, to: folder("out")) { _ in throw Stop() } }
    #expect(try folder.bytes(of: "out") == before && folder.names == ["a.txt", "out"])
  }
}
