import MynahModels
import MynahTensors
import MynahText

/// A small model of the tokens `<unk>`, `<eos>`, a, b and c, with random weights.
struct FiveTokenModel {
  let tokenizer: AnyTokenizer
  let model: LanguageModel

  init() throws {
    tokenizer = .word(WordTokenizer(vocabulary: try Vocabulary(tokens: ["<unk>", "<eos>", "a", "b", "c"])))
    var random = RandomSource(seed: 1)
    model = LanguageModel(
      LanguageModelConfiguration(vocabulary: 5, embedding: 4, layers: [.lstm(6)], initializer: .uniform(0.5)),
      using: &random)
  }
}
