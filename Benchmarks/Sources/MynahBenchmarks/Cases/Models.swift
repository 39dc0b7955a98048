import Foundation
import Measurement
import Mynah

/// The sizes of a model with random weights and an invented vocabulary.
private struct ModelSizes: Sendable, CustomStringConvertible {
  let vocabularySize, embeddingSize, hiddenSize: Int

  static let small = ModelSizes(vocabularySize: 1_000, embeddingSize: 64, hiddenSize: 128)
  static let characters = ModelSizes(vocabularySize: 67, embeddingSize: 64, hiddenSize: 256)
  /// 5.3 million parameters: a file of 21 MB.
  static let large = ModelSizes(vocabularySize: 67, embeddingSize: 256, hiddenSize: 1024)

  var description: String { "V\(vocabularySize)-E\(embeddingSize)-H\(hiddenSize)" }

  func model() -> LanguageModel {
    var random = RandomSource(seed: 1)
    let configuration = LanguageModelConfiguration(
      vocabulary: vocabularySize, embedding: embeddingSize, layers: [.lstm(hiddenSize)])
    return LanguageModel(configuration, using: &random)
  }

  func file() throws -> ModelFile {
    let words = (2..<vocabularySize).map { "w\($0)" }
    let vocabulary = try Vocabulary(tokens: [Vocabulary.unknown, Vocabulary.endOfSentence] + words)
    return ModelFile(model: model(), tokenizer: .word(WordTokenizer(vocabulary: vocabulary)))
  }

  func text(tokenCount: Int) -> [Int32] {
    var random = RandomSource(seed: 2)
    return (0..<tokenCount).map { _ in Int32.random(in: 0..<Int32(vocabularySize), using: &random) }
  }
}

extension BenchmarkCase {
  /// Ten training steps of small models; `mynah bench train` measures large ones.
  static var trainingSteps: [BenchmarkCase] {
    Precision.allCases.flatMap { precision in
      [(ModelSizes.small, 20, 20), (.characters, 32, 50)].map { sizes, batchSize, stepCount in
        let batchCount = 10
        return BenchmarkCase(
          name: "train/\(precision.rawValue)/\(sizes)-B\(batchSize)-T\(stepCount)", precision: precision
        ) {
          let text = sizes.text(tokenCount: batchSize * (batchCount * stepCount + 1))
          let trainer = Trainer(
            TrainingConfiguration(
              learningRate: .constant(0.1), epochs: 1,
              batches: .contiguous(batchSize: batchSize, sequenceLength: stepCount)))
          var model = sizes.model()
          return (
            .tokens(batchCount * batchSize * stepCount), { try trainer.train(&model, on: text, keeping: .last) }
          )
        }
      }
    }
  }

  /// One stream of sampled tokens.
  static var generations: [BenchmarkCase] {
    [ModelSizes.small, .large].map { sizes in
      let tokenCount = 32
      return BenchmarkCase(name: "generate/float32/\(sizes)") {
        var generator = try TextGenerator(
          sizes.file(), prompt: "", options: .init(length: .max), random: RandomSource(seed: 3))
        return (.tokens(tokenCount), { for _ in 0..<tokenCount { _ = try generator.next() } })
      }
    }
  }

  /// One long text, each token predicted from all before it.
  static var scorings: [BenchmarkCase] {
    [ModelSizes.small, .large].map { sizes in
      let tokenCount = 512
      return BenchmarkCase(name: "score/float32/\(sizes)") {
        let (model, text) = (sizes.model(), sizes.text(tokenCount: tokenCount + 1))
        return (.tokens(tokenCount), { _ = try model.loss(of: text) })
      }
    }
  }

  /// Opening a model file that is in the system's file cache.
  static var modelLoading: [BenchmarkCase] {
    [ModelSizes.small, .large].map { sizes in
      BenchmarkCase(name: "load/\(sizes)") {
        let contents = try sizes.file()
        let file = try TemporaryModel(contents)
        return (.bytes(4 * contents.model.parameterCount), { _ = try ModelFile(contentsOf: file.path) })
      }
    }
  }
}

/// A model file that is removed when its last reference is released.
private final class TemporaryModel {
  let path: String

  init(_ file: ModelFile) throws {
    let name = "mynah-benchmark-\(UUID().uuidString).safetensors"
    path = FileManager.default.temporaryDirectory.appending(component: name).path
    try file.write(to: path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
