import MynahModels
import MynahTensors
import MynahTraining

/// A training step on random tokens, ready to be timed: a fresh batch, forward, mean loss, backward, clip, update.
///
/// Rates and the norm of the clip are those of the comparisons' other engines; they do not matter to the time.
struct TrainingBenchmark {
  let preset: BenchPreset
  let precision: Precision
  /// The tokens of a sampled softmax; nil: the full one.
  let sampled: Int?
  private var model: LanguageModel
  private var state: LanguageModel.State
  private var optimizer: Optimizer
  private var random = RandomSource(seed: 1)

  /// Draws a model.
  init(_ preset: BenchPreset, optimizer: OptimizerKind, precision: Precision, sampled: Int? = nil) {
    self.preset = preset
    self.precision = precision
    self.sampled = sampled
    self.optimizer = Optimizer(OptimizerConfiguration(optimizer))
    model = LanguageModel(preset.configuration, using: &random)
    state = model.initialState(batchSize: preset.batchSize)
  }

  var tokensPerStep: Int { preset.batchSize * preset.stepCount }

  /// Floating-point operations of a step: two a multiplication, forward once and backward twice.
  var operationsPerStep: Double {
    var configuration = preset.configuration
    // The target and the sampled tokens stand for the vocabulary.
    if let sampled { configuration.vocabularySize = sampled + 1 }
    return 6 * Double(configuration.multiplicationsPerToken * tokensPerStep)
  }

  /// Makes two steps to warm up and then times steps one by one.
  ///
  /// - Parameters:
  ///   - seconds: About how long to go on.
  ///   - leastCount: The number of steps to time at least.
  /// - Returns: The seconds of each step.
  mutating func times(seconds: Double, leastCount: Int) -> [Double] {
    StoragePool.recycling {
      Precision.$current.withValue(precision) {
        for _ in 0..<2 { step() }
        var times: [Double] = []
        var sum = 0.0
        while times.count < leastCount || sum < seconds {
          let time = ContinuousClock().measure { step() }.seconds
          times.append(time)
          sum += time
        }
        return times
      }
    }
  }

  private mutating func step() {
    let (inputs, targets, masks) = (tokens(), tokens(), random.split())
    let (preset, before, candidates) = (preset, state, candidates())
    let rate: Float = optimizer.kind == .sgd ? 0.1 : 1e-4
    state =
      optimizer.step(&model, rate: rate, clip: GradientClip(norm: 5)) { model in
        let (hidden, state) = Self.forward(model, inputs, state: before, preset: preset, masks: masks)
        let scale = 1 / Float(targets.count)
        let output = model.output
        let loss =
          candidates.map {
            output.sampledCrossEntropy(of: hidden, targets: targets, candidates: $0, scale: scale).value
          }
          ?? output.crossEntropy(of: hidden, targets: targets, scale: scale).value
        return (loss, state.map(\.detached))
      }.kept
  }

  /// The model's pass with dropout once behind the embedding and once behind each layer.
  private static func forward(
    _ model: LanguageModel, _ ids: [Int32], state: LanguageModel.State, preset: BenchPreset, masks: RandomSource
  ) -> (hidden: Variable, state: LanguageModel.State) {
    let dropout = Dropout(keepProbability: preset.keepProbability)
    var masks = masks
    var newState: LanguageModel.State = []
    var x = model.embedding(ids).reshaped([preset.stepCount, preset.batchSize, preset.embeddingSize])
    x = dropout(x, using: masks.split())
    for (layer, before) in zip(model.recurrent, state) {
      let result = layer(x, state: before)
      newState.append(result.state)
      x = dropout(result.output, using: masks.split())
    }
    return (x.reshaped([ids.count, x.shape[2]]), newState)
  }

  private mutating func candidates() -> SampledCandidates? {
    guard let sampled else { return nil }
    return SampledCandidates(count: sampled, vocabularySize: preset.vocabularySize, using: &random)
  }

  private mutating func tokens() -> [Int32] {
    (0..<tokensPerStep).map { _ in Int32(random.next() % UInt64(preset.vocabularySize)) }
  }
}
