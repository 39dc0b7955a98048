import Foundation
import MynahAnalysis
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import Testing

@Suite("Word surprisal")
struct WordSurprisalTests {
  private static func model(_ tokenizer: AnyTokenizer, bound: Float = 0.8) -> InferenceModel {
    var random = RandomSource(seed: 5)
    let configuration = LanguageModelConfiguration(
      vocabulary: tokenizer.vocabulary.count, embedding: 3, layers: [.lstm(5)], initializer: .uniform(bound))
    return InferenceModel(LanguageModel(configuration, using: &random))
  }

  /// Byte pairs whose merges join a space with a letter; Ġ is a space, Ċ a line feed.
  private static func bytePairs(_ letters: String = "abc", addsLeadingSpace: Bool = false) throws -> AnyTokenizer {
    let bytes = ["Ċ", "Ġ"] + letters.map { String($0) }
    let merged = letters.map { "Ġ\($0)" }
    return .bytePair(
      try BytePairTokenizer(
        vocabulary: Vocabulary(tokens: bytes + merged), merges: letters.map { (left: "Ġ", right: String($0)) },
        addsLeadingSpace: addsLeadingSpace))
  }

  private static func tokenizers() throws -> [AnyTokenizer] {
    [
      try bytePairs(), try bytePairs(addsLeadingSpace: true), .bytes(ByteTokenizer()),
      .character(try CharacterTokenizer(vocabulary: Vocabulary(tokens: ["\n", " ", "a", "b", "c"]))),
      .word(WordTokenizer(vocabulary: try Vocabulary(tokens: ["<eos>", "a", "b", "<unk>"]))),
    ]
  }

  /// The words and line ends of the given lines.
  private func words(_ lines: [String], _ tokenizer: AnyTokenizer, _ policy: StatePolicy = .reset) throws
    -> [WordSurprisal]
  {
    var reader = WordSurprisals(Self.model(tokenizer), tokenizer: tokenizer, policy: policy)
    let found = try lines.enumerated().flatMap { try reader.append($1, number: $0 + 1) }
    return found + (try reader.finish())
  }

  @Test("Words are numbered within their lines and spelt as in the text, whatever the tokens are", arguments: 0..<5)
  func spelling(index: Int) throws {
    let tokenizer = try Self.tokenizers()[index]
    let found = try words(["a bca  c", "", " b", "c "], tokenizer).compactMap(\.word)
    #expect(found.map(\.text) == ["a", "bca", "c", "b", "c"])
    #expect(found.map(\.line) == [1, 1, 1, 3, 4] && found.map(\.index) == [1, 2, 3, 1, 1])
  }

  @Test(
    "The log-probabilities of words and line ends add up to those of the tokens",
    arguments: 0..<5, [StatePolicy.reset, .carry, .documents, .windows(length: 3)])
  func telescopes(index: Int, policy: StatePolicy) throws {
    let tokenizer = try Self.tokenizers()[index]
    let lines = ["a bca  c", "", " b ab", "c ", "ba"]
    let found = try words(lines, tokenizer, policy)
    let text = lines.joined(separator: "\n") + "\n"
    var reader = SurprisalReader(Self.model(tokenizer))
    let tokens = try TextTokens.tokens(of: text, tokenizer, policy: policy)
    let nats = try tokens.reduce(0) { $0 + (try reader.read($1)?.logProbability ?? .nan) }
    #expect(abs(found.reduce(0) { $0 + $1.logProbability } - nats) < 1e-9)
    #expect(abs(found.reduce(0) { $0 + $1.tokenLogProbability } - nats) < 1e-9)
    #expect(found.reduce(0) { $0 + $1.tokenCount } == tokens.count)
    #expect(found.allSatisfy { $0.bits >= 0 && abs($0.bits * log(2) + $0.logProbability) < 1e-12 })
    let isCorrected = found.contains { abs($0.logProbability - $0.tokenLogProbability) > 1e-6 }
    if case .bytePair = tokenizer { #expect(isCorrected) } else { #expect(!isCorrected) }
  }

  /// The surprisal of the last word of a line with or without a line end.
  private func last(_ line: String, _ tokenizer: AnyTokenizer, isEnded: Bool) throws -> WordSurprisal {
    var reader = WordSurprisals(Self.model(tokenizer), tokenizer: tokenizer)
    let found = try reader.append(line, number: 1, isEnded: isEnded) + reader.finish()
    return try #require(found.last { $0.word != nil })
  }

  @Test("The probability of a word does not depend on what follows it")
  func following() throws {
    for tokenizer in try Self.tokenizers().prefix(2) {
      let ends = try ["a ab", "a ab c", "a ab  bb a"].map { line in
        try words([line], tokenizer).first { $0.word?.index == 2 }?.logProbability
      }
      let open = try last("a ab", tokenizer, isEnded: false).logProbability
      #expect(ends.allSatisfy { abs(($0 ?? .nan) - open) < 1e-12 }, "\(ends) \(open)")
    }
  }

  @Test("Corrected probabilities of all next words and line ends add up to 1, but uncorrected ones do not")
  func sumsToOne() throws {
    // After "a", the next word is a space followed by letters, up to a space or a line end: every sequence of tokens
    // that starts with a boundary token and continues with letters. Long sequences are improbable.
    let tokenizer = try Self.bytePairs("a")
    let model = Self.model(tokenizer)
    let vocabulary = tokenizer.vocabulary
    let ids = { (tokens: [String]) in tokens.compactMap { vocabulary.id(of: $0) } }
    let (lineEnd, boundary, letters) = (ids(["Ċ"])[0], ids(["Ċ", "Ġ", "Ġa"]), ids(["a"]))
    func next(_ context: [Int32]) -> [Double] {
      var state = model.initialState()
      return model.advance([lineEnd] + context, state: &state).elements.softmaxed
    }
    let first = ids(["a"])
    let precedes = boundary.reduce(0) { $0 + next(first)[Int($1)] }
    var (corrected, uncorrected) = (0.0, 0.0)
    var open: [(ids: [Int32], probability: Double)] = boundary.map { ([$0], next(first)[Int($0)]) }
    for length in 1...60 {
      var longer: [(ids: [Int32], probability: Double)] = []
      for (ids, probability) in open {
        let after = next(first + ids)
        // A line end completes the sequence.
        guard ids.last != lineEnd else {
          corrected += probability / precedes
          uncorrected += probability
          continue
        }
        // White space belongs to the word or line end after it.
        guard ids.last != vocabulary.id(of: "Ġ") else {
          longer += (boundary + letters).map { (ids + [$0], probability * after[Int($0)]) }
          continue
        }
        // The sequence is a word, whose probability must equal the reader's.
        let follows = boundary.reduce(0) { $0 + after[Int($1)] }
        corrected += probability * follows / precedes
        uncorrected += probability
        if length == 1 {
          let found = try last("a a", tokenizer, isEnded: true)
          #expect(abs(found.logProbability - log(probability * follows / precedes)) < 1e-6)
          #expect(abs(found.tokenLogProbability - log(probability)) < 1e-6)
        }
        longer += letters.map { (ids + [$0], probability * after[Int($0)]) }
      }
      open = longer.filter { $0.probability > 1e-7 }
    }
    #expect(abs(corrected - 1) < 1e-3, "\(corrected)")
    #expect(abs(uncorrected - 1) > 0.05, "\(uncorrected)")
  }

  @Test("In a word model, a word has the surprisal of its token, whatever the white space between words")
  func respaced() throws {
    let tokenizer = AnyTokenizer.word(WordTokenizer(vocabulary: try Vocabulary(tokens: ["<eos>", "a", "b", "<unk>"])))
    let (plain, spaced) = try (words(["a zebra b"], tokenizer), words(["  a\tzebra \u{A0} b  "], tokenizer))
    #expect(plain.map(\.logProbability) == spaced.map(\.logProbability))
    #expect(plain.map { $0.word?.text } == ["a", "zebra", "b", nil] && plain.map(\.tokenCount) == [1, 1, 1, 1])
    #expect(plain.map(\.isUnknown) == [false, true, false, false])
  }

  @Test("With character and byte tokens, a word includes the space or line end after it")
  func characters() throws {
    for tokenizer in try Self.tokenizers()[2...3] {
      let found = try words(["ab  c", " c"], tokenizer)
      #expect(found.map { $0.word?.text } == ["ab", "c", "c"] && found.map(\.tokenCount) == [3, 3, 3])
      // If the word is not ended, its last factor is the sum over all possible ends.
      let open = try last("ab c", tokenizer, isEnded: false), ended = try last("ab c", tokenizer, isEnded: true)
      #expect(open.logProbability > ended.logProbability && open.tokenCount == 1)
    }
  }

  @Test("A word with a context-only token is left out, and empty texts have no words")
  func leftOut() throws {
    let tokenizer = AnyTokenizer.word(WordTokenizer(vocabulary: try Vocabulary(tokens: ["a", "b"])))
    #expect(try words(["a b a"], tokenizer).map { $0.word?.index } == [2, 3])
    for tokenizer in try Self.tokenizers() { #expect(try words([], tokenizer).isEmpty) }
    let bytes = AnyTokenizer.bytes(ByteTokenizer())
    #expect(try words([""], bytes).map(\.word) == [nil])
  }
}

extension [Float] {
  fileprivate var softmaxed: [Double] {
    let exponentials = map { exp(Double($0)) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }
}
