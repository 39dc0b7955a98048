import Foundation
import MynahText
import Testing

/// Compares byte-pair and word tokenizers with Hugging Face's (`Scripts/golden-tokenizers.py`).
struct GoldenTokenizersTests {
  struct Fixture: Decodable {
    struct Case: Decodable {
      let text: String
      let bytePairIDs: [Int32]
      let wordIDs: [Int32]
      let decoded: String
    }

    let training: String
    let vocabularySize: Int
    let minimumCount: Int
    let specialTokens: [String]
    let bytePairs: String
    let words: String
    let cases: [Case]
  }

  let fixture: Fixture

  init() throws {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/golden-tokenizers", withExtension: "json"))
    fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
  }

  private var trained: BytePairTokenizer {
    BytePairTokenizer(
      training: fixture.training, vocabularySize: fixture.vocabularySize, minimumCount: fixture.minimumCount,
      specialTokens: fixture.specialTokens)
  }

  @Test("Training on the same text gives the same tokens and merges as in Hugging Face's library")
  func training() throws {
    #expect(trained.vocabulary.count == fixture.vocabularySize)
    #expect(try AnyTokenizer(tokenizerJSON: fixture.bytePairs) == .bytePair(trained))
  }

  @Test("Texts have the same IDs as in Hugging Face's library, and IDs decode to the same text")
  func ids() throws {
    let words = try AnyTokenizer(tokenizerJSON: fixture.words)
    let bytePairs = trained
    #expect(fixture.cases.count == 28)
    for golden in fixture.cases {
      #expect(try bytePairs.encode(golden.text).ids == golden.bytePairIDs, "\(golden.text)")
      #expect(bytePairs.decode(golden.bytePairIDs).utf8.elementsEqual(golden.decoded.utf8))
      // Encode a prompt, because Hugging Face's library does not end the last line.
      #expect(try words.encodePrompt(golden.text).ids == golden.wordIDs, "\(golden.text)")
    }
  }

  @Test("The written JSON is equal to Hugging Face's")
  func json() throws {
    func sorted(_ text: String?) throws -> String {
      let object = try JSONSerialization.jsonObject(with: Data(try #require(text).utf8))
      var root = try #require(object as? [String: Any])
      var model = try #require(root["model"] as? [String: Any])
      // Hugging Face's library writes merges as arrays; Mynah writes strings, which older versions can read too.
      if let merges = model["merges"] as? [[String]] { model["merges"] = merges.map { $0.joined(separator: " ") } }
      root["model"] = model
      return String(decoding: try JSONSerialization.data(withJSONObject: root, options: .sortedKeys), as: UTF8.self)
    }
    let words = try AnyTokenizer(tokenizerJSON: fixture.words)
    #expect(try sorted(words.tokenizerJSON) == sorted(fixture.words))
    #expect(try sorted(AnyTokenizer.bytePair(trained).tokenizerJSON) == sorted(fixture.bytePairs))
  }
}
