import MynahIO
import MynahModels
import MynahTensors
import MynahTraining

/// A training step on random tokens, ready to be timed: a fresh batch, forward, mean loss, backward, clip, update.
///
/// The learning rates and the clipping norm are those of the engines that Mynah is compared with; they do not affect
/// the time.
struct TrainingBenchmark {
  let preset: BenchPreset
  let precision: Precision
  /// The number of candidates of a sampled softmax; nil for the full softmax.
  let sampled: Int?
  private var model: LanguageModel
  private var state: LanguageModel.State
  private var optimizer: Optimizer
  private var random = RandomSource(seed: 1)

  /// Creates a randomly initialised model.
  init(_ preset: BenchPreset, optimizer: OptimizerConfiguration, precision: Precision, sampled: Int? = nil) {
    self.preset = preset
    self.precision = precision
    self.sampled = sampled
    self.optimizer = Optimizer(optimizer)
    model = LanguageModel(preset.configuration, using: &random)
    state = model.initialState(batchSize: preset.batchSize)
  }

  var parameterCount: Int { model.parameterCount }

  var tokensPerStep: Int { preset.batchSize * preset.stepCount }

  /// The number of floating-point operations per step: two for each multiplication, forward once and backward twice.
  var operationsPerStep: Double {
    let multiplications = model.architecture.multiplicationsPerToken(
      training: sampled.map { .sampled(candidates: $0) } ?? .full)
    return 6 * Double(multiplications * tokensPerStep)
  }

  /// Runs two steps to warm up and then times steps one by one.
  ///
  /// - Parameters:
  ///   - seconds: The approximate duration.
  ///   - minimumCount: The minimum number of steps to time.
  /// - Returns: The duration of each step, in seconds.
  mutating func times(seconds: Double, minimumCount: Int) -> [Double] {
    StoragePool.recycling {
      Precision.$current.withValue(precision) {
        for _ in 0..<2 { step() }
        var times: [Double] = []
        var sum = 0.0
        while times.count < minimumCount || sum < seconds {
          let time = ContinuousClock().measure { step() }.seconds
          times.append(time)
          sum += time
        }
        return times
      }
    }
  }

  private mutating func step() {
    let (inputs, targets, masks, candidates) = (tokens(), tokens(), random.split(), random.split())
    let (before, objective) = (state, sampled.map { TrainingObjective.sampled(candidates: $0) } ?? .full)
    let rate: Float = optimizer.configuration == .sgd ? 0.1 : 1e-4
    state =
      optimizer.step(&model, rate: rate, clip: GradientClip(norm: 5)) { model in
        let pass = model(inputs, state: before, dropout: masks)
        let loss = model.output.loss(
          of: pass.output.rows, targets: targets, weights: nil, scale: 1 / Float(targets.count), objective: objective,
          using: candidates)
        return (loss.value, pass.state.detached)
      }.kept
  }

  private mutating func tokens() -> [Int32] {
    (0..<tokensPerStep).map { _ in Int32(random.next() % UInt64(preset.vocabularySize)) }
  }
}
