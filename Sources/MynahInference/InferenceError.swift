/// What can go wrong when a model is asked.
public enum InferenceError: Error, Hashable, Sendable {
  /// The model's predictions are infinite or not a number.
  case notFinite
  /// The steps of a sampler leave no token to draw.
  case nothingToDraw
}

extension InferenceError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notFinite:
      "the model's predictions are not finite numbers: its weights are damaged or its training diverged; "
        + "copy the file again or train with a lower learning rate"
    case .nothingToDraw:
      "the sampler rules out all tokens; forbid fewer of them"
    }
  }
}
