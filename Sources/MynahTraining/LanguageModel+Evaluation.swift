public import MynahModels
import MynahTensors
public import MynahText

extension LanguageModel {
  /// The loss of a text in batches from the zero state, the state carried from batch to batch; no dropout.
  public func loss(of batches: ContiguousBatches) -> Loss { evaluated(on: batches, metrics: []).loss }

  /// The loss of a text in batches, as above, and figures of the predictions, each a mean over all targets.
  public func evaluated(on batches: ContiguousBatches, metrics: [Metric]) -> (loss: Loss, metrics: [String: Double]) {
    var state = initialState(batchSize: batches.batchSize)
    var (total, sums) = (Loss(), [Double](repeating: 0, count: metrics.count))
    for batch in batches {
      guard !metrics.isEmpty else {
        let pass = loss(inputs: batch.inputs, targets: batch.targets, state: state)
        total += pass.loss
        state = pass.state
        continue
      }
      let pass = self(batch.inputs, state: state)
      let nats = output.crossEntropy(of: pass.hidden, targets: batch.targets).nats
      total += Loss(nats: nats, targetCount: batch.targets.count)
      state = pass.state
      for (index, metric) in metrics.enumerated() { sums[index] += sum(of: metric, pass.hidden.value, batch.targets) }
    }
    let means = zip(metrics, sums).map { ($0.name, $1 / Double(total.targetCount)) }
    return (total, Dictionary(means) { first, _ in first })
  }

  /// A figure's sum over rows, of whose logits a few at a time are made.
  private func sum(of metric: Metric, _ hidden: Tensor, _ targets: [Int32]) -> Double {
    let step = 128
    return stride(from: 0, to: targets.count, by: step).reduce(0) { sum, first in
      let rows = first..<min(first + step, targets.count)
      return sum + metric.sum(output(Variable(hidden.slice(rows))).value, Array(targets[rows]))
    }
  }
}
