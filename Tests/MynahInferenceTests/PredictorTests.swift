import Foundation
import MynahInference
import MynahModels
import MynahTensors
import MynahText
import TestSupport
import Testing

/// A small model, and a textbook implementation of it in double precision.
private struct SmallModel {
  static let (vocabularySize, embeddingSize, hiddenSize) = (5, 3, 4)
  let model: LanguageModel
  /// The embedding [V, E], the LSTM's W_ih, W_hh and b, and the output layer's weight [V, H] and bias [V].
  var weights: [[Double]]

  init() {
    var random = RandomSource(seed: 21)
    let configuration = LanguageModelConfiguration(
      vocabulary: Self.vocabularySize, embedding: Self.embeddingSize, layers: [.lstm(Self.hiddenSize)],
      dropout: DropoutRates(embedding: 0.3, input: 0.2, layerInput: 0.1, output: 0.4, weights: 0.5),
      initializer: .uniform(0.9))
    model = LanguageModel(configuration, using: &random)
    weights = model.parameters.map { $0.value.elements.doubles }
  }

  /// Returns the targets' log-probabilities and the hidden vectors that predict them, and advances the state [h, c].
  static func pass(
    _ weights: [[Double]], _ inputs: [Int32], _ targets: [Int32], _ state: inout [[Double]]
  ) -> (logProbabilities: [Double], hidden: [[Double]]) {
    let x = Textbook.gather(weights[0], width: embeddingSize, ids: inputs)
    let sizes = Textbook.LSTMSizes(inputs.count, 1, embeddingSize, hiddenSize)
    let result = Textbook.lstm([x, weights[1], weights[2], weights[3], state[0], state[1]], sizes)
    state = [result.lastHidden, result.lastCell]
    let logits = Textbook.linear(result.output, weight: weights[4], bias: weights[5])
    let hidden = stride(from: 0, to: result.output.count, by: hiddenSize).map {
      Array(result.output[$0..<$0 + hiddenSize])
    }
    return (Textbook.negativeLogProbabilities(logits, targets: targets).map { -$0 }, hidden)
  }

  static var zeroState: [[Double]] { [[Double]](repeating: [Double](repeating: 0, count: hiddenSize), count: 2) }
}

private let text: [Int32] = [4, 0, 1, 2, 0, 1, 3, 3, 0, 1, 2, 4, 0, 1, 1, 2, 0, 4, 3, 2, 1, 0, 1, 2]

struct PredictorTests {
  private let small = SmallModel()

  /// Every kind of predictor, all with the same vocabulary.
  private func predictors() -> [any Predictor] {
    let network = NeuralPredictor(InferenceModel(small.model))
    let dynamic = DynamicPredictor(
      small.model, settings: DynamicSettings(learningRate: 0.05, decay: 0.1, segmentLength: 4))
    return [
      network, dynamic, CachePredictor(network, settings: CacheSettings(size: 6, theta: 0.8, weight: 0.3)),
      CachePredictor(dynamic, settings: CacheSettings(size: 6, theta: 0.8, weight: 0.3)),
      MixturePredictor([network, dynamic], weights: [3, 1]),
      TemperedPredictor(network, temperature: 0.6), TemperedPredictor(dynamic, temperature: 1.7),
      CachePredictor(
        TemperedPredictor(network, temperature: 0.6), settings: CacheSettings(size: 6, theta: 0.8, weight: 0.3)),
      ModelPredictor(small.model), MixturePredictor(passes(3, seed: 4)),
      TemperedPredictor(TemperedPredictor(passes(1, seed: 4)[0], temperature: 0.8), temperature: 0.8),
    ]
  }

  /// Networks, each with its own set of dropout masks.
  private func passes(_ count: Int, seed: UInt64) -> [ModelPredictor] {
    (0..<count).map { ModelPredictor(small.model, dropout: RandomSource(seed: seed, stream: UInt64($0))) }
  }

  private func begun(_ predictor: any Predictor) throws -> any Predictor {
    var predictor = predictor
    try predictor.read([text[0]])
    return predictor
  }

  @Test("Each score is the log-probability of the token in the predicted distribution", arguments: 0..<11)
  func distributions(kind: Int) throws {
    var (scorer, teller) = (try begun(predictors()[kind]), try begun(predictors()[kind]))
    let scores = try scorer.score(Array(text.dropFirst()))
    for (id, score) in zip(text.dropFirst(), scores) {
      let all = try teller.logProbabilities()
      #expect(abs(all.reduce(0.0) { $0 + exp(Double($1)) } - 1) < 1e-5)
      #expect(abs(Double(all[Int(id)]) - score) < 1e-5)
      try teller.read([id])
    }
  }

  @Test("A text scored in pieces gets the same scores as the whole, bit for bit", arguments: 0..<11)
  func pieces(kind: Int) throws {
    let whole = try { () -> [Double] in
      var predictor = try begun(predictors()[kind])
      return try predictor.score(Array(text.dropFirst()))
    }()
    var (predictor, scores, rest) = (try begun(predictors()[kind]), [Double](), text.dropFirst())
    for length in [1, 7, 0, 2, 13] {
      scores += try predictor.score(Array(rest.prefix(length)))
      rest = rest.dropFirst(length)
    }
    #expect(scores == whole)
  }

  @Test("A copy is independent of the original", arguments: 0..<11)
  func forks(kind: Int) throws {
    var predictor = try begun(predictors()[kind])
    try predictor.read(Array(text[1..<9]))
    var fork = predictor
    try fork.read([3, 3, 3, 3, 3, 3])
    let after = try predictor.score(Array(text[9...]))
    var fresh = try begun(predictors()[kind])
    _ = try fresh.score(Array(text[1..<9]))
    let expected = try fresh.score(Array(text[9...]))
    #expect(largestDifference(after, expected) < 1e-6)
  }

  @Test("A network continues from its stored memory with the same bits")
  func memory() throws {
    let model = InferenceModel(small.model)
    var predictor = NeuralPredictor(model)
    try predictor.read(Array(text[..<9]))
    let stored = try JSONDecoder().decode(
      NeuralPredictor.Memory.self, from: JSONEncoder().encode(predictor.memory))
    var restored = NeuralPredictor(model, memory: stored)
    #expect(try restored.score(Array(text[9...])) == predictor.score(Array(text[9...])))
  }

  @Test("The cache matches the paper's formula in double precision", arguments: [1, 3, 6, 100])
  func cache(size: Int) throws {
    let settings = CacheSettings(size: size, theta: 0.7, weight: 0.25)
    var predictor = CachePredictor(NeuralPredictor(InferenceModel(small.model)), settings: settings)
    try predictor.read([text[0]])
    let found = try predictor.score(Array(text.dropFirst()))
    var state = SmallModel.zeroState
    let (network, hidden) = SmallModel.pass(small.weights, Array(text.dropLast()), Array(text.dropFirst()), &state)
    for place in found.indices {
      let past = max(0, place - size)..<place
      var expected = exp(network[place])
      if !past.isEmpty {
        let weights = past.map { exp(0.7 * zip(hidden[place], hidden[$0]).reduce(0) { $0 + $1.0 * $1.1 }) }
        let share = zip(past, weights).reduce(0) { text[$1.0 + 1] == text[place + 1] ? $0 + $1.1 : $0 }
        expected = 0.75 * expected + 0.25 * share / weights.reduce(0, +)
      }
      #expect(abs(found[place] - log(expected)) < 1e-5)
    }
  }

  @Test(
    "Dynamic evaluation matches the paper's formula with finite differences in double precision",
    arguments: [false, true])
  func dynamic(withStatistics: Bool) throws {
    let settings = DynamicSettings(learningRate: 0.02, decay: 0.15, epsilon: 0.01, segmentLength: 5)
    let training: [Int32] = [0, 1, 2, 3, 4, 0, 1, 1, 2, 2, 3, 0, 4]
    let statistics =
      withStatistics ? try GradientStatistics(of: small.model, on: training, batchSize: 2, stepCount: 3) : nil
    var predictor = DynamicPredictor(small.model, settings: settings, statistics: statistics)
    try predictor.read([text[0]])
    let found = try predictor.score(Array(text.dropFirst()))

    let roots = withStatistics ? textbookRoots(training) : small.weights.map { $0.map { _ in 1 } }
    let mean = withStatistics ? roots.joined().reduce(0, +) / Double(roots.joined().count) : 1
    let epsilon = withStatistics ? 0.01 : 0
    var (weights, state, expected) = (small.weights, SmallModel.zeroState, [Double]())
    for first in stride(from: 0, to: text.count - 1, by: 5) {
      let last = min(first + 5, text.count - 1)
      let (inputs, targets, before) = (Array(text[first..<last]), Array(text[first + 1...last]), state)
      expected += SmallModel.pass(weights, inputs, targets, &state).logProbabilities
      guard inputs.count == 5 else { break }
      let slopes = meanSlopes(weights, [(inputs, targets, before)])
      for (part, values) in weights.enumerated() {
        for place in values.indices {
          let pull = min(roots[part][place] / mean * 0.15, 1) * (small.weights[part][place] - values[place])
          weights[part][place] += pull - 0.02 * slopes[part][place] / (roots[part][place] + epsilon)
        }
      }
    }
    #expect(largestDifference(found, expected) < 3e-4)
    #expect(abs(expected.reduce(0, +) - SmallModel.plain(small.weights)) > 0.02)
  }

  /// The root mean square of the gradients over batches of two rows and three steps.
  private func textbookRoots(_ ids: [Int32]) -> [[Double]] {
    var sums = small.weights.map { $0.map { _ in 0.0 } }
    var states = [SmallModel.zeroState, SmallModel.zeroState]
    for first in [0, 3] {
      let rows = (0..<2).map { row -> ([Int32], [Int32], [[Double]]) in
        let start = row * 6 + first
        return (Array(ids[start..<start + 3]), Array(ids[start + 1..<start + 4]), states[row])
      }
      let slopes = meanSlopes(small.weights, rows)
      for row in 0..<2 { _ = SmallModel.pass(small.weights, rows[row].0, rows[row].1, &states[row]) }
      for part in sums.indices {
        for place in sums[part].indices { sums[part][place] += slopes[part][place] * slopes[part][place] }
      }
    }
    return sums.map { $0.map { ($0 / 2).squareRoot() } }
  }

  /// The gradients of the mean loss over the rows.
  private func meanSlopes(_ weights: [[Double]], _ rows: [([Int32], [Int32], [[Double]])]) -> [[Double]] {
    let loss = { (weights: [[Double]]) -> [Double] in
      let losses = rows.flatMap { inputs, targets, state -> [Double] in
        var state = state
        return SmallModel.pass(weights, inputs, targets, &state).logProbabilities
      }
      return [-losses.reduce(0, +) / Double(losses.count)]
    }
    return weights.indices.map { part in
      centralDifferences(of: loss, at: weights, input: part, places: Array(weights[part].indices))[0]
    }
  }

  @Test("A temperature divides the logits", arguments: [0.25, 0.9, 1, 3])
  func temperature(temperature: Double) throws {
    var state = SmallModel.zeroState
    let (inputs, targets) = (Array(text.dropLast()), Array(text.dropFirst()))
    let hidden = SmallModel.pass(small.weights, inputs, targets, &state).hidden.flatMap(\.self)
    let logits = Textbook.linear(hidden, weight: small.weights[4], bias: small.weights[5]).map { $0 / temperature }
    let expected = Textbook.negativeLogProbabilities(logits, targets: targets).map { -$0 }
    var predictor = TemperedPredictor(NeuralPredictor(InferenceModel(small.model)), temperature: temperature)
    try predictor.read([text[0]])
    #expect(largestDifference(try predictor.score(targets), expected) < 1e-5)
    var dynamic = TemperedPredictor(
      DynamicPredictor(small.model, settings: DynamicSettings(learningRate: 0, decay: 0)), temperature: temperature)
    try dynamic.read([text[0]])
    #expect(largestDifference(try dynamic.score(targets), expected) < 1e-5)
  }

  @Test("Monte Carlo dropout averages passes that each use one set of masks for all steps")
  func monteCarlo() throws {
    var configuration = small.model.configuration
    configuration.dropout.isVariational = true
    var random = RandomSource(seed: 21)
    let model = LanguageModel(configuration, using: &random)
    let targets = Array(text.dropFirst())
    func scores(_ dropout: RandomSource?) -> [Double] {
      let pass = model(Array(text.dropLast()), state: model.initialState(batchSize: 1), dropout: dropout)
      let losses = model.output.negativeLogProbabilities(of: pass.output.rows.value, targets: targets)
      return losses.rows.elements.map { -Double($0) }
    }
    let each = (0..<5).map { scores(RandomSource(seed: 9, stream: $0)) }
    var predictor = MixturePredictor(passes(5, seed: 9))
    try predictor.read([text[0]])
    let found = try predictor.score(targets)
    for place in found.indices {
      #expect(abs(exp(found[place]) - each.reduce(0) { $0 + exp($1[place]) } / 5) < 1e-6)
    }
    #expect(Set(each.map { $0[3] }).count == 5)
    var (again, other) = (MixturePredictor(passes(5, seed: 9)), MixturePredictor(passes(5, seed: 8)))
    try again.read([text[0]])
    try other.read([text[0]])
    #expect(try again.score(targets) == found)
    #expect(try other.score(targets) != found)
    var plain = ModelPredictor(small.model)
    try plain.read([text[0]])
    #expect(largestDifference(try plain.score(targets), scores(nil)) < 1e-6)
  }

  @Test("A mixture's probability is the weighted mean of its parts' probabilities")
  func mixture() throws {
    let parts: [any Predictor] = Array(predictors()[0..<2])
    var mixture = MixturePredictor(parts, weights: [1, 3])
    try mixture.read([4])
    let scores = try mixture.score(Array(text.dropFirst()))
    var (one, other) = (try begun(parts[0]), try begun(parts[1]))
    let (left, right) = (try one.score(Array(text.dropFirst())), try other.score(Array(text.dropFirst())))
    for place in scores.indices {
      #expect(abs(exp(scores[place]) - 0.25 * exp(left[place]) - 0.75 * exp(right[place])) < 1e-6)
    }
  }

  @Test("No other mixture weights make a text more probable than the tuned ones")
  func tuning() {
    let scores: [[Double]] = [[0.2, 0.5, 0.1, 0.3], [0.4, 0.1, 0.2, 0.3], [0.01, 0.01, 0.9, 0.01]].map {
      $0.map { log($0) }
    }
    let tuned = MixturePredictor.tunedWeights(scores, rounds: 10_000)
    #expect(abs(tuned.reduce(0, +) - 1) < 1e-9)
    let best = MixturePredictor.mixed(scores, weights: tuned).reduce(0, +)
    for first in stride(from: 0, through: 1, by: 0.05) {
      for second in stride(from: 0, through: 1 - first, by: 0.05) {
        let sum = MixturePredictor.mixed(scores, weights: [first, second, 1 - first - second]).reduce(0, +)
        #expect(sum <= best + 1e-6)
      }
    }
    #expect(MixturePredictor.tunedWeights([[], []]) == [0.5, 0.5])
  }
}

extension SmallModel {
  /// The log-probability of the text without dynamic evaluation.
  fileprivate static func plain(_ weights: [[Double]]) -> Double {
    var state = zeroState
    return pass(weights, Array(text.dropLast()), Array(text.dropFirst()), &state).logProbabilities.reduce(0, +)
  }
}
