import Foundation
import Mynah
import TestSupport
import Testing

/// The optimizer of CONTRIBUTING.md.
@Suite("A custom optimizer")
struct OwnOptimizerTests {
  private static let rules = OptimizerRules.standard.adding(SignDescent())
  private static let text = "the cat sees the dog . the dog sees a bird . a bird sees the cat .\n"

  private let tokenizer = AnyTokenizer.word(WordTokenizer(training: text, minimumCount: 1))
  private let configuration = TrainingConfiguration(
    optimizer: OptimizerConfiguration(SignDescent(momentum: 0.5)), learningRate: .constant(0.01), epochs: 6,
    batches: .contiguous(batchSize: 2, sequenceLength: 5), seed: 3)

  private func model() -> LanguageModel {
    var random = RandomSource(seed: 3)
    return LanguageModel(
      LanguageModelConfiguration(
        vocabulary: tokenizer.vocabulary.count, embedding: 4, layers: [.lstm(8)]), using: &random)
  }

  private func ids() throws -> [Int32] { try tokenizer.encode(String(repeating: Self.text, count: 8)).ids }

  private func files(in folder: TemporaryFolder) -> TrainingFiles {
    TrainingFiles(
      modelPath: folder.path + "/model.safetensors", configuration: configuration, tokenizer: tokenizer,
      textHash: "text")
  }

  @Test("A custom optimizer trains, is saved, and resumes with the same bits")
  func resumes() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let (files, ids) = (files(in: folder), try ids())
    var whole = model()
    let history = try Trainer(configuration).train(&whole, on: ids)
    #expect(history.count == 6 && history[5].train.mean < history[0].train.mean - 0.3)

    struct Stop: Error {}
    var stopped = model()
    #expect(throws: Stop.self) {
      try Trainer(configuration, checkpointInterval: 3).train(&stopped, on: ids) { event in
        guard case .checkpoint(let checkpoint) = event else { return }
        try files.write(checkpoint)
        if checkpoint.epoch == 3 && checkpoint.step > 0 { throw Stop() }
      }
    }
    let checkpoint = try files.resume(model().configuration, rules: Self.rules)
    #expect(checkpoint.epoch == 3 && checkpoint.optimizer.stepCount > 0)
    var resumed = model()
    #expect(try Trainer(configuration).train(&resumed, on: ids, from: checkpoint) == history)
    #expect(zip(resumed.parameters, whole.parameters).allSatisfy { $0.value == $1.value })
  }

  @Test("Files contain a custom optimizer's name and constants, and reading a state without it is an error")
  func files() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let files = files(in: folder)
    var trained = model()
    try Trainer(configuration).train(&trained, on: ids()) { event in
      if case .checkpoint(let checkpoint) = event { try files.write(checkpoint) }
    }
    let file = try SafetensorsFile(contentsOf: files.modelPath)
    #expect(try TrainingNotes(file, rules: Self.rules)?.configuration == configuration)
    #expect(file.metadata["training"]?.contains(#""constants":{"momentum":0.5},"name":"sign""#) == true)
    #expect("\(configuration.optimizer)" == "sign, momentum 0.5")
    let error = #expect(throws: CheckpointError.self) { try TrainingStateFile(contentsOf: files.statePath) }
    #expect("\(try #require(error))".contains("the optimizer 'sign' is not among sgd, adagrad, rmsprop, adam, asgd"))
    // A model can be read without its optimizer.
    #expect(try ModelFile(contentsOf: files.modelPath).model.parameterCount == trained.parameterCount)
  }

  @Test("A list of rules contains a custom optimizer's default constants, and invalid constants are refused")
  func list() throws {
    #expect(Self.rules.names == OptimizerRules.standard.names + ["sign"])
    #expect(Self.rules["sign"] == OptimizerConfiguration(SignDescent()) && OptimizerRules.standard["sign"] == nil)
    var impossible = configuration
    impossible.optimizer = OptimizerConfiguration(SignDescent(momentum: 1))
    var untrained = model()
    let error = #expect(throws: TrainingError.self) { try Trainer(impossible).train(&untrained, on: ids()) }
    #expect("\(try #require(error))".contains("the momentum must be at least 0 and below 1, found 1.0"))
  }
}
