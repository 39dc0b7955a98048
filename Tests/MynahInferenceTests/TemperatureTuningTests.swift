import Foundation
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import Testing

@Suite("The best temperature for a text")
struct TemperatureTuningTests {
  private let tokenizer: AnyTokenizer
  private let model: LanguageModel
  /// A text that the model wrote.
  private let text: String

  init() throws {
    tokenizer = try FiveTokenModel().tokenizer
    var random = RandomSource(seed: 3)
    model = LanguageModel(
      LanguageModelConfiguration(vocabulary: 5, embedding: 4, layers: [.lstm(6)], initializer: .uniform(1.5)),
      using: &random)
    var (predictor, ids) = (NeuralPredictor(InferenceModel(model)), [Int32]())
    try predictor.read([1])
    while ids.count < 800 {
      var (rest, id) = (random.uniform(), Int32(0))
      // Without unknown words.
      let shares = try Array(predictor.logProbabilities().map { exp($0) }.dropFirst())
      rest *= shares.reduce(0, +)
      for (index, share) in shares.enumerated() where rest >= 0 {
        (rest, id) = (rest - share, Int32(index + 1))
      }
      ids.append(id)
      try predictor.read([id])
    }
    text = tokenizer.decode(ids)
  }

  private func tuned(_ model: LanguageModel) throws -> Double {
    let network = NeuralPredictor(InferenceModel(model))
    return try TemperatureTuning.temperature(on: text, tokenizer: tokenizer) {
      TemperedPredictor(network, temperature: $0)
    }
  }

  @Test("It makes the text at least as probable as temperatures around it")
  func best() throws {
    let network = NeuralPredictor(InferenceModel(model))
    func nats(_ temperature: Double) throws -> Double {
      try TemperedPredictor(network, temperature: temperature).perplexity(of: text, tokenizer: tokenizer).loss.nats
    }
    let found = try tuned(model)
    #expect((0.7...1.3).contains(found) && found != 1)
    for factor in [0.5, 0.9, 0.98, 1.02, 1.1, 2] {
      #expect(try nats(found) <= nats(found * factor), "\(factor) times \(found)")
    }
  }

  @Test("It is divided by the factor that logits are divided by")
  func scaled() throws {
    var flat = model
    flat.visitParameters(prefix: "") { spec, parameter in
      if spec.role == .output { parameter = Variable(parameter.value * 0.75) }
    }
    #expect(abs(try tuned(flat) / (0.75 * tuned(model)) - 1) < 0.015)
  }

  @Test("The progress ascends to the end, and an error ends the search")
  func progress() throws {
    struct Stop: Error {}
    let network = NeuralPredictor(InferenceModel(model))
    var shares: [Double] = []
    _ = try TemperatureTuning.temperature(on: text, tokenizer: tokenizer) {
      shares.append($0.share)
    } of: {
      TemperedPredictor(network, temperature: $0)
    }
    #expect(shares.count > 1 && shares == shares.sorted() && shares.last == 1)
    #expect(throws: Stop.self) {
      try TemperatureTuning.temperature(on: text, tokenizer: tokenizer) { _ in
        throw Stop()
      } of: {
        TemperedPredictor(network, temperature: $0)
      }
    }
  }
}
