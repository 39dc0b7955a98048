public import MynahModels
import MynahTensors

/// The state of a training run between two steps: everything that is needed to resume it exactly.
///
/// Dropout masks are functions of the seed and the position in the run, so there is no random state to save.
public struct TrainingCheckpoint: Sendable {
  /// The current model.
  public internal(set) var model: LanguageModel
  /// The recurrent state at the start of the next batch.
  public internal(set) var state: LanguageModel.State
  /// The optimizer and its state.
  public internal(set) var optimizer: Optimizer
  /// The epoch of the next step; the first one is 1.
  public internal(set) var epoch = 1
  /// The number of completed steps of that epoch.
  public internal(set) var step = 0
  /// The loss of that epoch so far.
  public internal(set) var epochLoss = Loss()
  /// The reports of the completed epochs.
  public internal(set) var history: [EpochReport] = []
  /// The course of a run that ends after a number of steps; nil if it ends after a number of epochs.
  public internal(set) var pace: RunPace?
  /// The model with the lowest validation loss so far, and its epoch.
  public internal(set) var best: (epoch: Int, model: LanguageModel)?

  /// Creates the checkpoint at the start of a run.
  public init(model: LanguageModel, batchSize: Int, optimizer: Optimizer = Optimizer(.sgd)) {
    self.init(model: model, state: model.initialState(batchSize: batchSize), optimizer: optimizer)
  }

  init(model: LanguageModel, state: LanguageModel.State, optimizer: Optimizer) {
    self.model = model
    self.state = state
    self.optimizer = optimizer
  }

  /// Returns the number of completed steps of the run.
  public func stepsDone(stepsPerEpoch: Int) -> Int { (epoch - 1) * stepsPerEpoch + step }

  /// The model to evaluate: the model itself, or a copy with averaged weights.
  public var evaluatedModel: LanguageModel { optimizer.evaluated(model) }

  /// Moves the end of the run to a number of steps; 0 leaves it unchanged.
  mutating func moveEnd(to end: Double, stepsPerEpoch: Int) {
    guard end > 0, var moved = pace, Int(end) != moved.end else { return }
    moved.move(endTo: Int(end), at: stepsDone(stepsPerEpoch: stepsPerEpoch))
    pace = moved
  }

  /// Appends the report to the history, keeps the model if it is the best, and advances to the start of the next epoch.
  mutating func endEpoch(_ report: EpochReport, evaluated: LanguageModel, batchSize: Int) {
    if let validation = report.validation {
      let lowest = history.validationLosses.min() ?? .infinity
      if validation.mean < lowest || best == nil { best = (epoch, evaluated) }
    }
    history.append(report)
    epoch += 1
    step = 0
    epochLoss = Loss()
    state = model.initialState(batchSize: batchSize)
  }
}
