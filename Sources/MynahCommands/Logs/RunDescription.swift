import MynahModels
import MynahText
import MynahTraining

/// What logs tell of a run: what determines it, and where it begins.
struct RunDescription {
  let model: LanguageModelConfiguration
  let configuration: TrainingConfiguration
  let tokenizer: AnyTokenizer
  /// The number of tokens to learn.
  let tokenCount: Int
  let stepsPerEpoch: Int
  /// Where the run goes on; nil: at the beginning.
  let checkpoint: TrainingCheckpoint?

  /// The steps of the run that are done.
  var stepsDone: Int { checkpoint.map { ($0.epoch - 1) * stepsPerEpoch + $0.step } ?? 0 }
}
