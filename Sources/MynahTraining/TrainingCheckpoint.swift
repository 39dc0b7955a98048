public import MynahModels
import MynahTensors

/// A training run between two steps: all that is needed to go on as if it had never stopped.
///
/// Dropout's masks are functions of the seed and the place in the run, so no random state has to be kept.
public struct TrainingCheckpoint: Sendable {
  /// The model as it is now.
  public internal(set) var model: LanguageModel
  /// The state that the next batch begins with.
  public internal(set) var state: LanguageModel.State
  /// What the optimiser remembers.
  public internal(set) var optimizer: Optimizer
  /// The epoch of the next step; the first one is 1.
  public internal(set) var epoch = 1
  /// The steps of that epoch that are done.
  public internal(set) var step = 0
  /// The loss of that epoch so far.
  public internal(set) var epochLoss = Loss()
  /// The figures of the epochs that ended.
  public internal(set) var history: [EpochReport] = []
  /// The model with the lowest validation loss so far, and its epoch.
  public internal(set) var best: (epoch: Int, model: LanguageModel)?

  /// The beginning of a run.
  public init(model: LanguageModel, batchSize: Int, optimizer: Optimizer = Optimizer(.sgd)) {
    self.init(model: model, state: model.initialState(batchSize: batchSize), optimizer: optimizer)
  }

  init(model: LanguageModel, state: LanguageModel.State, optimizer: Optimizer) {
    self.model = model
    self.state = state
    self.optimizer = optimizer
  }

  /// What of the model is to be evaluated: the model itself, or its averaged weights.
  public var evaluatedModel: LanguageModel { optimizer.evaluated(model) }

  /// Writes the epoch into the history, keeps the model if it is the best, and moves to the next epoch's beginning.
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
