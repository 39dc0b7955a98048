public import MynahModels
public import MynahTensors
public import MynahText

/// A loss of your own, written with the operations on `Variable`s; see `Trainer.loss`.
///
/// - Parameters:
///   - model: The model of the step; its parameters are on a tape.
///   - hidden: The last recurrent layer's outputs after each token, time-major [T·B, H]; zero in the padding.
///   - batch: The tokens to predict, and which of them are real.
/// - Returns: `value`, the scalar to differentiate; `nats`, what reports add up over the real targets: −log p in nats for them to be
///   perplexities.
public typealias CustomLoss =
  @Sendable (_ model: LanguageModel, _ hidden: Variable, _ batch: Batch) -> (value: Variable, nats: Double)
