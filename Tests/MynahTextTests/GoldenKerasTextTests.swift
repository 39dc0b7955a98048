import Foundation
import MynahText
import Testing

/// Compares word tokenizers and string lookups with Keras (`Scripts/golden-keras-text.py`).
struct GoldenKerasTextTests {
  struct Fixture: Decodable {
    let training: [[String]]
    let asked: [String]
    let askedSequences: [[Int32]]
    let tokenizers: [TokenizerCase]
    let lookups: [LookupCase]
    let modulus: UInt64
    let hashes: [Hash]
  }

  struct TokenizerCase: Decodable {
    struct Settings: Decodable {
      let numWords: Int?
      let filters: String?
      let lower: Bool?
      let split: String?
      let charLevel: Bool?
      let oovToken: String?
    }

    let settings: Settings
    let json: String
    let sequences: [[Int32]]
    let texts: [String]
    let matrices: [String: [[Double]]]

    var tokenizer: KerasTokenizer {
      KerasTokenizer(
        .init(
          wordLimit: settings.numWords, filters: settings.filters ?? KerasTokenizer.defaultFilters,
          lowercases: settings.lower ?? true, separator: settings.split ?? " ",
          takesCharacters: settings.charLevel ?? false, unknownToken: settings.oovToken))
    }
  }

  struct LookupCase: Decodable {
    struct Settings: Decodable {
      let maxTokens: Int?
      let numOovIndices: Int?
      let maskToken: String?
      let oovToken: String?
    }

    let settings: Settings
    let strings: [String]
    let vocabulary: [String]
    let asked: [String]
    let ids: [Int32]
  }

  struct Hash: Decodable {
    let string: String
    let value: UInt64
  }

  let fixture: Fixture

  init() throws {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/golden-keras-text", withExtension: "json"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    fixture = try decoder.decode(Fixture.self, from: Data(contentsOf: url))
  }

  /// The bytes of texts, because canonically equivalent strings compare as equal.
  private func bytes(_ strings: [String]) -> [[UInt8]] { strings.map { Array($0.utf8) } }

  @Test("Ten tokenizers give the same sequences, texts and matrices as Keras's")
  func tokenizers() {
    #expect(fixture.tokenizers.count == 10)
    for golden in fixture.tokenizers {
      var tokenizer = golden.tokenizer
      for texts in fixture.training { tokenizer.fit(texts) }
      #expect(fixture.asked.map { tokenizer.sequence(of: $0) } == golden.sequences)
      #expect(bytes(fixture.askedSequences.map { tokenizer.text(of: $0) }) == bytes(golden.texts))
      let texts = Array(fixture.asked.prefix(3) + fixture.asked.suffix(3))
      for mode in KerasTokenizer.MatrixMode.allCases {
        let (found, expected) = (tokenizer.matrix(of: texts, mode), golden.matrices[mode.rawValue] ?? [])
        #expect(found.map(\.count) == expected.map(\.count))
        #expect(zip(found.joined(), expected.joined()).allSatisfy { abs($0 - $1) < 1e-12 })
      }
    }
  }

  @Test("Keras's JSON can be read, and Mynah's JSON is equal to it")
  func json() throws {
    func object(_ text: String) throws -> [String: Any] {
      try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }
    func config(_ text: String) throws -> String {
      var root = try object(text)
      var config = try #require(root["config"] as? [String: Any])
      for key in ["word_counts", "word_docs", "index_docs", "index_word", "word_index"] {
        config[key] = try object(try #require(config[key] as? String))
      }
      root["config"] = config
      return String(decoding: try JSONSerialization.data(withJSONObject: root, options: .sortedKeys), as: UTF8.self)
    }
    for golden in fixture.tokenizers {
      var tokenizer = golden.tokenizer
      for texts in fixture.training { tokenizer.fit(texts) }
      #expect(try KerasTokenizer(json: golden.json) == tokenizer)
      #expect(try config(tokenizer.json) == config(golden.json))
    }
  }

  @Test("Lookups have the same vocabularies and IDs as Keras's, even with several slots for unknown strings")
  func lookups() throws {
    #expect(fixture.lookups.count == 6)
    for golden in fixture.lookups {
      let settings = StringLookup.Settings(
        maximumCount: golden.settings.maxTokens, unknownCount: golden.settings.numOovIndices ?? 1,
        maskToken: golden.settings.maskToken, unknownToken: golden.settings.oovToken ?? "[UNK]")
      let lookup = StringLookup(adapting: golden.strings, settings)
      #expect(bytes(lookup.vocabulary.tokens) == bytes(golden.vocabulary))
      #expect(try lookup.ids(of: golden.asked) == golden.ids)
      #expect(try StringLookup(vocabulary: golden.vocabulary, settings) == lookup)
    }
  }

  @Test("FarmHash fingerprints of strings of up to 500 bytes equal TensorFlow's")
  func hashes() {
    #expect(fixture.hashes.count == 77)
    for hash in fixture.hashes {
      #expect(FarmHash.fingerprint(Array(hash.string.utf8)) % fixture.modulus == hash.value)
    }
  }
}
