import Foundation
import MynahModels
import MynahTensors
import MynahTraining
import TestSupport
import Testing

/// Training with other output layers, compared with PyTorch in double precision (`Scripts/golden-output-training.py`).
struct GoldenOutputTests {
  @Test(
    "A toy model trained with the output layer matches PyTorch's perplexity in every epoch within 1e-4",
    arguments: [("adaptive", [4, 9]), ("mixture", [3, 5])])
  func training(kind: String, sizes: [Int]) throws {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/golden-output-training", withExtension: "safetensors"))
    let file = try SafetensorsFile(contentsOf: url.path)
    let architecture = try ModelArchitecture(
      LanguageModelConfiguration(
        vocabulary: 15, embedding: 6, layers: [.lstm(16)], output: OutputConfiguration(kind, sizes: sizes)))
    let parameters = try architecture.parameterSpecs.map {
      try file.tensor(named: "\(kind).\($0.name)", shape: $0.shape)
    }
    var model = LanguageModel(architecture, parameters: parameters)
    let training = TrainingConfiguration(
      optimizer: .sgd, learningRate: .constant(0.5), epochs: 8, batches: .contiguous(batchSize: 4, sequenceLength: 5))
    let history = try Trainer(training).train(&model, on: file.elements(named: "ids", as: Int32.self))
    let expected = try file.tensor(named: "\(kind).perplexities").elements.map { Double($0) }
    #expect(history.count == expected.count && (expected.last ?? .infinity) < 0.5 * expected[0])
    for (epoch, perplexity) in zip(history, expected) {
      #expect(abs(epoch.train.perplexity / perplexity - 1) < 1e-4, "epoch \(epoch.epoch): expected \(perplexity)")
    }
  }
}
