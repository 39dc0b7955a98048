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

  @Test("A model with a uniform distribution has a perplexity equal to its vocabulary size")
  func uniform() throws {
    var model = model(vocabularySize: 13)
    model.visitParameters(prefix: "") { spec, parameter in
      if spec.role == .output { parameter = Variable(.zeros(spec.shape)) }
    }
    #expect(try abs(model.loss(of: [1, 5, 12, 0, 3]).perplexity - 13) < 1e-4)
  }

  @Test("With a line end in the vocabulary, every token is predicted; without one, the first token is only context")
  func counts() throws {
    let words = try Vocabulary(tokens: ["a", "b", "<unk>", "<eos>"])
    let tokenizer = AnyTokenizer.word(WordTokenizer(vocabulary: words))
    let report = try model(vocabularySize: 4).perplexity(of: "a b\na stranger\n", tokenizer: tokenizer)
    #expect(report.loss.targetCount == 6 && report.unknownCount == 1 && report.predictsEveryToken)
    #expect(report.characterCount == 15)
    #expect(abs(report.bitsPerCharacter - report.loss.nats / log(2) / 15) < 1e-12)

    let letters = try Vocabulary(tokens: ["a", "b", "\n"])
    let speller = AnyTokenizer.character(try CharacterTokenizer(vocabulary: letters))
    let other = try model(vocabularySize: 3).perplexity(of: "abba\n", tokenizer: speller)
    #expect(other.loss.targetCount == 5 && other.predictsEveryToken && other.characterCount == 5)

    let spaceless = AnyTokenizer.word(WordTokenizer(vocabulary: try Vocabulary(tokens: ["a", "b", "<unk>"])))
    let third = try model(vocabularySize: 3).perplexity(of: "a b\nb stranger\n", tokenizer: spaceless)
    #expect(third.loss.targetCount == 3 && !third.predictsEveryToken && third.unknownCount == 1)
  }

  @Test("Characters that start in a context-only token are not counted as predicted")
  func contextOnly() throws {
    func counted(_ text: String, _ tokenizer: AnyTokenizer, _ policy: StatePolicy = .carry) throws -> Int {
      let model = model(vocabularySize: tokenizer.vocabulary.count)
      return try model.perplexity(of: text, tokenizer: tokenizer, policy: policy).characterCount
    }
    #expect(try counted("é\n", .bytes(ByteTokenizer())) == 2)
    let keras = AnyTokenizer.kerasWord(KerasTokenizer(.init(unknownToken: "<unk>"), training: ["Some words."]))
    #expect(try counted("some words", keras) == 6 && counted("all words", keras) == 8)
    // The first token of each line is only context.
    #expect(try counted("some words\nwords some\n", keras, .reset) == 22 - 4 - 5)
  }

  @Test("With resets, each part of a text has the same loss as on its own")
  func policies() throws {
    let letters = try Vocabulary(tokens: ["a", "b", "\n"])
    let tokenizer = AnyTokenizer.character(try CharacterTokenizer(vocabulary: letters))
    let model = InferenceModel(model(vocabularySize: 3))
    func nats(_ text: String, _ policy: StatePolicy = .carry) throws -> Double {
      try model.perplexity(of: text, tokenizer: tokenizer, policy: policy).loss.nats
    }
    let text = "ab\nba\n\nbb\na"
    for (policy, parts) in [
      (.reset, ["ab\n", "ba\n", "\n", "bb\n", "a"]), (.documents, ["ab\nba\n\n", "bb\na"]), (.carry, [text]),
    ] as [(StatePolicy, [String])] {
      #expect(try nats(text, policy) == parts.reduce(0) { try $0 + nats($1) })
    }
    // The context of each window starts with the last token of the previous one.
    let ids = try [2] + tokenizer.encode(text).ids
    let windows = stride(from: 0, to: ids.count - 1, by: 4).map { Array(ids[$0..<min($0 + 5, ids.count)]) }
    #expect(try abs(nats(text, .windows(length: 4)) - windows.reduce(0) { try $0 + model.loss(of: $1).nats }) < 1e-9)
  }

  @Test("Without a line end in the vocabulary, a text of one token has nothing to predict")
  func tooShort() throws {
    let letters = try Vocabulary(tokens: ["a", "b"])
    let tokenizer = AnyTokenizer.character(try CharacterTokenizer(vocabulary: letters))
    for (text, count) in [("a", 1), ("", 0)] {
      #expect(throws: InferenceError.nothingToPredict(tokenCount: count)) {
        try model(vocabularySize: 2).perplexity(of: text, tokenizer: tokenizer)
      }
    }
  }

  @Test(
    "The loss equals the sum of the losses of single steps, for texts of any length",
    arguments: [2, 3, 256, 257, 258, 600])
  func stretches(count: Int) throws {
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
    let loss = try model.loss(of: ids)
    #expect(loss.targetCount == count - 1)
    #expect(abs(loss.nats / nats - 1) < 1e-5)
  }
}
