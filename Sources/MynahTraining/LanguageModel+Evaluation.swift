public import MynahModels
import MynahTensors
public import MynahText

extension LanguageModel {
  /// The loss of batches, no dropout; each begins with the zero state or with the state of the one before, as it says.
  public func loss(of batches: some Sequence<Batch>) -> Loss { evaluated(on: batches, metrics: []).loss }

  /// The loss of batches, as above, and figures of the predictions, each a mean over all targets.
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

  /// A figure's sum over the real targets, of whose logits a few at a time are made.
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
