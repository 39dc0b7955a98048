/// The reason why a training run failed or ended early.
public enum TrainingError: Error, Equatable, Sendable {
  /// The perplexity, the gradients or the weights are no longer finite.
  case diverged(epoch: Int, step: Int, learningRate: Float, clipNorm: Float?)
  /// The caller stopped the run; it can be resumed.
  case interrupted(epoch: Int, step: Int)
  /// A checkpoint belongs to another run: `what` differs.
  case otherRun(what: String, expected: String, found: String)
  /// The run is extended beyond the span of its learning rate schedule, where the rate has decayed to its final value.
  case scheduleSpansRun(epochs: Int, wanted: Int)
  /// The configuration is invalid.
  case impossible(reason: String)
  /// A checkpoint's contents contradict each other.
  case malformedCheckpoint(reason: String)
}

extension TrainingError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .diverged(let epoch, let step, let rate, let clip):
      let advice =
        clip == nil
        ? "clip the gradients (for example to a norm of 5) or lower the learning rate"
        : "lower the learning rate to half or less"
      return "training diverged: the perplexity, a gradient or a weight is no longer a finite number "
        + "at epoch \(epoch), step \(step), learning rate \(rate). "
        + "The last good checkpoint is kept; \(advice) and start again."
    case .interrupted(let epoch, let step):
      return "interrupted at epoch \(epoch), step \(step)."
    case .otherRun(let what, let expected, let found):
      return "the training state is of another run: \(what) was \(found) there and is \(expected) now. "
        + "Resume it with the same text and settings, or start a new run."
    case .scheduleSpansRun(let epochs, let wanted):
      return
        "the learning rate falls to its end over the run's \(TrainingSpan.epochs(epochs)) and would stay there for the "
        + "rest of the \(wanted). Span the schedule over all of them, or start a new run."
    case .impossible(let reason):
      return "the training configuration cannot be used: \(reason)."
    case .malformedCheckpoint(let reason):
      return "the training state cannot be used: \(reason). Start a new run without it."
    }
  }
}
