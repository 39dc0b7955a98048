import MynahIO

extension Batch {
  /// Returns the range of rows of each shard of a batch; the ranges are consecutive and as equal in length as possible.
  ///
  /// - Parameter count: The number of shards, at most the number of rows.
  package static func shards(_ count: Int, of rowCount: Int) -> [Range<Int>] {
    require((1...max(rowCount, 1)).contains(count), "\(rowCount) rows cannot be cut into \(count) shards")
    return (0..<count).map { $0 * rowCount / count..<($0 + 1) * rowCount / count }
  }

  /// Returns the batch of a range of the rows, with the same sequence length.
  ///
  /// - Precondition: the rows are in 0 ..< B.
  package func shard(_ rows: Range<Int>) -> Batch {
    require(rows.lowerBound >= 0 && rows.upperBound <= batchSize, "rows \(rows) are not all in a batch of \(batchSize)")
    guard rows.count < batchSize else { return self }
    func cut(_ ids: [Int32]) -> [Int32] {
      (0..<stepCount).flatMap { ids[$0 * batchSize + rows.lowerBound..<$0 * batchSize + rows.upperBound] }
    }
    return Batch(
      inputs: cut(inputs), targets: cut(targets), stepCount: stepCount, batchSize: rows.count,
      lengths: lengths.map { Array($0[rows]) }, carriesState: carriesState, isContext: isContext)
  }
}
