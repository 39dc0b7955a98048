import MynahModels

/// A model and a training step of a published size, to measure.
struct BenchPreset: Sendable {
  /// The name on the command line.
  let name: String
  let vocabularySize: Int
  let embeddingSize: Int
  /// The LSTM layers' sizes, first layer first.
  let hiddenSizes: [Int]
  /// The rows of a training batch.
  let batchSize: Int
  /// The steps of a training batch.
  let stepCount: Int
  /// The name of the training step's optimiser: sgd or adam.
  let optimizer: String
  /// The probability that training keeps an element of an LSTM layer's input or output.
  let keepProbability: Float

  static let all = [
    BenchPreset(
      name: "ptb", vocabularySize: 10_000, embeddingSize: 200, hiddenSizes: [256, 128], batchSize: 60, stepCount: 20,
      optimizer: "sgd", keepProbability: 1),
    BenchPreset(
      name: "brown", vocabularySize: 10_000, embeddingSize: 200, hiddenSizes: [200, 200], batchSize: 100, stepCount: 25,
      optimizer: "adam", keepProbability: 0.9),
    BenchPreset(
      name: "zaremba-small", vocabularySize: 10_000, embeddingSize: 200, hiddenSizes: [200, 200], batchSize: 20,
      stepCount: 20, optimizer: "sgd", keepProbability: 1),
    BenchPreset(
      name: "shakespeare", vocabularySize: 67, embeddingSize: 256, hiddenSizes: [1024], batchSize: 64, stepCount: 100,
      optimizer: "adam", keepProbability: 1),
    BenchPreset(
      name: "zaremba-medium", vocabularySize: 10_000, embeddingSize: 650, hiddenSizes: [650, 650], batchSize: 20,
      stepCount: 35, optimizer: "sgd", keepProbability: 0.5),
  ]

  /// The model's shape, without dropout: `keepProbability` is the training step's own.
  var configuration: LanguageModelConfiguration {
    LanguageModelConfiguration(
      vocabularySize: vocabularySize, embedding: embeddingSize, recurrent: hiddenSizes.map { .lstm($0) })
  }
}
