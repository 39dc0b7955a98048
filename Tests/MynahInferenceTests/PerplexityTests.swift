import Foundation
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import Testing

struct PerplexityTests {
  private func model(vocabularySize: Int, seed: UInt64 = 1) -> LanguageModel {
    var random = RandomSource(seed: seed)
    return LanguageModel(
      LanguageModelConfiguration(
        vocabulary: vocabularySize, embedding: 5, layers: [.lstm(7)], initializer: .uniform(0.5)),
      using: &random)
  }

  @Test("A model without knowledge has the perplexity of its vocabulary's size")
  func uniform() throws {
    var model = model(vocabularySize: 13)
    model.visitParameters(prefix: "") { spec, parameter in
      if spec.role == .output { parameter = Variable(.zeros(spec.shape)) }
    }
    #expect(abs(model.loss(of: [1, 5, 12, 0, 3]).perplexity - 13) < 1e-4)
  }

  @Test("With <eos> every token is predicted; without it the first one is context only")
  func counts() throws {
    let words = try Vocabulary(tokens: ["a", "b", "<unk>", "<eos>"])
    let tokenizer = WordTokenizer(vocabulary: words)
    let text = try tokenizer.encode("a b\na stranger\n")
    let report = try model(vocabularySize: 4).perplexity(of: text, tokenizer: tokenizer)
    #expect(report.loss.targetCount == 6 && report.unknownCount == 1 && report.startsAfterEndOfSentence)
    #expect(report.characterCount == 15)
    #expect(abs(report.bitsPerCharacter - report.loss.nats / log(2) / 15) < 1e-12)

    let letters = try Vocabulary(tokens: ["a", "b", "\n"])
    let speller = try CharacterTokenizer(vocabulary: letters)
    let other = try model(vocabularySize: 3).perplexity(of: speller.encode("abba\n"), tokenizer: speller)
    #expect(other.loss.targetCount == 4 && !other.startsAfterEndOfSentence)
  }

  @Test("Without <eos>, the characters that begin in the first token are not predicted")
  func contextOnly() throws {
    func counted(_ text: String, _ tokenizer: some Tokenizer) throws -> Int {
      let model = model(vocabularySize: tokenizer.vocabulary.count)
      return try model.perplexity(of: tokenizer.encode(text), tokenizer: tokenizer).characterCount
    }
    #expect(try counted("é\n", ByteTokenizer()) == 1 && counted("a\n", ByteTokenizer()) == 1)
    let pairs = BytePairTokenizer(training: "été été été", vocabularySize: 260)
    #expect(try pairs.encode("été!").ids.count == 2 && counted("été!", pairs) == 1)
    let keras = KerasTokenizer(.init(unknownToken: "<unk>"), training: ["Some words."])
    #expect(try counted("some words", keras) == 6 && counted("all words", keras) == 8)
  }

  @Test("A text of one token has nothing to predict without <eos>")
  func tooShort() throws {
    let letters = try Vocabulary(tokens: ["a", "b"])
    let tokenizer = try CharacterTokenizer(vocabulary: letters)
    let text = try tokenizer.encode("a")
    #expect(throws: (any Error).self) { try model(vocabularySize: 2).perplexity(of: text, tokenizer: tokenizer) }
  }

  @Test(
    "The loss is the textbook's sum over single steps, however long the text", arguments: [2, 3, 256, 257, 258, 600])
  func stretches(count: Int) {
    let model = model(vocabularySize: 9)
    var random = RandomSource(seed: 5)
    let ids = (0..<count).map { _ in Int32(random.next() % 9) }
    var (state, nats) = (model.initialState(batchSize: 1), 0.0)
    for (input, target) in zip(ids, ids.dropFirst()) {
      let step = model.logits([input], state: state)
      let logits = step.logits.value.elements.map(Double.init)
      nats += log(logits.reduce(0) { $0 + exp($1) }) - logits[Int(target)]
      state = step.state
    }
    let loss = model.loss(of: ids)
    #expect(loss.targetCount == count - 1)
    #expect(abs(loss.nats / nats - 1) < 1e-5)
  }
}
