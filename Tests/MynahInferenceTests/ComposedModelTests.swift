import Foundation
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import Testing

/// Models that have no packed form are asked all the same.
struct ComposedModelTests {
  static let configurations: [LanguageModelConfiguration] =
    [[.simple(5), .gru(7)], [.peepholeLSTM(5), .lstm(4)], [.projectedLSTM(6, to: 3)], [.coupledLSTM(4)]].map {
      LanguageModelConfiguration(vocabularySize: 9, embedding: 4, recurrent: $0, initializer: .uniform(0.5))
    } + [residual]

  static var residual: LanguageModelConfiguration {
    var configuration = LanguageModelConfiguration(
      vocabularySize: 9, embedding: 4, recurrent: [.lstm(4), .lstm(4)], initializer: .uniform(0.5))
    configuration.isResidual = true
    return configuration
  }

  private func model(_ configuration: LanguageModelConfiguration) -> LanguageModel {
    var random = RandomSource(seed: 3)
    return LanguageModel(configuration, using: &random)
  }

  @Test("Logits and losses are those of the model's own pass, in one go and token by token", arguments: configurations)
  func asked(configuration: LanguageModelConfiguration) throws {
    let model = model(configuration)
    let asked = InferenceModel(model)
    #expect(!asked.isPacked)
    for batchSize in [1, 3] {
      let ids = (0..<5 * batchSize).map { Int32($0 * 7 % 9) }
      let expected = model.logits(ids, state: model.initialState(batchSize: batchSize))
      var (whole, single) = (asked.initialState(batchSize: batchSize), asked.initialState(batchSize: batchSize))
      let logits = asked.advance(ids, state: &whole)
      let own = expected.logits.value.slice(4 * batchSize..<5 * batchSize)
      #expect(zip(logits.elements, own.elements).allSatisfy { abs($0 - $1) < 1e-5 })
      var last = Tensor([])
      for step in 0..<5 {
        last = asked.advance(Array(ids[step * batchSize..<(step + 1) * batchSize]), state: &single)
      }
      #expect(last == logits && whole == single && whole.stepCount == 5)
      let copy = try JSONDecoder().decode(InferenceState.self, from: JSONEncoder().encode(whole))
      #expect(copy == whole)

      var state = asked.initialState(batchSize: batchSize)
      let losses = asked.negativeLogProbabilities(of: ids.reversed(), after: ids, state: &state)
      let loss = model.loss(
        inputs: ids, targets: ids.reversed(), state: model.initialState(batchSize: batchSize)
      ).loss
      #expect(losses.count == ids.count && abs(losses.reduce(0, +) - loss.nats) < 1e-4 && state == whole)
    }
  }

  @Test("A long text's loss is the same as in one pass")
  func longText() {
    let model = model(Self.configurations[0])
    let ids = (0..<700).map { Int32($0 * $0 % 9) }
    let loss = model.loss(
      inputs: Array(ids.dropLast()), targets: Array(ids.dropFirst()), state: model.initialState(batchSize: 1)
    ).loss
    let found = model.loss(of: ids)
    #expect(found.targetCount == 699 && abs(found.nats - loss.nats) < 1e-3)
  }

  @Test("A tied model of LSTMs is packed")
  func tied() {
    var configuration = LanguageModelConfiguration(
      vocabularySize: 9, embedding: 4, recurrent: [.lstm(4, forgetBias: 1)], initializer: .uniform(0.5))
    configuration.isTied = true
    let model = model(configuration)
    let asked = InferenceModel(model)
    #expect(asked.isPacked)
    var state = asked.initialState()
    let logits = asked.advance([1, 2, 3], state: &state)
    let expected = model.logits([1, 2, 3], state: model.initialState(batchSize: 1)).logits.value.slice(2..<3)
    #expect(zip(logits.elements, expected.elements).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test("Rounded weights are those of the rounded file", arguments: [WeightPrecision.bfloat16, .int8])
  func rounded(precision: WeightPrecision) throws {
    let tokens = ["<unk>"] + "abcdefgh".map { String($0) }
    let file = ModelFile(
      model: model(Self.configurations[0]),
      tokenizer: .character(try CharacterTokenizer(vocabulary: Vocabulary(tokens: tokens))))
    let rounded = file.rounded(to: precision)
    var (one, two) = (InferenceModel(file.model).initialState(), InferenceModel(file.model).initialState())
    let first = InferenceModel(file.model, precision: precision).advance([1, 2], state: &one)
    #expect(first == InferenceModel(rounded.model).advance([1, 2], state: &two))
    var generator = try TextGenerator(rounded, prompt: "ab", options: .init(length: 20), random: RandomSource(seed: 1))
    while let piece = try generator.next() { #expect((1..<9).contains(piece.id)) }
  }
}
