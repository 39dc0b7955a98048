import Measurement
import Mynah

extension BenchmarkCase {
  /// Tokenising a text with an existing vocabulary, and building a vocabulary.
  static var tokenizing: [BenchmarkCase] {
    [
      tokenizing("tokenize/words") { text in
        let tokenizer = WordTokenizer(training: text)
        return { _ = try tokenizer.encode(text) }
      },
      tokenizing("tokenize/characters") { text in
        let tokenizer = CharacterTokenizer(training: text)
        return { _ = try tokenizer.encode(text) }
      },
      tokenizing("vocabulary/words") { text in { _ = WordTokenizer(training: text) } },
      tokenizing("vocabulary/characters") { text in { _ = CharacterTokenizer(training: text) } },
    ]
  }

  /// A case on sentences of the demo language: nearly a megabyte.
  private static func tokenizing(
    _ name: String, _ prepare: @escaping @Sendable (String) -> () throws -> Void
  ) -> BenchmarkCase {
    BenchmarkCase(name: name) {
      let language = DemoLanguage()
      var random = RandomSource(seed: 1)
      let text = language.tokenizer.decode(language.sample(tokenCount: 200_000, using: &random))
      return (.bytes(text.utf8.count), prepare(text))
    }
  }
}
