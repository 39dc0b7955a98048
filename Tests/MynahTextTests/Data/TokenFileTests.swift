import Foundation
import MynahIO
import MynahText
import TestSupport
import Testing

struct TokenFileTests {
  let folder: ScratchFolder
  private let path: String

  init() throws {
    folder = try ScratchFolder()
    path = folder("text.tokens")
  }

  private func tokenizer(_ size: Int) throws -> AnyTokenizer {
    .word(WordTokenizer(vocabulary: try Vocabulary(tokens: (0..<size).map { "w\($0)" })))
  }

  /// Writes tokens for training and validation.
  private func write(_ ids: [Int32], validation: [Int32] = [], vocabularySize: Int = 40) throws {
    var writer = try TokenFileWriter(replacing: path, tokenizer: tokenizer(vocabularySize))
    try writer.write(EncodedText(ids: ids, unknownCount: min(2, ids.count), characterCount: 3 * ids.count))
    try writer.write(EncodedText(ids: validation, unknownCount: 1, characterCount: 5), isForValidation: true)
    try writer.commit()
  }

  @Test("Tokens are read back unchanged, with two or four bytes each", arguments: [40, 65_536, 65_537])
  func roundTrip(_ vocabularySize: Int) throws {
    let ids = (0..<1001).map { Int32($0 &* 7919 % vocabularySize) } + [Int32(vocabularySize - 1)]
    try write(ids, validation: [3, 4], vocabularySize: vocabularySize)
    let file = try TokenFile(at: path)
    #expect(file.ids(in: 0..<file.count) == ids + [3, 4] && file.ids(in: 7..<9) == Array(ids[7..<9]))
    #expect(file.ids(in: 5..<5).isEmpty)
    #expect(file.training.ids(in: 0..<file.training.count) == ids)
    #expect(file.validation.count == 2 && file.validation.ids(in: 1..<2) == [4])
    #expect(file.unknownCount == 2 && file.characterCount == 3 * ids.count + 5)
    #expect(file.tokenizer == (try tokenizer(vocabularySize)))
    let size = try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    #expect((size - (vocabularySize > 65_536 ? 4 : 2) * file.count).isMultiple(of: 64))
  }

  @Test("Batches from a file equal those of the same tokens in memory")
  func batches() throws {
    let ids = (0..<500).map { Int32($0 % 40) }
    try write(ids)
    let file = try TokenFile(at: path)
    let inMemory = try ContiguousBatches(ids, batchSize: 3, stepCount: 7)
    #expect(Array(try ContiguousBatches(file, batchSize: 3, stepCount: 7)) == Array(inMemory))
    #expect(Array(TokenWindows(file, length: 9)) == Array(TokenWindows(ids, length: 9)))
    #expect(SHA256.hexadecimal(of: file) == SHA256.hexadecimal(of: ids))
  }

  @Test("A file without tokens is valid")
  func empty() throws {
    try write([])
    let file = try TokenFile(at: path)
    #expect(file.count == 0 && file.ids(in: 0..<0).isEmpty)
  }

  @Test("Equal texts have equal digests, and different texts have different ones")
  func digests() throws {
    var digests: [String] = []
    for ids in [[1, 2, 3], [1, 2, 3], [1, 3, 2]] as [[Int32]] {
      try write(ids)
      digests.append(try TokenFile(at: path).digest)
    }
    #expect(digests[0] == digests[1] && digests[0] != digests[2] && digests[0].count == 64)
  }

  @Test("The old file remains until the commit, and an abandoned write leaves no files")
  func abandoned() throws {
    try write([1, 2])
    let before = try folder.bytes(of: "text.tokens")
    do {
      var writer = try TokenFileWriter(replacing: path, tokenizer: tokenizer(9))
      try writer.write(EncodedText(ids: [5], characterCount: 1))
    }
    #expect(try folder.bytes(of: "text.tokens") == before && folder.names == ["text.tokens"])
  }

  @Test("A file is recognised by its first bytes, whatever its name")
  func recognition() throws {
    try write([1])
    #expect(TokenFile.isTokenFile(path))
    for (name, bytes) in [("wiki.tokens", Array("a b\n".utf8)), ("short", Array("MYNAH".utf8)), ("empty", [])] {
      #expect(!TokenFile.isTokenFile(try folder.put(bytes, as: name)))
    }
    #expect(!TokenFile.isTokenFile(folder.path) && !TokenFile.isTokenFile(folder("none")))
  }

  @Test("A damaged file is an error that gives the expected contents, wherever the damage is")
  func damage() throws {
    try write((0..<100).map { $0 % 40 }, validation: [1, 2, 3])
    let whole = try folder.bytes(of: "text.tokens")
    func reason(_ bytes: [UInt8]) throws -> String {
      try folder.put(bytes, as: "text.tokens")
      let error = try #require(throws: TextError.self) { try TokenFile(at: path) }
      return "\(error)"
    }
    func changed(_ offset: Int, _ value: UInt8) -> [UInt8] {
      var bytes = whole
      bytes[offset] = value
      return bytes
    }
    #expect(try reason([]).contains("128 bytes"))
    #expect(try reason(Array(whole.prefix(127))).contains("128 bytes"))
    #expect(try reason(Array(whole.dropLast())).contains("cut short"))
    #expect(try reason(whole + [0]).contains("for 103 tokens"))
    #expect(try reason(changed(0, 0x20)).contains("MYNAHTOK"))
    #expect(try reason(changed(8, 2)).contains("version 1"))
    #expect(try reason(changed(12, 3)).contains("2 or 4 bytes"))
    #expect(try reason(changed(23, 0xFF)).contains("below 2⁴⁸"))
    #expect(try reason(changed(24, 104)).contains("at most 103 training tokens"))
    #expect(try reason(changed(32, 101)).contains("unknown"))
    #expect(try reason(changed(41, 0xFF)).contains("tokenizer's end"))
    #expect(try reason(changed(48, 1)).contains("tokenizer's end"))
    #expect(try reason(changed(130, 0x20)).contains("sha256"))
    #expect(try reason(changed(whole.count - 1, 0x7F)).contains("vocabulary of 40"))
    // Set each number that determines a size to a value far too large: an error, never a crash.
    for offset in 12..<56 where !(32..<40).contains(offset) {
      try folder.put(changed(offset, 0xFF), as: "text.tokens")
      #expect(throws: TextError.self, "byte \(offset)") { try TokenFile(at: path) }
    }
  }

  @Test("A missing file, a folder and a pipe are different errors")
  func places() throws {
    #expect(throws: FileError.noSuchFile(path: path)) { try TokenFile(at: path) }
    #expect(throws: FileError.isDirectory(path: folder.path)) { try TokenFile(at: folder.path) }
    #expect(throws: FileError.irregular(path: "/dev/null", kind: "a device")) {
      try TokenFile(at: "/dev/null")
    }
  }
}
