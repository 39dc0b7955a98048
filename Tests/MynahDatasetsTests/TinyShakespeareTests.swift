import Foundation
import MynahDatasets
import MynahIO
import MynahText
import TestSupport
import Testing

struct TinyShakespeareRulesTests {
  @Test("Nine tenths are training text, the rest is halved, and sorted characters follow two special tokens")
  func rules() throws {
    let data = try TinyShakespeare(text: "bacabacabaab é\u{301}z")
    #expect(data.vocabulary.tokens == ["", "[UNK]", " ", "a", "b", "c"] + ["é"])
    #expect(data.train == [4, 3, 5, 3, 4, 3, 5, 3, 4, 3, 3, 4, 2, 6])
    #expect(data.valid == [1] && data.test == [1])
    #expect(data.tokenizer.decode(data.train) == "bacabacabaab é")
  }

  @Test("An empty text has no characters")
  func empty() throws {
    let data = try TinyShakespeare(text: "")
    #expect(data.train.isEmpty && data.valid.isEmpty && data.test.isEmpty && data.vocabulary.count == 2)
  }

  @Test("A folder without the file is an error")
  func missing() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let path = folder.path + "/input.txt"
    #expect(throws: FileError.noSuchFile(path: path)) { try TinyShakespeare(at: folder.path) }
    try folder.write("some text\n".utf8, to: "input.txt")
    #expect(try TinyShakespeare(at: folder.path) == TinyShakespeare(at: path))
  }
}

@Suite(.enabled(if: TestData.isExpected("tinyshakespeare"), "\(TestData.reason("tinyshakespeare"))"))
struct TinyShakespeareDataTests {
  @Test("The training text has 1,003,854 characters, 65 of them distinct, and the known IDs in its first window")
  func figures() throws {
    let data = try TinyShakespeare(at: TestData.path("tinyshakespeare"))
    #expect(data.train.count == 1_003_854)
    #expect(data.valid.count + data.test.count == 111_540 && data.valid.count == data.test.count)
    #expect(data.vocabulary.count == 67)
    #expect(data.vocabulary.tokens.prefix(4) == ["", "[UNK]", "\n", " "])
    #expect(data.vocabulary.tokens.suffix(2) == ["y", "z"])
    let inputs: [Int32] = [20, 49, 58, 59, 60, 3, 17, 49, 60, 49, 66, 45, 54, 12, 2, 16, 45, 46, 55, 58, 45]
    #expect(data.train.prefix(21) == inputs[...])
    #expect(data.train[97..<100] == [39, 55, 61])
    #expect(data.train[1..<101].prefix(20) == inputs[1...] && data.train[99..<101] == [61, 3])
    #expect(!data.train.contains(0) && !data.train.contains(1))
    #expect(data.tokenizer.decode(data.train.prefix(14)) == "First Citizen:")
  }
}
