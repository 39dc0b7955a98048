import Foundation
import MynahModels
import MynahTensors
import MynahTraining
import TestSupport
import Testing

/// An AWD-LSTM run compared with PyTorch in double precision (`Scripts/golden-awd-lstm.py`).
struct GoldenAWDLSTMTests {
  private let file: SafetensorsFile
  private let model: LanguageModel

  init() throws {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/golden-awd-lstm", withExtension: "safetensors"))
    let file = try SafetensorsFile(contentsOf: url.path)
    let architecture = try ModelArchitecture(
      LanguageModelConfiguration(
        vocabulary: 13, embedding: 6, layers: [.lstm(9), .lstm(8), .lstm(6)], output: .softmax(tied: true),
        dropout: DropoutRates(
          embedding: 0.1, input: 0.4, hidden: 0.25, output: 0.4, weights: 0.5, isVariational: true)))
    model = LanguageModel(
      architecture,
      parameters: try architecture.parameterSpecs.map { try file.tensor(named: $0.name, shape: $0.shape) })
    self.file = file
  }

  private let configuration = TrainingConfiguration(
    optimizer: OptimizerConfiguration(AveragedSGD(averaging: .afterPatience(1), weightDecay: 0.002)),
    learningRate: .constant(10),
    clipNorm: 0.25, epochs: 5, batches: .contiguous(batchSize: 4, sequenceLength: 12, lengths: .random),
    reduction: .meanPerTarget, penalties: Penalties(activation: 2, temporal: 1), seed: 141)

  @Test("Fifty steps with all regularisers, and the averaged weights, match PyTorch's within 1e-4")
  func fiftySteps() throws {
    var (trained, last) = (model, TrainingCheckpoint?.none)
    var steps: [StepReport] = []
    let history = try Trainer(configuration).train(
      &trained, on: file.elements(named: "ids", as: Int32.self),
      validating: file.elements(named: "validation", as: Int32.self)
    ) { event in
      switch event {
      case .step(let step): steps.append(step)
      case .checkpoint(let checkpoint): last = checkpoint
      case .epoch: break
      }
    }
    func expect(_ found: [Double], _ name: String) throws {
      let expected = try file.tensor(named: name).elements
      #expect(found.count == expected.count, "\(name)")
      for (index, (found, expected)) in zip(found, expected).enumerated() {
        #expect(abs(found / Double(expected) - 1) < 1e-4, "\(name) \(index): \(found) instead of \(expected)")
      }
    }
    try expect(steps.map { Double($0.stepLoss.targetCount / 4) }, "lengths")
    try expect(steps.map { Double($0.learningRate) }, "rates")
    try expect(steps.map(\.stepLoss.mean), "losses")
    try expect(steps.map(\.gradientNorm), "norms")
    try expect(history.compactMap { $0.validation?.mean }, "validationLosses")
    let checkpoint = try #require(last)
    for (part, found) in [("trained", checkpoint.model), ("average", checkpoint.evaluatedModel)] {
      for (name, value) in found.parameters {
        #expect(
          largestDifference(value.elements, try file.tensor(named: "\(part).\(name)").elements) < 1e-4,
          "\(part) \(name)")
      }
    }
    #expect(same(trained, try #require(checkpoint.best).model))
  }

  @Test(
    "Each regulariser changes the trained weights",
    arguments: ["embedding", "input", "hidden", "output", "weights", "variational", "activation", "temporal", "decay"])
  func eachCounts(regulariser: String) throws {
    var (rates, configuration) = (model.configuration.dropout, configuration)
    switch regulariser {
    case "embedding": rates.embedding = 0
    case "input": rates.input = 0
    case "hidden": rates.hidden = 0
    case "output": rates.output = 0
    case "weights": rates.weights = 0
    case "variational": rates.isVariational = false
    case "activation": configuration.penalties.activation = 0
    case "temporal": configuration.penalties.temporal = 0
    default: configuration.optimizer = OptimizerConfiguration(AveragedSGD(averaging: .afterPatience(1)))
    }
    var own = model.configuration
    own.dropout = rates
    configuration.epochs = 1
    var trained = LanguageModel(try ModelArchitecture(own), parameters: model.parameters.map(\.value))
    try Trainer(configuration).train(&trained, on: file.elements(named: "ids", as: Int32.self))
    var whole = model
    configuration = self.configuration
    configuration.epochs = 1
    try Trainer(configuration).train(&whole, on: file.elements(named: "ids", as: Int32.self))
    let differences = zip(trained.parameters, whole.parameters).map {
      largestDifference($0.value.elements, $1.value.elements)
    }
    #expect(differences.max() ?? 0 > 1e-3)
  }
}
