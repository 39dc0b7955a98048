import MynahIO
import MynahTensors

/// The exchange of one update between ranks: each rank adds up the gradients of all shards for the rows that it
/// updates, and sends the updated rows to the others.
///
/// A parameter's gradient is sent when it and the gradients of all later parameters are complete: the output layer's
/// first, while the gradients of the earlier layers are being computed. The traffic of a rank is that of a ring
/// all-reduce: its part of each gradient once, and its part of the weights once.
struct GradientExchange {
  let communicator: any Communicator
  let shares: ParameterShares
  /// The shards of each rank.
  let shards: [Range<Int>]
  /// A Boolean value indicating whether gradients are rounded to bfloat16 for sending.
  let isRounded: Bool
  /// The parameters that are not updated, whose gradients need not be sent.
  let frozen: Set<Int>

  /// The sums of this rank's shards, by parameter.
  private var sums: [PairwiseSum]
  /// The number of this rank's shards that have been added, by parameter.
  private var added: [Int]
  /// The index of the first parameter that has been sent; all later ones have also been sent.
  private var sent: Int

  init(
    _ communicator: any Communicator, _ shares: ParameterShares, shards: [Range<Int>], isRounded: Bool,
    frozen: Set<Int>
  ) {
    (self.communicator, self.shares, self.shards) = (communicator, shares, shards)
    (self.isRounded, self.frozen) = (isRounded, frozen)
    sums = shares.shapes.map { _ in PairwiseSum() }
    added = shares.shapes.map { _ in 0 }
    sent = shares.shapes.count
  }

  /// The shards that this rank computes.
  var ownShards: Range<Int> { shards[communicator.rank] }

  private func ownRows(_ parameter: Int) -> Range<Int> { shares.rows(of: parameter, rank: communicator.rank) }

  // MARK: Gradients

  /// Adds the gradient of a shard for a parameter, and sends the sums that are complete.
  ///
  /// - Parameters:
  ///   - gradient: The gradient; nil: the shard has no rows in this update.
  ///   - shard: One of `ownShards`; the shards are added in order.
  mutating func add(_ gradient: Gradient?, of shard: Int, for parameter: Int) throws {
    sums[parameter].append(PairwiseSum.Block(first: shard, count: 1, gradient: gradient))
    added[parameter] += 1
    while sent > 0, added[sent - 1] == ownShards.count {
      sent -= 1
      if !frozen.contains(sent) { try send(sent) }
    }
  }

  /// Sends the sums of this rank's shards for a parameter to the ranks that update it.
  private func send(_ parameter: Int) throws {
    for other in communicator.others {
      let rows = shares.rows(of: parameter, rank: other)
      if rows.isEmpty { continue }
      for block in sums[parameter].blocks {
        switch block.gradient {
        case nil: try communicator.send(.bytes([]), to: other)
        case .dense(let tensor)?:
          try communicator.send(numbers(tensor, shares.elements(of: rows, parameter: parameter)), to: other)
        case .rows(let sparse)?:
          let (stored, width) = (sparse.stored(in: rows), sparse.shape[1])
          try communicator.send(.bytes(Array(sparse.rows[stored]).littleEndianBytes), to: other)
          if !stored.isEmpty {
            try communicator.send(
              numbers(sparse.values, stored.lowerBound * width..<stored.upperBound * width), to: other)
          }
        }
      }
    }
  }

  private func numbers(_ tensor: Tensor, _ range: Range<Int>) -> RankMessage {
    isRounded ? .rounded(tensor, range) : .values(tensor, range)
  }

  /// Receives the sums of the other ranks' shards, and returns the gradients of the rows that this rank updates, one
  /// per parameter.
  mutating func finish() throws -> [Gradient] {
    var gradients = shares.shapes.indices.map { Gradient.zero(shares.shape(of: ownRows($0), parameter: $0)) }
    for parameter in shares.shapes.indices.reversed() {
      let rows = ownRows(parameter)
      // Released from `sums` first, so that it has no other reference and is updated in place.
      let own = sums[parameter].blocks
      sums[parameter] = PairwiseSum()
      if rows.isEmpty || frozen.contains(parameter) { continue }
      var sum = PairwiseSum()
      func append(_ first: Int, _ count: Int, _ gradient: @autoclosure () -> Gradient?) {
        StepProfile.measure(.update) {
          sum.append(PairwiseSum.Block(first: first, count: count, gradient: gradient()))
        }
      }
      for rank in shards.indices {
        if rank == communicator.rank {
          for block in own {
            append(
              block.first, block.count, block.gradient.map { shares.slice($0, rows, parameter: parameter) })
          }
          continue
        }
        for (first, count) in PairwiseSum.blocks(of: shards[rank]) {
          let gradient = try gradient(of: parameter, rows, from: rank)
          append(first, count, gradient)
        }
      }
      if let total = StepProfile.measure(.update, { sum.total() }) { gradients[parameter] = total }
    }
    return gradients
  }

  private func gradient(of parameter: Int, _ rows: Range<Int>, from rank: Int) throws -> Gradient? {
    let (message, shape) = (try communicator.next(from: rank), shares.shape(of: rows, parameter: parameter))
    guard case .bytes(let bytes) = message else { return .dense(try message.values(shape, from: rank)) }
    guard !bytes.isEmpty else { return nil }
    let stored = [Int32](littleEndianBytes: bytes)
    guard shape.rank == 2, stored.allSatisfy({ rows.contains(Int($0)) }), zip(stored, stored.dropFirst()).allSatisfy(<)
    else { throw CommunicationError.unexpected(rank: rank) }
    return .rows(
      SparseRows(
        shape: shape, rows: stored.map { $0 - Int32(rows.lowerBound) },
        values: try communicator.next(from: rank).values([stored.count, shape[1]], from: rank)))
  }

  // MARK: The norm

  /// Returns the global norm of the gradients of all ranks, and the figures that each rank sends with its message.
  ///
  /// Each rank passes the gradients of its own rows. The sums of blocks are added in the order of the parameters' rows,
  /// so the norm does not depend on which rank has which rows.
  func norm(of gradients: [Gradient], with figures: [Double] = []) throws -> (norm: Double, figures: [[Double]]) {
    let sums = StepProfile.measure(.update) { Kernels.squaredSums(of: gradients) }
    let all = try communicator.gathered(figures + sums)
    let counts = try all.indices.map { rank in
      let counts = shares.shapes.indices.map {
        shares.blockCount(of: shares.rows(of: $0, rank: rank), parameter: $0)
      }
      guard all[rank].count >= counts.reduce(0, +) else { throw CommunicationError.unexpected(rank: rank) }
      return counts
    }
    var next = zip(all, counts).map { $0.count - $1.reduce(0, +) }
    let figures = zip(all, next).map { Array($0.prefix($1)) }
    var sum = 0.0
    for parameter in shares.shapes.indices {
      for rank in shares.ranks(of: parameter) {
        let count = counts[rank][parameter]
        for value in all[rank][next[rank]..<next[rank] + count] { sum += value }
        next[rank] += count
      }
    }
    return (sum.squareRoot(), figures)
  }

  // MARK: Weights

  /// Updates this rank's rows of the weights in place, and exchanges the updated rows with the other ranks.
  ///
  /// - Parameters:
  ///   - weights: The whole tensors.
  ///   - gradients: The gradients of this rank's rows.
  ///   - skipsMissingRows: A Boolean value indicating whether `body` keeps rows that a sparse gradient lacks.
  ///   - body: Updates the rows, one tensor per parameter.
  func updateRows(
    of weights: inout [Tensor], gradients: [Gradient], skipsMissingRows: Bool, _ body: (inout [Tensor]) -> Void
  ) throws {
    guard communicator.rankCount > 1 else { return body(&weights) }
    // Copied if anything else uses them, such as a message of the last update. From here on, each rank's rows are a part
    // of the tensor that only this function and the rule write to.
    for parameter in weights.indices { weights[parameter].makeUnique() }
    var own = weights.indices.map { mutableRows(of: communicator.rank, in: weights[$0], $0) }
    body(&own)
    for parameter in weights.indices where !frozen.contains(parameter) {
      let rows = ownRows(parameter)
      let elements = shares.elements(of: rows, parameter: parameter)
      if !weights[parameter].sharesMemory(with: own[parameter], from: elements.lowerBound) {
        // The rule has created a tensor; it may have kept the part.
        weights[parameter].replace(elements, by: own[parameter])
      }
      if !rows.isEmpty { try sendWeights(own[parameter], gradients[parameter], skipsMissingRows) }
    }
    for parameter in weights.indices where !frozen.contains(parameter) {
      for rank in communicator.others.reversed() where !shares.rows(of: parameter, rank: rank).isEmpty {
        var target = mutableRows(of: rank, in: weights[parameter], parameter)
        try receiveWeights(&target, from: rank)
      }
    }
  }

  /// Returns the rows of a parameter that a rank updates, as a part of its tensor.
  private func mutableRows(of rank: Int, in weights: Tensor, _ parameter: Int) -> Tensor {
    let rows = shares.rows(of: parameter, rank: rank)
    return weights.mutablePart(
      shares.elements(of: rows, parameter: parameter), shape: shares.shape(of: rows, parameter: parameter))
  }

  /// Sends this rank's rows of a parameter to the other ranks, or only those that were updated.
  private func sendWeights(_ own: Tensor, _ gradient: Gradient, _ skipsMissingRows: Bool) throws {
    let changed: [Int32]? = if skipsMissingRows, case .rows(let sparse) = gradient { sparse.rows } else { nil }
    let values = changed.map { own.gathered($0) } ?? own
    for other in communicator.others {
      if let changed { try communicator.send(.bytes(changed.littleEndianBytes), to: other) }
      try communicator.send(.values(values, 0..<values.shape.elementCount), to: other)
    }
  }

  /// Receives the rows of a parameter that another rank has updated.
  private func receiveWeights(_ target: inout Tensor, from rank: Int) throws {
    let message = try communicator.next(from: rank)
    guard case .bytes(let bytes) = message else {
      let elements = 0..<target.shape.elementCount
      target.replace(elements, by: try message.values([elements.count], from: rank))
      return
    }
    let changed = [Int32](littleEndianBytes: bytes)
    let (rows, width) = target.shape.asRows
    let values = try communicator.next(from: rank).values([changed.count, width], from: rank)
    guard changed.allSatisfy({ $0 >= 0 && $0 < rows }) else { throw CommunicationError.unexpected(rank: rank) }
    for (place, row) in changed.enumerated() {
      let first = Int(row) * width
      target.replace(first..<first + width, by: values, from: place * width)
    }
  }
}
