import MynahIO

extension Dataset {
  /// Returns the same elements, prefetched by a background thread.
  ///
  /// The thread starts when an iteration starts and ends with it, even if the iteration is abandoned.
  ///
  /// - Parameter count: The maximum number of prefetched elements, at least 1.
  public func prefetch(_ count: Int = 2) -> Dataset { map(threads: 1, ahead: count) { $0 } }

  /// Returns each element transformed, on several threads, in stream order.
  ///
  /// The stream itself is read by one thread at a time. The threads start when an iteration starts and end with it.
  ///
  /// - Parameters:
  ///   - threads: The number of elements to transform in parallel, at least 1.
  ///   - ahead: The maximum number of prefetched elements, at least 1; nil for two per thread.
  ///   - transform: A function that depends on the element alone.
  public func map<Output: Sendable>(
    threads: Int, ahead: Int? = nil, _ transform: @escaping @Sendable (Element) -> Output
  ) -> Dataset<Output> {
    let ahead = ahead ?? 2 * threads
    require(
      threads > 0 && ahead > 0,
      "the numbers of threads and of prefetched elements must be positive, got \(threads), \(ahead)")
    return Dataset<Output> { pass in
      let elements = BackgroundElements(
        threadCount: threads, ahead: ahead, begin: { iterator(pass: pass) }, transform: transform)
      return AnyIterator { elements.next() }
    }
  }
}
