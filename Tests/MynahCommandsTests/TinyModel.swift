import Foundation
import MynahDatasets
import MynahModels
import MynahTensors
import MynahText

/// A text and models that are small enough to create or train almost instantly.
enum TinyModel {
  /// The flags of a tiny model.
  static let flags = [
    "--tokenizer", "word", "--embedding", "8", "--hidden", "16,8", "--batch", "8", "--sequence-length", "8",
    "--optimizer", "sgd",
    "--learning-rate", "1", "--clip", "5", "--seed", "7",
  ]

  /// Returns lines sampled from the demo language's grammar.
  static func text(tokenCount: Int = 4000, seed: UInt64 = 3) -> String {
    let language = DemoLanguage()
    var random = RandomSource(seed: seed)
    let ids = language.sample(tokenCount: tokenCount, using: &random)
    return WordTokenizer(vocabulary: language.vocabulary).decode(ids) + "\n"
  }

  /// Returns a word model with random weights.
  static func drawn(tokens: [String] = ["<unk>", "<eos>", "a", "b"], bound: Float = 0.5) throws -> ModelFile {
    try file(.word(WordTokenizer(vocabulary: Vocabulary(tokens: tokens))), bound: bound)
  }

  /// Returns a word model with the given layers and random weights.
  static func drawn(_ layers: [LayerConfiguration]) throws -> ModelFile {
    var file = try drawn()
    var random = RandomSource(seed: 11)
    file.model = LanguageModel(
      LanguageModelConfiguration(vocabulary: 4, embedding: 3, layers: layers), using: &random)
    return file
  }

  /// Returns a model whose weights all have the same value; 0 makes all tokens equally likely.
  static func filled(with value: Float, _ tokenizer: AnyTokenizer) throws -> ModelFile {
    var file = try file(tokenizer, bound: 0.5)
    file.model.visitParameters(prefix: "") { _, parameter in
      let shape = parameter.value.shape
      parameter = Variable(Tensor(shape: shape, Array(repeating: value, count: shape.elementCount)))
    }
    return file
  }

  private static func file(_ tokenizer: AnyTokenizer, bound: Float) throws -> ModelFile {
    var random = RandomSource(seed: 11)
    let configuration = LanguageModelConfiguration(
      vocabulary: tokenizer.vocabulary.count, embedding: 3, layers: [.lstm(5)], initializer: .uniform(bound))
    return ModelFile(model: LanguageModel(configuration, using: &random), tokenizer: tokenizer)
  }
}
