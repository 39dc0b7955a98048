public import MynahModels

/// A plan of a training run that is given a time: the model, the settings, the number of steps, and the figures that
/// they follow from.
public struct TrainingPlan: Sendable {
  /// The model.
  public let model: LanguageModelConfiguration
  /// The settings of the run, with its number of steps.
  public let training: TrainingConfiguration
  /// The time of the run's steps and validation, in seconds.
  public let seconds: Double
  /// The measured speed.
  public let speed: MeasuredSpeed
  /// The number of passes over the text, the last one in part.
  public let epochs: Double
  /// The number of weights in the products of a step.
  public let weightCount: Int
  /// The reason for the size of the model.
  public let choice: Choice

  /// The reason for the size of a planned model.
  public enum Choice: Hashable, Sendable {
    /// The settings leave one model only.
    case given
    /// The largest model that learns enough tokens for each weight in the time.
    case time(tokensPerWeight: Double)
    /// The largest model for a text of this length.
    case text
  }

  /// A Boolean value indicating whether the run ends before its time, because a longer one would gain nothing.
  public var endsEarly: Bool { expectedSeconds < 0.9 * seconds }

  /// The expected time of the run's steps and validation, in seconds.
  public let expectedSeconds: Double
}

/// The speed of a run, from some of its steps.
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
  /// Plans a run.
  ///
  /// Models of few sizes are measured: the speed of one tells about that of the others, as the time of a step is nearly
  /// proportional to the weights in its products.
  ///
  /// - Parameters:
  ///   - seconds: Returns the time that is left for the run's steps and validation, in seconds; measuring takes some of
  ///     it.
  ///   - rule: The rule.
  ///   - settings: Returns the settings of a run after the rule's, with those that the caller insists on.
  ///   - measure: Measures the speed of a run.
  /// - Throws: What the closures throw.
  public init(
    seconds: () -> Double, rule: PlanningRule,
    settings: (TrainingDefaults) throws -> (model: ModelArchitecture, training: TrainingConfiguration),
    measure: (ModelArchitecture, TrainingConfiguration) throws -> MeasuredSpeed
  ) throws {
    func candidate(_ index: Int, epochs: Double = 8) throws -> (ModelArchitecture, TrainingConfiguration) {
      try settings(rule.settings(size: rule.sizes[index], epochs: epochs))
    }
    let weights = try rule.sizes.indices.map { index in
      let (model, training) = try candidate(index)
      return model.multiplicationsPerToken(training: training.objective)
    }
    let isGiven = Set(weights).count == 1
    // The middle one first, then the choice after its speed, and the choice after that one's speed.
    var (index, choice) = (isGiven ? 0 : weights.count / 2, Choice.given)
    var (model, training) = try candidate(index)
    var speed = try measure(model, training)
    for _ in 0..<(isGiven ? 0 : 2) {
      let perWeight = speed.secondsPerEpoch / Double(weights[index])
      let tokens = Double(training.batches.batchSize * training.batches.sequenceLength * speed.stepsPerEpoch)
      let left = seconds()
      func epochs(_ other: Int) -> Double { left / (perWeight * Double(weights[other])) }
      let best = weights.indices.last { other in
        epochs(other) >= rule.largestEpochs
          || epochs(other) * tokens >= rule.tokensPerWeight * Double(weights[other])
      }
      let chosen = best ?? 0
      // The next size is not chosen because there is none for the text, or because the text would be read too often.
      let next = min(chosen + 1, weights.count - 1)
      choice =
        next == chosen || epochs(next) > rule.largestEpochs
        ? .text : .time(tokensPerWeight: rule.tokensPerWeight)
      guard chosen != index else { break }
      index = chosen
      (model, training) = try candidate(index)
      speed = try measure(model, training)
    }
    let left = max(seconds(), 0)
    let epochs = min(left / max(speed.secondsPerEpoch, 1e-9), rule.largestEpochs)
    (model, training) = try candidate(index, epochs: epochs)
    // The last pass is validated like a whole one.
    let passes = epochs.rounded(.up)
    let steps = (min(left, passes * speed.secondsPerEpoch) - passes * speed.validationSeconds) / speed.secondsPerStep
    let stepCount = max(1, min(Int(steps), Int(epochs.rounded(.up)) * speed.stepsPerEpoch))
    training.stepCount = stepCount
    self.init(
      model: model.configuration, training: training, seconds: left, speed: speed,
      epochs: Double(stepCount) / Double(speed.stepsPerEpoch), weightCount: weights[index],
      choice: choice,
      expectedSeconds: Double(stepCount) * speed.secondsPerStep + passes * speed.validationSeconds)
  }
}
