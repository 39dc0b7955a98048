import MynahModels
import MynahText
import TestSupport
import Testing

@Suite("Word vectors")
struct WordVectorsTests {
  private static func vocabulary() throws -> Vocabulary {
    try Vocabulary(tokens: ["<unk>", "the", "Cat", "new york", "naïve", "absent", "<eos>"])
  }

  /// Reads a file with these bytes.
  private static func read(_ bytes: some Sequence<UInt8>) throws -> WordVectors {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    return try WordVectors(contentsOf: folder.write(bytes, to: "vectors"), for: vocabulary())
  }

  /// A file in word2vec's binary format.
  private static func binary(
    _ words: [(String, [Float])], header: String? = nil, lineEnd: [UInt8] = [10]
  ) -> [UInt8] {
    var bytes = Array((header ?? "\(words.count) \(words.first?.1.count ?? 0)\n").utf8)
    for (word, vector) in words {
      bytes += Array(word.utf8) + [32]
      for number in vector { bytes += (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) } }
      bytes += lineEnd
    }
    return bytes
  }

  private static let expected: [Int32: [Float]] = [1: [0.5, -1, 2e-3], 2: [4, 5, 6], 3: [7, 8, 9], 4: [1, 1, 1]]

  @Test(
    "Text is read with and without a header, with tabs, carriage returns and trailing spaces",
    arguments: ["", "5 3\n"])
  func text(header: String) throws {
    let lines = ["the 0.5 -1 2e-3", "cat\t4\t5\t6 ", "other 1 2 3", "new york 7 8 9\r", "naïve 1 1 1"]
    let vectors = try Self.read((header + lines.joined(separator: "\n") + "\n").utf8)
    #expect(vectors.dimension == 3 && vectors.vectors == Self.expected)
  }

  @Test(
    "The binary format is read, with and without line feeds between the vectors", arguments: [[], [10]] as [[UInt8]])
  func binary(lineEnd: [UInt8]) throws {
    let words: [(String, [Float])] = [
      ("the", [0.5, -1, 2e-3]), ("cat", [4, 5, 6]), ("other", [1, 2, 3]), ("naïve", [1, 1, 1]),
    ]
    let vectors = try Self.read(Self.binary(words, lineEnd: lineEnd))
    #expect(vectors.vectors == Self.expected.filter { $0.key != 3 })
  }

  @Test("A word's exact spelling takes precedence over its lowercase form, in any order")
  func spelling() throws {
    #expect(try Self.read("cat 1\nCat 2\nCat 3\n".utf8).vectors == [2: [2]])
    #expect(try Self.read("Cat 2\ncat 1\n".utf8).vectors == [2: [2]])
    #expect(try Self.read("other 2\n".utf8).vectors == [:])
  }

  @Test(
    "Malformed lines give an error that names the line or the value",
    arguments: [
      ("the 1 2\nCat 1\n", "line 2"), ("the 1 x\n", "'x'"), ("the 1 nan\n", "finite"), ("the\n", "line 1"),
      ("2 3\nthe 1 2\n", "line 2"),
    ])
  func malformed(text: String, part: String) {
    let error = #expect(throws: WordVectorsError.self) { try Self.read(text.utf8) }
    #expect(error.map { "\($0)" }?.contains(part) == true)
  }

  @Test("A binary file that is truncated or contains non-finite values is refused")
  func malformedBinary() throws {
    let whole = Self.binary([("the", [1, 2, 3]), ("Cat", [4, 5, 6])])
    for count in stride(from: whole.count - 2, to: 6, by: -1) {
      #expect(throws: (any Error).self) { try Self.read(whole[..<count]) }
    }
    #expect(throws: WordVectorsError.self) { try Self.read(Self.binary([("the", [1, .infinity, 3])])) }
  }

  @Test("Empty files and files of other formats are refused")
  func otherFormats() {
    #expect(throws: (any Error).self) { try Self.read([]) }
    #expect(throws: (any Error).self) { try Self.read("\n\n".utf8) }
    for start in [[0xBA, 0x16, 0x4F, 0x2F], [0x1F, 0x8B], Array("PK\u{3}\u{4}".utf8)] as [[UInt8]] {
      #expect(throws: WordVectorsError.self) { try Self.read(start + [1, 2, 3, 4]) }
    }
  }
}
