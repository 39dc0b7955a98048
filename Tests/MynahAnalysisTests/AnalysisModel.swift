import MynahModels
import MynahTensors
import MynahText

/// Small models for the analysis tests.
enum AnalysisModel {
  /// A character model with random weights.
  static func drawn(
    _ layers: [LayerConfiguration], tokens: [String] = ["\n", "a", "b", "c"], embedding: Int = 3,
    connections: LayerConnections = .sequential
  ) throws -> ModelFile {
    var configuration = LanguageModelConfiguration(
      vocabulary: tokens.count, embedding: embedding, layers: layers, initializer: .uniform(0.8))
    configuration.connections = connections
    var random = RandomSource(seed: 11)
    return ModelFile(
      model: LanguageModel(configuration, using: &random),
      tokenizer: .character(try CharacterTokenizer(vocabulary: Vocabulary(tokens: tokens))))
  }

  /// A word model with random weights.
  static func ofWords(_ tokens: [String]) throws -> ModelFile {
    var file = try drawn(
      [.lstm(5)], tokens: tokens.map { _ in "x" }.enumerated().map { String(UnicodeScalar(UInt8(97 + $0.offset))) })
    file.tokenizer = .word(WordTokenizer(vocabulary: try Vocabulary(tokens: tokens)))
    return file
  }
}
