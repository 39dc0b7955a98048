import MynahInference
import MynahModels
import MynahTensors
import MynahText
import Testing

@Suite("A token outside the vocabulary is an error before anything is read")
struct NoSuchTokenTests {
  private let tokenizer: AnyTokenizer
  private let model: LanguageModel

  init() throws {
    let small = try FiveTokenModel()
    (tokenizer, model) = (small.tokenizer, small.model)
  }

  private func predictors() throws -> [any Predictor] {
    let network = NeuralPredictor(InferenceModel(model))
    let dynamic = DynamicPredictor(model, settings: DynamicSettings(learningRate: 0.01))
    let ngrams = try NGramModel(
      counting: [2, 3, 1, 2, 4, 1], tokenizer: tokenizer, order: 2, fallback: .fallback)
    let counted = try NGramPredictor(ngrams, tokenizer: tokenizer)
    return [
      network, dynamic, counted, CachePredictor(network), CachePredictor(dynamic),
      RenumberedPredictor(network, ids: [4, 3, 2, 1, 0]), MixturePredictor([counted, network, dynamic]),
      TemperedPredictor(network, temperature: 2), TemperedPredictor(dynamic, temperature: 2), ModelPredictor(model),
      OwnPredictor(),
    ]
  }

  /// A predictor with the default implementation of scoring.
  private struct OwnPredictor: Predictor {
    var vocabularySize: Int { 5 }
    mutating func read(_ ids: [Int32]) {}
    func logProbabilities() -> [Double] { [Double](repeating: -1, count: 5) }
  }

  @Test("Predictors throw and keep their state", arguments: [[5], [-1], [2, 3, 5], [Int32.max], [Int32.min]])
  func predictors(ids: [Int32]) throws {
    let error = InferenceError.noSuchToken(id: ids[ids.count - 1], vocabularySize: 5)
    for var predictor in try predictors() {
      if !(predictor is OwnPredictor) { #expect(throws: error) { try predictor.read(ids) } }
      try predictor.read([1])
      var untouched = predictor
      if !(predictor is OwnPredictor) { #expect(throws: error) { try predictor.read(ids) } }
      #expect(throws: error) { try predictor.score(ids) }
      #expect(try predictor.score([2, 3, 4]) == untouched.score([2, 3, 4]))
    }
    var network = NeuralPredictor(InferenceModel(model))
    try network.read([1])
    #expect(throws: error) { try network.scoreReturningHidden(ids) }
    #expect("\(error)".contains("0 to 4, found \(ids[ids.count - 1])"))
  }

  @Test("Losses, generators, searches and n-gram counts throw")
  func others() throws {
    let error = InferenceError.noSuchToken(id: 7, vocabularySize: 5)
    let network = InferenceModel(model)
    #expect(throws: error) { try model.loss(of: [1, 7, 2]) }
    #expect(throws: error) { try network.loss(of: [7]) }
    #expect(try network.loss(of: []).targetCount == 0)
    #expect(throws: error) {
      try BatchGenerator(
        network, tokenizer: tokenizer, prompt: "", options: GenerationOptions(stopTokens: [1, 7]), seed: 1)
    }
    #expect(throws: error) {
      try TextGenerator(
        network, tokenizer: tokenizer, prompt: "", options: GenerationOptions(stopTokens: [7]),
        random: RandomSource(seed: 1))
    }
    for search in [
      BeamSearch(beamCount: 1, length: 2, stopTokens: [7]), BeamSearch(beamCount: 1, length: 2, forbidden: [7]),
    ] {
      #expect(throws: error) { try search(network, tokenizer: tokenizer, prompt: "") }
    }
    #expect(throws: error) {
      try NGramModel(counting: [2, 7, 1], tokenizer: tokenizer, order: 2, fallback: .fallback)
    }
  }
}
