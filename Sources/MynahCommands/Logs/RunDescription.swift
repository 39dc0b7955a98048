import MynahModels
import MynahText
import MynahTraining

/// The description of a run in logs: its settings, and the position at which it starts.
struct RunDescription {
  let model: LanguageModelConfiguration
  let configuration: TrainingConfiguration
  let tokenizer: AnyTokenizer
  /// The number of training tokens.
  let tokenCount: Int
  let stepsPerEpoch: Int
  /// The checkpoint that the run resumes; nil for a new run.
  let checkpoint: TrainingCheckpoint?

  /// The number of completed steps.
  var stepsDone: Int { checkpoint.map { ($0.epoch - 1) * stepsPerEpoch + $0.step } ?? 0 }
}
