import MynahModels
import MynahTensors
import MynahText
import TestSupport
import Testing

@Suite("A model's vocabulary can be extended and pruned")
struct VocabularyChangeTests {
  private static func model(isTied: Bool, output: OutputConfiguration? = nil) -> LanguageModel {
    var random = RandomSource(seed: 8)
    return LanguageModel(
      LanguageModelConfiguration(
        vocabulary: 5, embedding: 3, layers: [.lstm(3)], output: output ?? .softmax(tied: isTied)), using: &random)
  }

  @Test("Existing tokens keep their logits, and new ones have the mean logit", arguments: [false, true])
  func extended(isTied: Bool) throws {
    let model = Self.model(isTied: isTied)
    let extended = try model.extendingVocabulary(to: 8)
    #expect(extended.configuration.vocabularySize == 8 && extended.configuration.isTied == isTied)
    let before = model.logits([0, 3, 4], state: model.initialState(batchSize: 1)).logits.value
    let after = extended.logits([0, 3, 4], state: extended.initialState(batchSize: 1)).logits.value
    for row in 0..<3 {
      let (own, all) = (Array(before.elements[row * 5..<row * 5 + 5]), Array(after.elements[row * 8..<row * 8 + 8]))
      #expect(largestDifference(own, Array(all[..<5])) < 1e-6)
      let mean = own.reduce(0, +) / 5
      #expect(all[5...].allSatisfy { abs($0 - mean) < 1e-6 })
    }
    #expect(try model.extendingVocabulary(to: 5).parameters.map(\.value) == model.parameters.map(\.value))
  }

  @Test("Kept tokens keep their logits in their new order", arguments: [false, true])
  func pruned(isTied: Bool) throws {
    let model = Self.model(isTied: isTied)
    let ids: [Int32] = [4, 0, 2]
    let pruned = try model.keepingTokens(ids)
    let before = model.logits([2, 4], state: model.initialState(batchSize: 1)).logits.value
    let after = pruned.logits([2, 0], state: pruned.initialState(batchSize: 1)).logits.value
    let expected = (0..<2).flatMap { row in ids.map { before.elements[row * 5 + Int($0)] } }
    #expect(largestDifference(after.elements, expected) < 1e-6)
  }

  @Test("An output without a row per token is refused")
  func refused() {
    let model = Self.model(isTied: false, output: .mixtureOfSoftmaxes(2))
    #expect(throws: ModelError.self) { try model.extendingVocabulary(to: 8) }
    #expect(throws: ModelError.self) { try model.keepingTokens([1]) }
  }

  @Test("A word or character vocabulary is extended with a text's missing tokens, by descending count")
  func tokenizers() throws {
    let words = AnyTokenizer.word(WordTokenizer(vocabulary: try Vocabulary(tokens: ["b", "<eos>", "<unk>", "a"])))
    let text = "c a d c\nd c e\n"
    #expect(
      try words.extended(byTraining: text, minimumCount: 1).vocabulary.tokens
        == ["b", "<eos>", "<unk>", "a", "c", "d", "e"])
    #expect(try words.extended(byTraining: text).vocabulary.tokens == ["b", "<eos>", "<unk>", "a", "c", "d"])
    #expect(
      try words.extended(byTraining: text, minimumCount: 1, maximumSize: 5).vocabulary.tokens.suffix(1) == ["c"])
    #expect(try words.extended(byTraining: text, maximumSize: 2) == words)
    let characters = AnyTokenizer.character(CharacterTokenizer(training: "ab\n"))
    let tokens = try characters.extended(byTraining: "cab\n").vocabulary.tokens
    #expect(tokens == characters.vocabulary.tokens + ["c"])
    let bytes = AnyTokenizer.bytes(ByteTokenizer())
    #expect(throws: TextError.notExtensible(kind: "byte")) { try bytes.extended(byTraining: text) }
  }
}
