#if Server
import MynahInference

/// An order that has not ended.
struct OpenOrder {
  let order: GenerationOrder
  let output: GenerationOutput
  let deadline: ContinuousClock.Instant
  /// The number of prompts that have been started.
  var begunCount = 0
  /// The number of texts that have not ended.
  var openCount: Int
  /// The events that have not been sent yet.
  var events: [GenerationEvent] = []
  var lastFlush: ContinuousClock.Instant?
  /// The texts that are paused until their reader catches up.
  var parked: [(text: Int, stream: GenerationStream, memory: NeuralPredictor.Memory)] = []

  init(_ order: GenerationOrder, _ output: GenerationOutput, deadline: ContinuousClock.Instant) {
    (self.order, self.output, self.deadline) = (order, output, deadline)
    openCount = order.prompts.count * order.textCount
  }
}
#endif
