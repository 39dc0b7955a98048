public import MynahModels
public import MynahTensors
public import MynahText

/// A custom loss, composed of operations on `Variable`s; see `Trainer.loss`.
///
/// - Parameters:
///   - model: The model at this step; its parameters are on a tape.
///   - hidden: The last recurrent layer's outputs for each token, time-major [T·B, H]; zero at padded positions.
///   - batch: The batch with its targets and their weights.
/// - Returns: `value`, the scalar to differentiate; `nats`, the loss summed over the non-padding targets, which is
///   accumulated in reports. Reported perplexities are correct only if it is −log p in nats.
public typealias CustomLoss =
  @Sendable (_ model: LanguageModel, _ hidden: Variable, _ batch: Batch) -> (value: Variable, nats: Double)
