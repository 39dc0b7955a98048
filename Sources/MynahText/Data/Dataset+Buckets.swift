extension Dataset {
  /// Batches of elements of similar lengths, so that little has to be padded.
  ///
  /// Bucket i holds the lengths from `boundaries[i − 1]` to below `boundaries[i]`; the first begins at 0, the last has no
  /// end. Elements gather in their bucket; a bucket that is full is given out. What is left at the end is given out bucket
  /// by bucket, or dropped.
  ///
  /// - Parameters:
  ///   - size: How many elements a batch has.
  ///   - boundaries: Where buckets end, rising.
  ///   - length: The length of an element.
  /// - Precondition: The size is positive, and the boundaries rise.
  public func bucket(
    _ size: Int, boundaries: [Int], remainder: Remainder = .keep, length: @escaping @Sendable (Element) -> Int
  ) -> Dataset<[Element]> {
    precondition(size > 0, "a batch holds at least 1 element, found \(size)")
    precondition(
      zip(boundaries, boundaries.dropFirst()).allSatisfy(<), "the boundaries of buckets must rise, found \(boundaries)")
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
