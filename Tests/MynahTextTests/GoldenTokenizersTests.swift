import Foundation
import MynahText
import Testing

/// Byte pairs and words of Hugging Face's tokenizers (`Scripts/golden-tokenizers.py`).
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

  @Test("The same text gives the same tokens and merges here and there")
  func training() throws {
    #expect(trained.vocabulary.count == fixture.vocabularySize)
    #expect(try AnyTokenizer(tokenizerJSON: fixture.bytePairs) == .bytePair(trained))
  }

  @Test("Texts have the same ids here and there, and ids the same text")
  func ids() throws {
    let words = try AnyTokenizer(tokenizerJSON: fixture.words)
    let bytePairs = trained
    #expect(fixture.cases.count == 28)
    for golden in fixture.cases {
      #expect(try bytePairs.encode(golden.text).ids == golden.bytePairIDs, "\(golden.text)")
      #expect(bytePairs.decode(golden.bytePairIDs).utf8.elementsEqual(golden.decoded.utf8))
      // A prompt, since there a last line is not ended.
      #expect(try words.encodePrompt(golden.text).ids == golden.wordIDs, "\(golden.text)")
    }
  }

  @Test("The JSON that is written is equal to Hugging Face's")
  func json() throws {
    func sorted(_ text: String?) throws -> String {
      let object = try JSONSerialization.jsonObject(with: Data(try #require(text).utf8))
      var root = try #require(object as? [String: Any])
      var model = try #require(root["model"] as? [String: Any])
      // Pairs are written as arrays there and, so that older versions read them too, as strings here.
      if let merges = model["merges"] as? [[String]] { model["merges"] = merges.map { $0.joined(separator: " ") } }
      root["model"] = model
      return String(decoding: try JSONSerialization.data(withJSONObject: root, options: .sortedKeys), as: UTF8.self)
    }
    let words = try AnyTokenizer(tokenizerJSON: fixture.words)
    #expect(try sorted(words.tokenizerJSON) == sorted(fixture.words))
    #expect(try sorted(AnyTokenizer.bytePair(trained).tokenizerJSON) == sorted(fixture.bytePairs))
  }
}
