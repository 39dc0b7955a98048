import MynahInference
import MynahModels
import MynahTensors
import MynahText
import TestSupport
import Testing

struct RenumberedPredictorTests {
  private static let tokens = ["<unk>", "<eos>", "a", "b", "c", "é", "e\u{301}"]
  /// The same tokens in another order.
  private static let order = [4, 6, 0, 5, 2, 1, 3]

  private static func model(seed: UInt64) -> LanguageModel {
    var random = RandomSource(seed: seed)
    return LanguageModel(
      LanguageModelConfiguration(
        vocabulary: tokens.count, embedding: 4, layers: [.lstm(6)], initializer: .uniform(0.9)), using: &random)
  }

  /// The model with its embedding and output rows in the other order.
  private static func permuted(_ model: LanguageModel) -> LanguageModel {
    var result = model
    let rows = order.map { Int32($0) }
    result.visitParameters(prefix: "") { spec, parameter in
      guard [.embedding, .output].contains(spec.role) else { return }
      let table = parameter.value.reshaped([tokens.count, parameter.value.shape.elementCount / tokens.count])
      parameter = Variable(table.gathered(rows).reshaped(spec.shape))
    }
    return result
  }

  @Test("The order of a model's vocabulary does not change a mixture")
  func mixtures() throws {
    let own = try Vocabulary(tokens: Self.tokens)
    let other = try Vocabulary(tokens: Self.order.map { Self.tokens[$0] })
    let ids = try #require(own.ids(in: other))
    #expect(ids.map { other[$0] }.elementsEqual(Self.tokens) { $0.utf8.elementsEqual($1.utf8) })
    let (first, second) = (Self.model(seed: 1), Self.model(seed: 2))
    let permuted = RenumberedPredictor(NeuralPredictor(InferenceModel(Self.permuted(second))), ids: ids)
    let base = NeuralPredictor(InferenceModel(first))
    var mixture = MixturePredictor([base, permuted], weights: [0.3, 0.7])
    var expected = MixturePredictor([base, NeuralPredictor(InferenceModel(second))], weights: [0.3, 0.7])
    try mixture.read([1])
    try expected.read([1])
    let text: [Int32] = [2, 3, 6, 5, 0, 1, 4]
    for id in text {
      let (found, wanted) = try (mixture.logProbabilities(), expected.logProbabilities())
      #expect(largestDifference(found, wanted) < 1e-6)
      try mixture.read([id])
      try expected.read([id])
    }
    let (found, wanted) = try (mixture.score(text), expected.score(text))
    #expect(largestDifference(found, wanted) < 1e-6)
  }

  @Test("Vocabularies map to each other only if they contain the same tokens, each exactly once")
  func mapping() throws {
    let own = try Vocabulary(tokens: ["a", "b"])
    #expect(own.ids(in: own) == [0, 1])
    #expect(own.ids(in: try Vocabulary(tokens: ["b", "a"])) == [1, 0])
    for tokens in [["a"], ["a", "c"], ["a", "b", "c"]] { #expect(own.ids(in: try Vocabulary(tokens: tokens)) == nil) }
    // The composed and decomposed forms of “é” are two tokens.
    #expect(try Vocabulary(tokens: ["é"]).ids(in: Vocabulary(tokens: ["e\u{301}"])) == nil)
    let twice = Vocabulary(slots: ["a", "a"])
    #expect(twice.ids(in: own) == nil && own.ids(in: twice) == nil && twice.ids(in: twice) == nil)
  }
}
