public import MynahModels
import MynahTensors
public import MynahText

extension LanguageModel {
  /// Returns the loss of batches without dropout.
  ///
  /// Each batch starts from the zero state or from the final state of the previous batch, depending on `carriesState`.
  public func loss(of batches: some Sequence<Batch>) -> Loss { evaluated(on: batches, metrics: []).loss }

  /// Returns the loss of batches, as `loss(of:)` does, and metrics of the predictions, each averaged over all targets.
  public func evaluated(
    on batches: some Sequence<Batch>, metrics: [Metric]
  ) -> (loss: Loss, metrics: [String: Double]) {
    var state = initialState(batchSize: 0)
    var (total, sums) = (Loss(), [Double](repeating: 0, count: metrics.count))
    for batch in batches {
      let before = batch.carriesState ? state : initialState(batchSize: batch.batchSize)
      let pass = self(batch.inputs, state: before, lengths: batch.lengths)
      state = pass.state
      if batch.isContext { continue }
      let nats = output.crossEntropy(of: pass.output.rows, targets: batch.targets, weights: batch.weights).nats
      total += Loss(nats: nats, targetCount: batch.targetCount)
      for (index, metric) in metrics.enumerated() { sums[index] += sum(of: metric, pass.output.rows.value, batch) }
    }
    let means = zip(metrics, sums).map { ($0.name, $1 / Double(total.targetCount)) }
    return (total, Dictionary(means) { first, _ in first })
  }

  /// Returns the sum of a metric over the non-padding targets; computes the logits in chunks to save memory.
  private func sum(of metric: Metric, _ hidden: Tensor, _ batch: Batch) -> Double {
    let weights = batch.weights
    let real = batch.targets.indices.filter { row in weights?[row] ?? 1 > 0 }
    return stride(from: 0, to: real.count, by: 128).reduce(0) { sum, first in
      let rows = real[first..<min(first + 128, real.count)]
      let logits = output.logits(of: Variable(hidden.gathered(rows.map(Int32.init)))).value
      return sum + metric.sum(logits, rows.map { batch.targets[$0] })
    }
  }
}
