/// The assignment of the shards of a batch to the ranks that compute them.
package struct ShardShares: Sendable {
  /// The shards of each rank: consecutive, at least one.
  package let shards: [Range<Int>]

  /// Distributes shards in proportion to the ranks' weights.
  ///
  /// - Parameters:
  ///   - count: The number of shards, at least the number of ranks.
  ///   - weights: A positive number for each rank, such as its speed.
  package init(_ count: Int, weights: [Int]) {
    let sum = Double(weights.reduce(0, +))
    var counts = [Int](repeating: 1, count: weights.count)
    for _ in weights.count..<max(count, weights.count) {
      // The next shard goes to the rank that is furthest below its share.
      let missing = weights.indices.map { Double(count * weights[$0]) / sum - Double(counts[$0]) }
      if let rank = missing.indices.max(by: { missing[$0] < missing[$1] }) { counts[rank] += 1 }
    }
    var first = 0
    shards = counts.map { count in
      defer { first += count }
      return first..<first + count
    }
  }
}
