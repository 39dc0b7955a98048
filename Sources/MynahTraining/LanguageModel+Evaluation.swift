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
    var evaluation = ShardedEvaluation(metrics: metrics)
    for batch in batches { evaluation.add(batch, cuts: [0..<batch.batchSize], own: 0..<1, of: self) }
    var total = EvaluationFigures(metrics: metrics)
    for figures in evaluation.own { total.add(figures.numbers[...]) }
    return total.means(metrics)
  }

  /// Returns the sum of a metric over the non-padding targets; computes the logits in chunks to save memory.
  fileprivate func sum(of metric: Metric, _ hidden: Tensor, _ batch: Batch) -> Double {
    let weights = batch.weights
    let real = batch.targets.indices.filter { row in weights?[row] ?? 1 > 0 }
    return stride(from: 0, to: real.count, by: 128).reduce(0) { sum, first in
      let rows = real[first..<min(first + 128, real.count)]
      let logits = output.logits(of: Variable(hidden.gathered(rows.map(Int32.init)))).value
      return sum + metric.sum(logits, rows.map { batch.targets[$0] })
    }
  }
}

/// The figures of some targets: their loss, and the sums of metrics over them.
struct EvaluationFigures {
  /// The loss in nats, the number of targets, and the sum of each metric.
  private(set) var numbers: [Double]

  /// Creates the figures of no targets.
  init(metrics: [Metric]) { numbers = [Double](repeating: 0, count: metrics.count + 2) }

  init(_ loss: Loss, sums: [Double]) { numbers = [loss.nats, Double(loss.targetCount)] + sums }

  mutating func add(_ other: ArraySlice<Double>) {
    for (index, number) in zip(numbers.indices, other) { numbers[index] += number }
  }

  /// Returns the loss, and the means of the metrics by name.
  func means(_ metrics: [Metric]) -> (loss: Loss, metrics: [String: Double]) {
    let means = zip(metrics, numbers.dropFirst(2)).map { ($0.name, $1 / numbers[1]) }
    return (
      Loss(nats: numbers[0], targetCount: Int(numbers[1])), Dictionary(means) { first, _ in first }
    )
  }
}

/// The evaluation of some shards of each batch of a text.
struct ShardedEvaluation {
  let metrics: [Metric]
  /// The figures of each evaluated shard, in the order of the batches and of their shards.
  private(set) var own: [EvaluationFigures] = []
  /// The number of shards of each batch.
  private(set) var shardCounts: [Int] = []
  /// The states after the last batch, by shard.
  private var states: [Int: LanguageModel.State] = [:]

  init(metrics: [Metric]) { self.metrics = metrics }

  /// Evaluates shards of the next batch.
  ///
  /// - Parameters:
  ///   - cuts: The rows of each shard of the batch.
  ///   - shards: The shards to evaluate; shards that the batch lacks are skipped.
  mutating func add(_ batch: Batch, cuts: [Range<Int>], own shards: Range<Int>, of model: LanguageModel) {
    if !batch.isContext { shardCounts.append(cuts.count) }
    for shard in shards.clamped(to: cuts.indices) {
      let part = batch.shard(cuts[shard])
      let before = batch.carriesState ? states[shard] : nil
      let pass = model(
        part.inputs, state: before ?? model.initialState(batchSize: part.batchSize), lengths: part.lengths)
      states[shard] = pass.state
      if batch.isContext { continue }
      let nats = model.output.crossEntropy(of: pass.output.rows, targets: part.targets, weights: part.weights).nats
      own.append(
        EvaluationFigures(
          Loss(nats: nats, targetCount: part.targetCount),
          sums: metrics.map { model.sum(of: $0, pass.output.rows.value, part) }))
    }
  }
}
