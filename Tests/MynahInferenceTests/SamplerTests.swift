import Foundation
import MynahInference
import MynahTensors
import TestSupport
import Testing

struct SamplerTests {
  /// The number of times that each token is drawn.
  private func counts(_ sampler: Sampler, _ logits: [Float], draws: Int = 20_000) throws -> [Double] {
    var random = RandomSource(seed: 9)
    var counts = [Double](repeating: 0, count: logits.count)
    for _ in 0..<draws { counts[Int(try sampler(logits, using: &random))] += 1 }
    return counts
  }

  /// Expects the counts to pass a chi-square test against the weights at the 0.1 % level, and tokens of weight 0 to
  /// have no draws.
  private func expect(
    _ counts: [Double], fit weights: [Double], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(counts.count == weights.count, sourceLocation: sourceLocation)
    let draws = counts.reduce(0, +)
    let total = weights.reduce(0, +)
    var statistic = 0.0
    for (count, weight) in zip(counts, weights) {
      let expected = draws * weight / total
      guard expected > 0 else {
        #expect(count == 0, sourceLocation: sourceLocation)
        continue
      }
      statistic += (count - expected) * (count - expected) / expected
    }
    // The 99.9th percentiles for 1 to 6 degrees of freedom.
    let bounds = [1e-9, 10.828, 13.816, 16.266, 18.467, 20.515, 22.458]
    let bound = bounds[weights.count { $0 > 0 } - 1]
    #expect(statistic < bound, "\(counts)", sourceLocation: sourceLocation)
  }

  private let logits: [Float] = [0, 1, -1, 2, 0.5]

  @Test("Tokens are drawn with the probabilities of softmax(logits ÷ temperature)", arguments: [0.5, 1, 2])
  func temperature(_ temperature: Double) throws {
    let sampler = Sampler([ForbiddenTokens([4]), Temperature(temperature)])
    let weights = logits.prefix(4).map { exp(Double($0) / temperature) } + [0]
    try expect(counts(sampler, logits), fit: weights)
  }

  @Test("Sampling steps without a fused kernel draw from the same distribution", arguments: [0.5, 1, 2])
  func general(_ temperature: Double) throws {
    let sampler = Sampler([RepetitionPenalty(1), ForbiddenTokens([4]), Temperature(temperature)])
    let weights = logits.prefix(4).map { exp(Double($0) / temperature) } + [0]
    try expect(counts(sampler, logits), fit: weights)
  }

  @Test("Top-k draws from the k most probable tokens; ties go to the lower IDs")
  func topK() throws {
    let weights = logits.map { exp(Double($0)) }
    try expect(counts(Sampler([TopK(3)]), logits), fit: [0, weights[1], 0, weights[3], weights[4]])
    try expect(counts(Sampler([TopK(99)]), logits), fit: weights)
    try expect(counts(Sampler([TopK(2)]), [1, 1, 1, 1]), fit: [1, 1, 0, 0])
  }

  @Test("Top-p draws from the smallest set of tokens whose total probability reaches p")
  func topP() throws {
    let logits: [Float] = [0.1, 0.4, 0.2, 0.3].map { log($0) }
    try expect(counts(Sampler([TopP(0.65)]), logits), fit: [0, 4, 0, 3])
    try expect(counts(Sampler([TopP(0.75)]), logits), fit: [0, 4, 2, 3])
    try expect(counts(Sampler([TopP(1)]), logits), fit: [1, 4, 2, 3])
    try expect(counts(Sampler([TopP(1e-9)]), logits), fit: [0, 1, 0, 0])
  }

  @Test("Top-p finds a nucleus of more tokens than it examines at first")
  func wideNucleus() throws {
    let logits = [Float](repeating: 0, count: 1000)
    var random = RandomSource(seed: 1)
    let sampler = Sampler([TopP(0.6005)])
    let drawn = try Set((0..<8000).map { _ in try sampler(logits, using: &random) })
    #expect(drawn.max() == 600)
  }

  @Test("Min-p drops tokens below a share of the highest probability")
  func minP() throws {
    let logits: [Float] = [0.1, 0.4, 0.2, 0.3].map { log($0) }
    try expect(counts(Sampler([MinP(0.45)]), logits), fit: [0, 4, 2, 3])
    try expect(counts(Sampler([MinP(0)]), logits), fit: [1, 4, 2, 3])
    try expect(counts(Sampler([MinP(1)]), logits), fit: [0, 1, 0, 0])
  }

  @Test("Typical sampling prefers tokens close to the expected surprisal, even over the most probable one")
  func typical() throws {
    // H = 1.28 nats; surprisals 0.92, 1.20, 1.61, 2.30: distances 0.36, 0.08, 0.33, 1.02.
    let logits: [Float] = [0.4, 0.3, 0.2, 0.1].map { log($0) }
    try expect(counts(Sampler([Typical(0.29)]), logits), fit: [0, 1, 0, 0])
    try expect(counts(Sampler([Typical(0.45)]), logits), fit: [0, 3, 2, 0])
    try expect(counts(Sampler([Typical(0.85)]), logits), fit: [4, 3, 2, 0])
    try expect(counts(Sampler([Typical(1)]), logits), fit: [4, 3, 2, 1])
  }

  @Test("A repetition penalty divides positive logits of recent tokens and multiplies negative ones, once per token")
  func repetition() {
    var changed: [Float] = [2, -2, 2, -2]
    RepetitionPenalty(2, reach: 3)(&changed, at: SamplingPlace(recentTokens: [2, 0, 1, 0]))
    #expect(changed == [1, -4, 2, -2])
  }

  @Test("A forced token is drawn at its position, even if it was excluded, and nowhere else")
  func forced() throws {
    let sampler = Sampler([ForbiddenTokens([2]), TopK(1), ForcedTokens([1: 2])])
    var random = RandomSource(seed: 1)
    #expect(try sampler(logits, at: SamplingPlace(position: 0), using: &random) == 3)
    #expect(try sampler(logits, at: SamplingPlace(position: 1), using: &random) == 2)
  }

  @Test("Temperature 0 selects the most probable allowed token, whatever the seed")
  func greedy() throws {
    for seed in 0..<20 as Range<UInt64> {
      var random = RandomSource(seed: seed)
      #expect(try Sampler(temperature: 0)(logits, using: &random) == 3)
      #expect(try Sampler([ForbiddenTokens([3]), Temperature(0)])(logits, using: &random) == 1)
      #expect(try Sampler([Temperature(0), TopP(0.9), TopK(2)])(logits, using: &random) == 3)
    }
  }

  @Test("A sampler that excludes all tokens throws")
  func nothing() {
    var random = RandomSource(seed: 1)
    #expect(throws: InferenceError.nothingToDraw) {
      try Sampler([ForbiddenTokens([0, 1])])([1, 2], using: &random)
    }
    #expect(throws: InferenceError.nothingToDraw) {
      try Sampler([TopK(1), ForbiddenTokens([1])])([1, 2], using: &random)
    }
  }

  @Test("A custom sampling step can change the logits")
  func own() throws {
    struct OddTokens: SamplingStep {
      func callAsFunction(_ logits: inout [Float], at place: SamplingPlace) {
        for id in stride(from: 0, to: logits.count, by: 2) { logits[id] = -.infinity }
      }
    }
    let weights: [Double] = [0, exp(1.0), 0, exp(2.0), 0]
    try expect(counts(Sampler([OddTokens()]), logits), fit: weights)
  }

  @Test("Each of many streams draws the same token as it would alone")
  func manyStreams() throws {
    let (streamCount, vocabularySize) = (1000, 1024)
    let row = (0..<vocabularySize).map { Float($0 % 7) }
    let logits = Tensor(
      shape: [streamCount, vocabularySize], Array(repeatElement(row, count: streamCount).joined()))
    let sampler = Sampler([MinP(0.5)])
    var randoms = (0..<streamCount).map { RandomSource(seed: 1, stream: UInt64($0)) }
    let ids = try sampler(logits, using: &randoms)
    for stream in [0, 1, streamCount - 1] {
      var random = RandomSource(seed: 1, stream: UInt64(stream))
      #expect(try sampler(row, using: &random) == ids[stream])
    }
  }

  @Test("Biases are added to the logits of their tokens; biases for tokens that do not exist are ignored")
  func biases() {
    var logits: [Float] = [1, 2, 3]
    LogitBias([0: -100, 2: 0.5, 7: 9, -1: 9])(&logits, at: SamplingPlace())
    #expect(logits == [-99, 2, 3.5])
  }

  @Test("Presence and frequency penalties lower the logits of generated tokens; negative ones raise them")
  func counts() {
    var logits: [Float] = [1, 2, 3]
    let place = SamplingPlace(position: 3, recentTokens: [2, 2, 0, 1, 1], counts: [0: 1, 1: 2])
    CountPenalty(presence: 0.5, frequency: 0.25)(&logits, at: place)
    #expect(logits == [0.25, 1, 3])
    CountPenalty(presence: -1)(&logits, at: place)
    #expect(logits == [1.25, 2, 3])
  }

  @Test("Streams with different samplers draw the same tokens in one call as they do alone")
  func mixedSamplers() throws {
    let samplers = [
      Sampler(temperature: 1), Sampler(temperature: 1, topP: 0.7), Sampler([ForbiddenTokens([1]), Temperature(2)]),
      Sampler(temperature: 0), Sampler([LogitBias([3: 2])]),
    ]
    var random = RandomSource(seed: 8)
    let logits = Tensor.random([samplers.count, 6], using: &random)
    for seed in 0..<50 as Range<UInt64> {
      var randoms = samplers.indices.map { RandomSource(seed: seed, stream: UInt64($0)) }
      let alone = try samplers.indices.map { stream in
        var random = randoms[stream]
        return try samplers[stream](logits[stream].elements, using: &random)
      }
      #expect(Sampler.draws(of: samplers, from: logits, at: { _ in SamplingPlace() }, using: &randoms) == alone)
    }
  }
}
