import Foundation
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import Testing

/// After a reset, a model generates, searches and completes as at the beginning of a text.
struct StatePolicyTests {
  private static func model(_ tokenizer: AnyTokenizer, seed: UInt64 = 5) -> InferenceModel {
    var random = RandomSource(seed: seed)
    return InferenceModel(
      LanguageModel(
        LanguageModelConfiguration(
          vocabulary: tokenizer.vocabulary.count, embedding: 5, layers: [.lstm(9), .lstm(7)],
          initializer: .uniform(1.5)),
        using: &random))
  }

  private static let words = AnyTokenizer.word(
    WordTokenizer(vocabulary: Vocabulary(slots: ["<unk>", "<eos>", "the", "cat", "sat", "ran"])))

  /// The tokens of a text and their log-probabilities.
  private struct Written: Equatable {
    var ids: [Int32] = []
    var logProbabilities: [Double] = []

    subscript(range: Range<Int>) -> Written {
      Written(ids: Array(ids[range]), logProbabilities: Array(logProbabilities[range]))
    }
  }

  /// Greedy continuations of a prompt.
  private func written(
    _ prompt: String, _ policy: StatePolicy, length: Int, tokenizer: AnyTokenizer = words, forced: [Int: Int32] = [:],
    count: Int = 1
  ) throws -> [Written] {
    var options = GenerationOptions(
      sampler: Sampler([Temperature(0), ForcedTokens(forced)]), length: length, statePolicy: policy)
    options.returnsProbabilities = true
    var generator = try BatchGenerator(
      Self.model(tokenizer), tokenizer: tokenizer, prompt: prompt, count: count, options: options, seed: 1)
    var texts = [Written](repeating: Written(), count: count)
    while case let pieces = try generator.next(), !pieces.isEmpty {
      for piece in pieces {
        texts[piece.text].ids.append(piece.id)
        texts[piece.text].logProbabilities.append(piece.logProbability ?? .nan)
      }
    }
    return texts
  }

  @Test("With resets, the text after a generated line end is the same as at the start")
  func generation() throws {
    let first = try written("", .reset, length: 6)[0]
    // The fourth token is forced to be a line end.
    for text in try written("", .reset, length: 10, forced: [3: 1], count: 3) {
      #expect(text[4..<10] == first && text[0..<3] == first[0..<3])
    }
    #expect(try written("", .carry, length: 10, forced: [3: 1])[0][4..<10] != first)
    #expect(try written("", .windows(length: 2), length: 10) == written("", .carry, length: 10))
  }

  @Test("Texts generated in one batch are reset independently")
  func streams() throws {
    let options = GenerationOptions(sampler: Sampler(temperature: 2), length: 30, statePolicy: .reset)
    func texts(_ count: Int) throws -> [[Int32]] {
      var generator = try BatchGenerator(
        Self.model(Self.words), tokenizer: Self.words, prompt: "the", count: count, options: options, seed: 4)
      var texts = [[Int32]](repeating: [], count: count)
      while case let pieces = try generator.next(), !pieces.isEmpty {
        for piece in pieces { texts[piece.text].append(piece.id) }
      }
      return texts
    }
    let many = try texts(7)
    #expect(try texts(1)[0] == many[0] && texts(3) == Array(many[..<3]))
    #expect(Set(many.map { $0.firstIndex(of: 1) }).count > 1, "lines end in different places")
  }

  @Test("Only the part of a prompt after the last reset counts")
  func prompts() throws {
    let alone = try written("the cat", .reset, length: 5)
    #expect(try written("sat ran\nthe cat", .reset, length: 5) == alone)
    #expect(try written("sat ran\nthe cat", .carry, length: 5) != alone)
    #expect(try written("sat\n\nthe cat", .documents, length: 5) == alone)
    #expect(try written("sat\nthe cat", .documents, length: 5) == written("sat\nthe cat", .carry, length: 5))
    #expect(try written("sat ran\n", .reset, length: 5) == written("", .reset, length: 5))
  }

  @Test("One beam finds the greedy continuation under every policy", arguments: ["", "the cat", "sat\n\nran"])
  func beams(prompt: String) throws {
    for policy in [StatePolicy.carry, .reset, .documents] {
      let search = BeamSearch(beamCount: 1, length: 12, statePolicy: policy)
      let found = try search(Self.model(Self.words), tokenizer: Self.words, prompt: prompt)
      #expect(found.map(\.ids) == (try written(prompt, policy, length: 12).map(\.ids)), "\(policy)")
    }
    // With enough beams for all continuations, the search finds the best one.
    let model = Self.model(Self.words)
    let search = BeamSearch(beamCount: 36, length: 2, lengthPenalty: 0, statePolicy: .reset)
    let best = try #require(try search(model, tokenizer: Self.words, prompt: prompt).first)
    var highest = -Double.infinity
    for first in Int32(1)..<6 {
      for second in Int32(1)..<6 {
        let line = prompt.split(separator: "\n").last.map(String.init) ?? ""
        let ids = try Self.words.encodePrompt(line).ids
        var predictor = NeuralPredictor(model)
        try predictor.read([1] + ids)
        var sum = try predictor.logProbabilities()[Int(first)]
        if first == 1 { predictor = NeuralPredictor(model) }
        try predictor.read([first])
        sum += try predictor.logProbabilities()[Int(second)]
        highest = max(highest, sum)
      }
    }
    #expect(abs(best.logProbability - highest) < 1e-5)
  }

  @Test("Generation uses the model file's state policy unless the options set another")
  func files() throws {
    var random = RandomSource(seed: 5)
    let model = LanguageModel(
      LanguageModelConfiguration(
        vocabulary: 6, embedding: 5, layers: [.lstm(9)], initializer: .uniform(1.5)), using: &random)
    func text(_ own: StatePolicy, _ policy: StatePolicy?) throws -> [Int32] {
      let options = GenerationOptions(sampler: Sampler(temperature: 2), length: 60, statePolicy: policy)
      var generator = try TextGenerator(
        ModelFile(model: model, tokenizer: Self.words, statePolicy: own), prompt: "cat", options: options,
        random: RandomSource(seed: 1))
      var ids: [Int32] = []
      while let piece = try generator.next() { ids.append(piece.id) }
      return ids
    }
    #expect(try text(.reset, nil) == text(.carry, .reset) && text(.carry, nil) == text(.reset, .carry))
    #expect(try text(.reset, nil) != text(.carry, nil))
  }

  @Test("After a reset, a completer ignores the previous lines")
  func completion() throws {
    func suggestions(_ pieces: [String], _ policy: StatePolicy) throws -> [Suggestion] {
      var completer = try Completer(NeuralPredictor(Self.model(Self.words)), tokenizer: Self.words, policy: policy)
      for piece in pieces { try completer.read(piece) }
      return try completer.suggestions(prefix: "", count: 4)
    }
    let alone = try suggestions(["the "], .reset)
    #expect(try suggestions(["cat ", "sat\n", "the "], .reset) == alone)
    #expect(try suggestions(["cat sat\nthe "], .reset) == alone)
    #expect(try suggestions(["cat sat\n\nthe "], .documents) == alone)
    #expect(try suggestions(["cat sat\nthe "], .carry) != alone)
    #expect(try suggestions(["cat sat\nthe "], .documents) == suggestions(["cat sat\nthe "], .carry))
  }
}
