import ArgumentParser
import Foundation
import Mynah
import Testing

/// The skeletons of CONTRIBUTING.md, which use only public API.
struct SkeletonTests {
  static let kinds = ModelKinds.standard.adding(.leaky).adding(.cosine)
  static let ids = (0..<60).map { Int32($0 % 6) }

  static var model: LanguageModel {
    var random = RandomSource(seed: 3)
    let configuration = LanguageModelConfiguration(
      vocabulary: 6, embedding: 5, layers: [LayerConfiguration(.leaky, 8), .lstm(8)],
      output: OutputConfiguration("cosine"), initializer: .uniform(0.5))
    return LanguageModel(configuration, kinds: kinds, using: &random)
  }

  @Test("A custom cell and a custom output layer train together and are read back from a file")
  func model() throws {
    var model = Self.model
    let training = TrainingConfiguration(
      optimizer: .adam, learningRate: .constant(0.05), epochs: 12, batches: .contiguous(batchSize: 2, sequenceLength: 5)
    )
    let history = try Trainer(training).train(&model, on: Self.ids)
    #expect(history[11].train.perplexity < 1.5 && history[0].train.perplexity > 3)
    let path = FileManager.default.temporaryDirectory.appending(component: "skeleton-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let vocabulary = try Vocabulary(tokens: ["\n"] + "abcde".map { String($0) })
    try ModelFile(model: model, tokenizer: .character(CharacterTokenizer(vocabulary: vocabulary))).write(to: path)
    let read = try ModelFile(contentsOf: path, kinds: Self.kinds).model
    #expect(try InferenceModel(read).loss(of: Self.ids) == InferenceModel(model).loss(of: Self.ids))
    #expect(throws: CheckpointError.self) { try ModelFile(contentsOf: path) }
  }

  @Test("A custom command is parsed and run")
  func command() throws {
    let path = FileManager.default.temporaryDirectory.appending(component: "skeleton-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var random = RandomSource(seed: 3)
    let model = LanguageModel(
      LanguageModelConfiguration(vocabulary: 2, embedding: 3, layers: [.minGRU(4)]), using: &random)
    let vocabulary = try Vocabulary(tokens: ["\n", "a"])
    try ModelFile(model: model, tokenizer: .character(CharacterTokenizer(vocabulary: vocabulary))).write(to: path)
    #expect(try ParametersCommand.parse([path, "--total"]).text() == "\(model.parameterCount)")
    #expect(
      try ParametersCommand.parse([path]).text().hasPrefix("embedding.weight [2, 3]\nrecurrent.0.weight_ih_l0 [8, 3]\n")
    )
    #expect(throws: (any Error).self) { try ParametersCommand.parse([]) }
  }

  @Test("A custom data set is split and encoded with the words of its training part")
  func dataSet() throws {
    let proverbs = try Proverbs(text: "a b\na c\na a\nb b\nz a\n")
    #expect(proverbs.tokenizer.vocabulary.id(of: "z") == nil && proverbs.train.count == 12)
    let valid = proverbs.valid.map { proverbs.tokenizer.vocabulary[$0] }
    #expect(valid == ["<unk>", "a", "<eos>"])
  }

  @Test("A custom operation has the derivative σ(x)")
  func operation() {
    let tape = Tape()
    let x = tape.variable(Tensor([-40, -1, 0, 2, 40]))
    let y = x.softplus()
    #expect(y.value.elements[2] == Float(log(2.0)) && y.value.elements[4] == 40)
    #expect(tape.gradient(of: y.sum(), for: x) == x.value.sigmoid())
  }
}
