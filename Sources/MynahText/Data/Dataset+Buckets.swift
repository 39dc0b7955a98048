import MynahIO

extension Dataset {
  /// Returns batches of elements of similar lengths, which need little padding.
  ///
  /// Bucket i contains the lengths from `boundaries[i − 1]` up to, but not including, `boundaries[i]`; the first bucket
  /// starts at 0, the last is unbounded. Each element is added to its bucket, and a full bucket is returned as a batch.
  /// At the end, the remaining elements are returned bucket by bucket, or dropped.
  ///
  /// - Parameters:
  ///   - size: The number of elements in a batch.
  ///   - boundaries: The upper bounds of the buckets, in ascending order.
  ///   - length: A function that returns the length of an element.
  /// - Precondition: The size is positive, and the boundaries are strictly ascending.
  public func bucket(
    _ size: Int, boundaries: [Int], remainder: Remainder = .keep, length: @escaping @Sendable (Element) -> Int
  ) -> Dataset<[Element]> {
    require(size > 0, "a batch must have at least 1 element, got \(size)")
    require(
      zip(boundaries, boundaries.dropFirst()).allSatisfy(<),
      "bucket boundaries must be strictly increasing, found \(boundaries)")
    return Dataset<[Element]> { pass in
      let elements = iterator(pass: pass)
      var buckets: [[Element]] = Array(repeating: [], count: boundaries.count + 1)
      return AnyIterator {
        while let element = elements.next() {
          let length = length(element)
          let place = boundaries.firstIndex { length < $0 } ?? boundaries.count
          buckets[place].append(element)
          if buckets[place].count == size {
            defer { buckets[place] = [] }
            return buckets[place]
          }
        }
        guard remainder == .keep, let place = buckets.firstIndex(where: { !$0.isEmpty }) else { return nil }
        defer { buckets[place] = [] }
        return buckets[place]
      }
    }
  }
}
