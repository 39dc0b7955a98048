import MynahModels
import MynahTensors
import MynahText

/// The part of a run that one rank computes: some shards of each batch, and some rows of each parameter.
///
/// In one process it is the whole run. Between checkpoints a rank has the recurrent state of its rows and the
/// optimizer's state of its parameters only.
struct RankedRun {
  let communicator: any Communicator
  private let parameters: ParameterShares
  private let shards: [Range<Int>]
  private let shardCount: Int

  /// - Parameters:
  ///   - weights: The ranks' shares of the shards; nil: equal shares.
  init(_ communicator: any Communicator, model: LanguageModel, shardCount: Int, weights: [Int]?) {
    self.communicator = communicator
    self.shardCount = shardCount
    parameters = ParameterShares(shapes: model.parameters.map(\.value.shape), rankCount: communicator.rankCount)
    shards =
      ShardShares(shardCount, weights: weights ?? [Int](repeating: 1, count: communicator.rankCount)).shards
  }

  private var isAlone: Bool { communicator.rankCount == 1 }
  /// The shards that this rank computes.
  var ownShards: Range<Int> { shards[communicator.rank] }

  /// Returns the shards that a rank computes.
  func shards(of rank: Int) -> Range<Int> { shards[rank] }

  /// Waits until all ranks have called this function.
  func waitForOthers() throws { _ = try communicator.gathered([UInt8]()) }

  /// Returns the rows of each shard of a batch; no shard is empty, so there are fewer shards if there are fewer rows.
  func cuts(of rowCount: Int) -> [Range<Int>] { Batch.shards(min(shardCount, max(rowCount, 1)), of: rowCount) }

  /// Returns the exchange of an update.
  func exchange(isRounded: Bool, frozen: Set<Int>) -> GradientExchange {
    GradientExchange(communicator, parameters, shards: shards, isRounded: isRounded, frozen: frozen)
  }

  // MARK: The optimizer's state

  /// Keeps the part of the optimizer's state that belongs to this rank's parameters.
  func keepOwnPart(of optimizer: inout Optimizer) {
    guard !isAlone else { return }
    for (name, slot) in optimizer.memory.slots {
      optimizer.memory.slots[name] = slot.enumerated().map { parameter, tensor in
        parameters.slice(tensor, parameters.rows(of: parameter, rank: communicator.rank), parameter: parameter)
      }
    }
  }

  /// Returns the whole tensors of a slot, from the parts of all ranks; nil on ranks that do not receive them.
  ///
  /// - Parameter receivers: The ranks that receive them; nil: all.
  private func whole(_ slot: [Tensor], receivers: Set<Int>? = nil) throws -> [Tensor]? {
    let receives = receivers?.contains(communicator.rank) ?? true
    for tensor in slot where tensor.shape.elementCount > 0 {
      for other in communicator.others where receivers?.contains(other) ?? true {
        try communicator.send(.values(tensor, 0..<tensor.shape.elementCount), to: other)
      }
    }
    guard receives else { return nil }
    return try slot.indices.map { parameter in
      var tensor = Tensor.zeros(parameters.shapes[parameter])
      for rank in 0..<communicator.rankCount {
        let elements = parameters.elements(
          of: parameters.rows(of: parameter, rank: rank), parameter: parameter)
        if elements.isEmpty { continue }
        let part =
          rank == communicator.rank
          ? slot[parameter] : try communicator.next(from: rank).values([elements.count], from: rank)
        tensor.replace(elements, by: part)
      }
      return tensor
    }
  }

  /// Returns the model to evaluate: the model itself, or a copy with averaged weights.
  func evaluatedModel(of run: TrainingCheckpoint) throws -> LanguageModel {
    let optimizer = run.optimizer
    guard !isAlone, let name = optimizer.configuration.rule.evaluatedSlot(optimizer.memory),
      let slot = optimizer.memory.slots[name]
    else { return run.evaluatedModel }
    var gathered = optimizer
    gathered.memory.slots = [name: try whole(slot) ?? []]
    return gathered.evaluated(run.model)
  }

  // MARK: Checkpoints

  /// Returns the state of the whole run on rank 0; nil on other ranks.
  func checkpoint(of run: TrainingCheckpoint) throws -> TrainingCheckpoint? {
    guard !isAlone else { return run }
    var result = run
    for name in run.optimizer.memory.slots.keys.sorted() {
      let slot = try whole(run.optimizer.memory.slots[name] ?? [], receivers: [0])
      result.optimizer.memory.slots[name] = slot
    }
    guard let state = try wholeState(run.state) else { return nil }
    result.state = state
    return result
  }

  /// Returns the rows of a rank in a batch of `rowCount` rows.
  private func rows(of rank: Int, in rowCount: Int) -> Range<Int> {
    let cuts = cuts(of: rowCount)[clamped: shards[rank]]
    guard let first = cuts.first, let last = cuts.last else { return 0..<0 }
    return first.lowerBound..<last.upperBound
  }

  private func wholeState(_ state: RecurrentState) throws -> RecurrentState? {
    let own = rows(of: communicator.rank, in: state.batchSize)
    guard communicator.rank == 0 else {
      for part in state.selecting(Array(own)).layers.flatMap(\.parts) {
        try communicator.send(.values(part.value, 0..<part.shape.elementCount), to: 0)
      }
      return nil
    }
    var states = [state.selecting(Array(own))]
    for rank in 1..<communicator.rankCount {
      var other = state.selecting(Array(rows(of: rank, in: state.batchSize)))
      for (index, layer) in other.layers.enumerated() {
        let parts = try layer.parts.map { try communicator.next(from: rank).values($0.shape, from: rank) }
        other.replace(layer: index, by: layer.with(parts.map { Variable($0) }))
      }
      states.append(other)
    }
    return .concatenating(states)
  }

  // MARK: Evaluation

  /// Returns the loss and metrics of batches, of which each rank evaluates its shards.
  func evaluated(_ model: LanguageModel, on batches: some Sequence<Batch>, metrics: [Metric]) throws
    -> (loss: Loss, metrics: [String: Double])
  {
    var evaluation = ShardedEvaluation(metrics: metrics)
    for batch in batches {
      evaluation.add(batch, cuts: cuts(of: batch.batchSize), own: ownShards, of: model)
    }
    let all = try communicator.gathered(evaluation.own.flatMap(\.numbers))
    var next = all.map { _ in 0 }
    let width = metrics.count + 2
    var total = EvaluationFigures(metrics: metrics)
    for count in evaluation.shardCounts {
      for rank in shards.indices {
        for _ in shards[rank].clamped(to: 0..<count) {
          guard all[rank].count >= next[rank] + width else { throw CommunicationError.unexpected(rank: rank) }
          total.add(all[rank][next[rank]..<next[rank] + width])
          next[rank] += width
        }
      }
    }
    return total.means(metrics)
  }
}

extension RecurrentState {
  /// Returns the state with some consecutive rows replaced.
  func replacing(_ parts: [(rows: Range<Int>, state: RecurrentState)]) -> RecurrentState {
    guard let first = parts.first?.rows.lowerBound, let last = parts.last?.rows.upperBound else { return self }
    var states = parts.map(\.state)
    if first > 0 { states.insert(selecting(Array(0..<first)), at: 0) }
    if last < batchSize { states.append(selecting(Array(last..<batchSize))) }
    var result = RecurrentState.concatenating(states)
    result.advance(by: (parts.first?.state.stepCount ?? 0) - result.stepCount)
    return result
  }
}

extension Array {
  /// The elements at the existing indices of a range.
  fileprivate subscript(clamped range: Range<Int>) -> ArraySlice<Element> { self[range.clamped(to: indices)] }
}
