import Foundation
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import Testing

struct TextScorerTests {
  private static let tokenizer = WordTokenizer(
    vocabulary: Vocabulary(slots: ["<unk>", "<eos>", "the", "cat", "dog", "sat", "ran", "."]))
  private static let lines = ["the cat sat .", "", "the dog ran away .", "the the the", "cat", "  ", "dog sat ."]

  private static func model(_ vocabularySize: Int = 8) -> InferenceModel {
    var random = RandomSource(seed: 5)
    return InferenceModel(
      LanguageModel(
        LanguageModelConfiguration(
          vocabulary: vocabularySize, embedding: 5, layers: [.lstm(20), .lstm(9)], initializer: .uniform(0.6)),
        using: &random))
  }

  private let model = model()

  private func scores(
    _ policy: StatePolicy, of lines: [String] = lines, tokens: Bool = false
  ) throws -> [LineScore] {
    var scorer = TextScorer(model, tokenizer: .word(Self.tokenizer), policy: policy, includingTokens: tokens)
    return try lines.flatMap { try scorer.append($0) } + scorer.finish()
  }

  @Test("With carried state, lines are scored as one text, bit for bit")
  func carried() throws {
    let ids = try Self.tokenizer.encode(Self.lines.joined(separator: "\n") + "\n").ids
    var state = model.initialState()
    let whole = model.negativeLogProbabilities(of: ids, after: [1] + ids.dropLast(), state: &state)
    let scores = try scores(.carry)
    var start = 0
    for score in scores {
      let losses = whole[start..<start + score.tokenCount]
      #expect(score.logProbability == losses.reduce(0) { $0 - $1 })
      start += score.tokenCount
    }
    #expect(start == ids.count)
  }

  @Test("With resets, lines are independent; with documents, an empty line ends a document")
  func policies() throws {
    let alone = try Self.lines.map { try scores(.reset, of: [$0])[0] }
    #expect(try scores(.reset) == alone)
    #expect(try scores(.carry) != alone)
    let documents = try [[0, 1], [2, 3, 4, 5], [6]].flatMap { part in
      try scores(.carry, of: part.map { Self.lines[$0] })
    }
    #expect(try scores(.documents) == documents)
  }

  @Test("Unknown words are counted as <unk> and can be left out of the perplexity")
  func unknown() throws {
    let score = try scores(.reset, of: ["the zebra sat <unk>"], tokens: true)[0]
    #expect(score.tokenCount == 5 && score.unknownCount == 2)
    let tokens = try #require(score.tokens)
    #expect(tokens.map(\.isUnknown) == [false, true, false, true, false])
    let known = tokens.filter { !$0.isUnknown }.reduce(0) { $0 + $1.logProbability }
    #expect(abs((score.perplexityWithoutUnknown ?? 0) - exp(-known / 3)) < 1e-9)
    #expect(abs((score.perplexity ?? 0) - exp(-score.logProbability / 5)) < 1e-9)
    #expect(LineScore().perplexity == nil && LineScore().perplexityWithoutUnknown == nil)
  }

  @Test("Token scores add up to the line's score, and ranks cover the whole vocabulary")
  func tokens() throws {
    for (line, score) in zip(try scores(.carry), try scores(.carry, tokens: true)) {
      #expect(abs(line.logProbability - score.logProbability) < 1e-5)
      #expect(line.tokens == nil && score.tokens?.count == line.tokenCount)
    }
    // After "the", the 8 tokens have distinct ranks, from the most probable to the least probable.
    let ends = try (0..<8).map { id -> LineScore.Token in
      let line = "the " + Self.tokenizer.vocabulary[Int32(id)]
      return try #require(try scores(.reset, of: [id == 1 ? "the" : line], tokens: true)[0].tokens?[1])
    }
    #expect(ends.map(\.rank).sorted() == Array(1...8) && ends.map(\.id) == (0..<8).map { Int32($0) })
    #expect(abs(ends.reduce(0) { $0 + exp($1.logProbability) } - 1) < 1e-6)
    let byRank = ends.sorted { $0.rank < $1.rank }.map(\.logProbability)
    #expect(byRank == byRank.sorted(by: >))
  }

  @Test("Without a line end in the vocabulary, the first token is only context")
  func noLineEnds() throws {
    let tokenizer = WordTokenizer(vocabulary: try Vocabulary(tokens: ["a", "b", "<unk>"]))
    var scorer = TextScorer(Self.model(3), tokenizer: .word(tokenizer), policy: .carry)
    #expect(try scorer.append("")[0].tokenCount == 0)
    #expect(try scorer.append("a")[0].tokenCount == 0)
    #expect(try scorer.append("b a")[0].tokenCount == 2)
  }

  @Test("A line that cannot be encoded does not affect the others")
  func unreadable() throws {
    let speller = try CharacterTokenizer(vocabulary: Vocabulary(tokens: ["a", "b", "\n"]))
    var scorer = TextScorer(Self.model(3), tokenizer: .character(speller), policy: .carry)
    var other = scorer
    _ = try (scorer.append("ab"), other.append("ab"))
    #expect(throws: TextError.unknownToken("?", line: 2, column: 2)) { try scorer.append("a?") }
    #expect(try scorer.append("ba") == other.append("ba"))
  }

  @Test("A pair is right if its good sentence is more probable, a tie is not, and coverage counts words")
  func pairs() throws {
    let (good, bad) = ("the cat sat .", "the cat ran .")
    let scores = try scores(.reset, of: [good, bad])
    let isRight = scores[0].logProbability > scores[1].logProbability
    let pairs = [
      MinimalPair(good: good, bad: bad), MinimalPair(good: bad, bad: good), MinimalPair(good: "zebra", bad: "lion"),
    ]
    let report = try model.compare(pairs, tokenizer: .word(Self.tokenizer))
    #expect(report.pairCount == 3 && report.rightCount == 1 && report.accuracy == 1.0 / 3)
    #expect(report.tieCount == 1 && report.knownPairCount == 2 && report.knownAccuracy == 0.5)
    #expect(abs(report.coverage - 16.0 / 18) < 1e-12)
    #expect(try model.compare(pairs.prefix(1), tokenizer: .word(Self.tokenizer)).rightCount == (isRight ? 1 : 0))
  }
}

struct NeighboursTests {
  private let neighbours = Neighbours(
    Embedding(weight: Variable(Tensor(shape: [6, 2], [1, 0, 2, 0.2, 0, 3, -1, 0, 0, 0, 1, 1]))))

  @Test("The nearest vectors have the smallest angles, whatever their lengths, and exclude the token itself")
  func nearest() {
    let found = neighbours.nearest(to: 0, count: 9)
    #expect(found.map(\.id) == [1, 5, 2, 4, 3])
    #expect(abs(found[1].similarity - 0.5.squareRoot()) < 1e-7 && found[4].similarity == -1 && found[3].similarity == 0)
    #expect(neighbours.nearest(to: 0, count: 2).map(\.id) == [1, 5] && neighbours.nearest(to: 0, count: 0).isEmpty)
    #expect(neighbours.nearest(to: 4, count: 2).map(\.id) == [0, 1], "a zero vector is equally far from all others")
  }

  @Test("An analogy excludes its own three words")
  func analogy() {
    // 0 is to 2 as 3 is to: (0, 1) − (1, 0) + (−1, 0) = (−2, 1).
    let found = neighbours.analogies(0, 2, 3, count: 3)
    #expect(!found.contains { [0, 2, 3].contains($0.id) } && found.first?.id == 4)
  }
}
