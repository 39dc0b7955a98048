import MynahIO
import MynahInference
import MynahModels
import MynahTensors

/// A benchmark of inference with random weights and random texts.
struct InferenceBenchmark {
  private let model: InferenceModel
  private let preset: BenchPreset
  private let streamCount: Int
  private var random = RandomSource(seed: 1)

  init(_ preset: BenchPreset, precision: WeightPrecision, streamCount: Int) {
    self.preset = preset
    self.streamCount = streamCount
    model = InferenceModel(LanguageModel(preset.configuration, using: &random), precision: precision)
  }

  var parameterCount: Int { model.architecture.parameterCount }

  /// The operations per token: a multiplication and an addition per weight, excluding the embedding.
  var operationsPerToken: Double {
    2 * Double(model.architecture.multiplicationsPerToken)
  }

  /// Returns the time to sample `stepCount` tokens of every stream, in seconds.
  mutating func secondsOfGeneration(stepCount: Int) throws -> Double {
    let sampler = Sampler()
    var randoms = (0..<streamCount).map { RandomSource(seed: 1, stream: UInt64($0)) }
    var state = model.initialState(batchSize: streamCount)
    var ids = [Int32](repeating: 0, count: streamCount)
    return try ContinuousClock().measure {
      for _ in 0..<stepCount {
        let logits = model.advance(ids, state: &state)
        ids = try sampler(logits, using: &randoms)
      }
    }.seconds
  }

  /// Returns the time to score random texts, in seconds.
  mutating func secondsOfScoring(tokenCount: Int) -> Double {
    let ids = (0..<tokenCount * streamCount).map { _ in Int32(random.next() % UInt64(preset.vocabularySize)) }
    var state = model.initialState(batchSize: streamCount)
    let (inputs, targets) = (Array(ids.dropLast(streamCount)), Array(ids.dropFirst(streamCount)))
    return ContinuousClock().measure {
      let losses = model.negativeLogProbabilities(of: targets, after: inputs, state: &state)
      require(losses.reduce(0, +).isFinite, "random weights give finite losses")
    }.seconds
  }
}
