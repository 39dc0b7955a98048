/// The processes that share some work; each of them has the whole input.
package struct WorkSharing: Sendable {
  /// The number of this process, in 0 ..< `rankCount`.
  package let rank: Int
  /// The number of processes.
  package let rankCount: Int
  /// Returns the bytes passed by each process, by rank.
  package let gather: @Sendable ([UInt8]) throws -> [[UInt8]]
  /// Returns the bytes passed by each process, by rank, on rank 0 only; nil on the others, which wait for rank 0.
  package let collect: @Sendable ([UInt8]) throws -> [[UInt8]]?

  package init(
    rank: Int, rankCount: Int, gather: @escaping @Sendable ([UInt8]) throws -> [[UInt8]],
    collect: @escaping @Sendable ([UInt8]) throws -> [[UInt8]]?
  ) {
    (self.rank, self.rankCount, self.gather, self.collect) = (rank, rankCount, gather, collect)
  }
}

/// The error that a process has different input from this one, so that the parts of the work do not fit together.
package struct WorkSharingError: Error, Equatable, CustomStringConvertible {
  /// The number of the process.
  package let rank: Int

  package init(rank: Int) { self.rank = rank }

  package var description: String { "rank \(rank) has a different text" }
}
