import MynahModels

extension TrainingPlan {
  /// A trial of settings: a whole run before the planned one.
  public struct Trial: Hashable, Sendable {
    /// The lowest validation loss of an epoch, in nats per token.
    public let loss: Double
    /// The number of steps per epoch.
    public let stepsPerEpoch: Int

    /// Creates the figures of a trial.
    public init(loss: Double, stepsPerEpoch: Int) { (self.loss, self.stepsPerEpoch) = (loss, stepsPerEpoch) }
  }

  /// A Boolean value indicating whether the run is so short that other settings can be tried before it.
  public var leavesTimeForTrials: Bool { expectedSeconds < seconds / 4 }

  /// Returns the plan with the best of several settings, each of which is tried in a whole run.
  ///
  /// The run of a short text ends long before its time. The remaining time is spent on trials: of the plan's settings,
  /// of other settings, such as the defaults, and of variations of the rule's settings. The settings with the lowest
  /// validation loss become the new plan, so that a planned run is no worse than any run that there was time to try.
  /// The time of a trial is limited so that the best run can be repeated.
  ///
  /// - Parameters:
  ///   - seconds: Returns the time that is left for the trials and for the run, in seconds.
  ///   - rule: The rule of the plan.
  ///   - others: Runs to try besides the rule's variations, each with a number of steps.
  ///   - settings: Returns the settings of a run: the rule's settings with the caller's own settings applied.
  ///   - trial: Trains a model for at most a number of seconds; nil if the time runs out or the run diverges.
  /// - Throws: The errors that the closures throw.
  public func bestOfTrials(
    seconds: () -> Double, rule: PlanningRule, others: [Run], settings: (TrainingDefaults) throws -> Run,
    trial: (Run, _ limit: Double) throws -> Trial?
  ) throws -> TrainingPlan {
    guard leavesTimeForTrials else { return self }
    var (begun, count) = (Set<TrainingDefaults>(), 0)
    var (best, lowest) = (self, Double.infinity)

    /// Returns the loss of a run; nil if it was tried before, diverges or takes too long.
    func loss(of run: Run) throws -> Double? {
      let settings = TrainingDefaults(model: run.model.configuration, training: run.training)
      guard begun.insert(settings).inserted else { return nil }
      let before = seconds()
      // A tenth is kept in reserve, because the repeated run may be slower.
      let limit = min(before - 1.1 * best.expectedSeconds, before / 2.1)
      guard limit > 0, let outcome = try trial(run, limit), outcome.loss.isFinite else { return nil }
      count += 1
      if outcome.loss < lowest {
        lowest = outcome.loss
        best = plan(of: run, stepsPerEpoch: outcome.stepsPerEpoch, seconds: before - seconds())
      }
      return outcome.loss
    }

    let ruleLoss = try loss(of: (ModelArchitecture(model), training))
    for other in others { _ = try loss(of: other) }
    var (variation, variedLoss) = (PlanVariation(), ruleLoss ?? .infinity)
    for change in PlanVariation.changes {
      var next = variation
      change(&next)
      let size = next.size(from: model.layers.map(\.hiddenSize).max() ?? 1, among: PlanningRule.allSizes)
      var run = try Self.run(
        rule, size: size, layerCount: model.layers.count, epochs: epochs, variation: next, settings: settings)
      run.training.stepCount = training.stepCount
      if let loss = try loss(of: run), loss < variedLoss { (variation, variedLoss) = (next, loss) }
    }
    guard count > (ruleLoss == nil ? 0 : 1) else { return self }
    best.trials = Trials(count: count, ruleLoss: ruleLoss, lowestLoss: lowest)
    return best
  }

  /// Returns the plan of a run that was tried.
  private func plan(of run: Run, stepsPerEpoch: Int, seconds: Double) -> TrainingPlan {
    let stepCount = run.training.stepCount ?? stepsPerEpoch * run.training.epochs
    return TrainingPlan(
      model: run.model.configuration, training: run.training, seconds: self.seconds,
      speed: MeasuredSpeed(
        secondsPerStep: seconds / Double(stepCount), stepsPerEpoch: stepsPerEpoch,
        validationSeconds: speed.validationSeconds),
      epochs: Double(stepCount) / Double(stepsPerEpoch),
      weightCount: run.model.multiplicationsPerToken(training: run.training.objective), choice: choice,
      layerReason: layerReason, expectedSeconds: seconds)
  }

  /// The outcome of trials.
  public struct Trials: Hashable, Sendable {
    /// The number of completed trials.
    public let count: Int
    /// The validation loss of the rule's settings, in nats per token; nil if they diverged or took too long.
    public let ruleLoss: Double?
    /// The lowest validation loss of all trials, in nats per token: that of the plan's settings.
    public let lowestLoss: Double

    /// A Boolean value indicating whether the plan has other settings than the rule's.
    public var areOthersBetter: Bool { ruleLoss.map { lowestLoss < $0 } ?? true }
  }
}
