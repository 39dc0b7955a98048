import MynahModels

/// A benchmark configuration: a model and a training step of a published size.
struct BenchPreset: Sendable {
  /// The name on the command line.
  let name: String
  let vocabularySize: Int
  let embeddingSize: Int
  /// The recurrent layers, first layer first.
  var layers: [LayerConfiguration]
  /// The output layer.
  var output = OutputConfiguration.softmax()
  /// The batch size.
  let batchSize: Int
  /// The sequence length of a training batch.
  let stepCount: Int
  /// The name of the training step's optimizer: sgd or adam.
  let optimizer: String
  /// The dropout rate of the embeddings and of each layer's outputs in training.
  let dropout: Float

  static let all = [
    BenchPreset(
      name: "ptb", vocabularySize: 10_000, embeddingSize: 200, layers: [.lstm(256), .lstm(128)], batchSize: 60,
      stepCount: 20,
      optimizer: "sgd", dropout: 0),
    BenchPreset(
      name: "brown", vocabularySize: 10_000, embeddingSize: 200, layers: [.lstm(200), .lstm(200)], batchSize: 100,
      stepCount: 25,
      optimizer: "adam", dropout: 0.1),
    BenchPreset(
      name: "zaremba-small", vocabularySize: 10_000, embeddingSize: 200, layers: [.lstm(200), .lstm(200)],
      batchSize: 20,
      stepCount: 20, optimizer: "sgd", dropout: 0),
    BenchPreset(
      name: "shakespeare", vocabularySize: 67, embeddingSize: 256, layers: [.lstm(1024)], batchSize: 64, stepCount: 100,
      optimizer: "adam", dropout: 0),
    BenchPreset(
      name: "zaremba-medium", vocabularySize: 10_000, embeddingSize: 650, layers: [.lstm(650), .lstm(650)],
      batchSize: 20,
      stepCount: 35, optimizer: "sgd", dropout: 0.5),
  ]

  /// The model's shape, with dropout after the embedding and after each layer.
  var configuration: LanguageModelConfiguration {
    LanguageModelConfiguration(
      vocabulary: vocabularySize, embedding: embeddingSize, layers: layers,
      output: output, dropout: DropoutRates(input: dropout, hidden: dropout, output: dropout))
  }
}
