public import MynahModels

/// A plan of a training run for a given time: the model, the settings, the number of steps, and the figures that they
/// follow from.
public struct TrainingPlan: Sendable {
  /// The model.
  public let model: LanguageModelConfiguration
  /// The settings of the run, with its number of steps.
  public let training: TrainingConfiguration
  /// The time that is available for the run's steps and validation, in seconds.
  public let seconds: Double
  /// The measured speed.
  public let speed: MeasuredSpeed
  /// The number of passes over the text; the last one may be partial.
  public let epochs: Double
  /// The number of weights in the matrix products of a step.
  public let weightCount: Int
  /// The reason for the size of the model.
  public let choice: Choice

  /// The reason for the size of a planned model.
  public enum Choice: Hashable, Sendable {
    /// The caller's settings fix the size of the model.
    case given
    /// The largest model that is trained on enough tokens for each weight in the time.
    case time(tokensPerWeight: Double)
    /// The largest model for a text of this length.
    case text
  }

  /// The reason for layers other than one LSTM; nil if the rule chose one LSTM, or if the caller set the layers.
  public let layerReason: LayerReason?

  /// The reason for the layers of a planned model.
  public enum LayerReason: Hashable, Sendable {
    /// The layer projects its outputs, because the output layer has a weight per token for each of their elements.
    case largeVocabulary
    /// There are two layers, because one would memorise the text.
    case manyEpochs
  }

  /// A Boolean value indicating whether the run ends before its time, because a longer run would not be better.
  public var endsEarly: Bool { expectedSeconds < 0.9 * seconds }

  /// The expected time of the run's steps and validation, in seconds.
  public let expectedSeconds: Double

  /// The outcome of the trials that the settings come from; nil if there were none.
  public internal(set) var trials: Trials?
}

/// The speed of a run, measured in some of its steps.
public struct MeasuredSpeed: Hashable, Sendable {
  /// The time of a step, in seconds.
  public let secondsPerStep: Double
  /// The number of steps per epoch.
  public let stepsPerEpoch: Int
  /// The time of the validation of an epoch, in seconds.
  public let validationSeconds: Double

  /// Creates a speed.
  public init(secondsPerStep: Double, stepsPerEpoch: Int, validationSeconds: Double) {
    (self.secondsPerStep, self.stepsPerEpoch) = (secondsPerStep, stepsPerEpoch)
    self.validationSeconds = validationSeconds
  }

  /// The time of an epoch, in seconds.
  var secondsPerEpoch: Double { secondsPerStep * Double(stepsPerEpoch) + validationSeconds }
}

extension TrainingPlan {
  /// A model and the settings of its training.
  public typealias Run = (model: ModelArchitecture, training: TrainingConfiguration)

  /// Plans a run.
  ///
  /// Only a few sizes are measured, since the time of a step is nearly proportional to the number of weights in its
  /// matrix products.
  ///
  /// - Parameters:
  ///   - seconds: Returns the time that is left for the run's steps and validation, in seconds; measuring takes some of
  ///     it.
  ///   - rule: The rule.
  ///   - settings: Returns the settings of a run: the rule's settings with the caller's own settings applied.
  ///   - measure: Measures the speed of a run.
  /// - Throws: The errors that the closures throw.
  public init(
    seconds: () -> Double, rule: PlanningRule,
    settings: (TrainingDefaults) throws -> Run,
    measure: (ModelArchitecture, TrainingConfiguration) throws -> MeasuredSpeed
  ) throws {
    typealias Candidate = (model: ModelArchitecture, training: TrainingConfiguration, weightCount: Int)
    func candidates(_ layerCount: Int, epochs: Double = 8) throws -> [Candidate] {
      try rule.sizes.map { size in
        let (model, training) = try Self.run(
          rule, size: size, layerCount: layerCount, epochs: epochs, settings: settings)
        return (model, training, model.multiplicationsPerToken(training: training.objective))
      }
    }
    var models = try candidates(1)
    let isGiven = Set(models.map(\.weightCount)).count == 1
    // Measures the middle size, then the size chosen from its speed, and then the size chosen from that speed.
    var (layerCount, index, choice) = (1, isGiven ? 0 : models.count / 2, Choice.given)
    var speed = try measure(models[index].model, models[index].training)
    for _ in 0..<(isGiven ? 0 : 2) {
      let measured = models[index]
      let perWeight = speed.secondsPerEpoch / Double(measured.weightCount)
      let batches = measured.training.batches
      let tokens = Double(batches.batchSize * batches.sequenceLength * speed.stepsPerEpoch)
      let left = seconds()
      func epochs(_ other: Candidate) -> Double { left / (perWeight * Double(other.weightCount)) }
      func best(_ models: [Candidate]) -> Int {
        models.lastIndex { other in
          epochs(other) >= rule.largestEpochs
            || epochs(other) * tokens >= rule.tokensPerWeight * Double(other.weightCount)
        } ?? 0
      }
      let before = (layerCount, index)
      models = try candidates(1)
      index = best(models)
      layerCount = rule.layerCount(epochs: min(epochs(models[index]), rule.largestEpochs))
      if layerCount > 1 {
        models = try candidates(layerCount)
        index = best(models)
      }
      // The next size is not chosen because there is none for the text, or because the text would be read too often.
      let next = min(index + 1, models.count - 1)
      choice =
        next == index || epochs(models[next]) > rule.largestEpochs
        ? .text : .time(tokensPerWeight: rule.tokensPerWeight)
      guard (layerCount, index) != before else { break }
      speed = try measure(models[index].model, models[index].training)
    }
    let left = max(seconds(), 0)
    let epochs = min(left / max(speed.secondsPerEpoch, 1e-9), rule.largestEpochs)
    let chosen = try candidates(layerCount, epochs: epochs)[index]
    var training = chosen.training
    // The last pass is validated like a whole one.
    let passes = epochs.rounded(.up)
    let steps = (min(left, passes * speed.secondsPerEpoch) - passes * speed.validationSeconds) / speed.secondsPerStep
    let stepCount = max(1, min(Int(steps), Int(epochs.rounded(.up)) * speed.stepsPerEpoch))
    training.stepCount = stepCount
    self.init(
      model: chosen.model.configuration, training: training, seconds: left, speed: speed,
      epochs: Double(stepCount) / Double(speed.stepsPerEpoch), weightCount: chosen.weightCount,
      choice: choice,
      layerReason: choice == .given ? nil : rule.isProjected ? .largeVocabulary : layerCount > 1 ? .manyEpochs : nil,
      expectedSeconds: Double(stepCount) * speed.secondsPerStep + passes * speed.validationSeconds)
  }

  /// Returns a run with the rule's settings for the caller's layers, or for the rule's layers if the caller sets none.
  static func run(
    _ rule: PlanningRule, size: Int, layerCount: Int, epochs: Double, variation: PlanVariation = PlanVariation(),
    settings: (TrainingDefaults) throws -> Run
  ) throws -> Run {
    func run(_ size: Int, _ layerCount: Int) throws -> Run {
      try settings(rule.settings(size: size, layerCount: layerCount, epochs: epochs, variation: variation))
    }
    let first = try run(size, layerCount)
    // Layers that the caller sets need the dropout, learning rate and initial weights for their own size.
    let largest = first.model.configuration.layers.map(\.hiddenSize).max() ?? size
    let isOther = first.model.layers.count != layerCount || largest != size
    return isOther ? try run(largest, first.model.layers.count) : first
  }
}
