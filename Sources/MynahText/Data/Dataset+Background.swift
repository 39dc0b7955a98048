extension Dataset {
  /// The same elements, made ahead on a thread of their own while those before them are used.
  ///
  /// The thread starts with the iteration and ends with it, also if that is given up early.
  ///
  /// - Parameter count: How many elements are made ahead at most, at least 1.
  public func prefetch(_ count: Int = 2) -> Dataset { map(threads: 1, ahead: count) { $0 } }

  /// Each element transformed, on several threads, in the stream's order.
  ///
  /// The stream itself is read by one thread at a time. The threads start with the iteration and end with it.
  ///
  /// - Parameters:
  ///   - threads: How many elements are transformed side by side, at least 1.
  ///   - ahead: How many elements are made ahead at most, at least 1; nil: two for each thread.
  ///   - transform: A function of the element alone.
  public func map<Output: Sendable>(
    threads: Int, ahead: Int? = nil, _ transform: @escaping @Sendable (Element) -> Output
  ) -> Dataset<Output> {
    let ahead = ahead ?? 2 * threads
    precondition(threads > 0 && ahead > 0, "expected at least 1 thread and 1 element ahead, found \(threads), \(ahead)")
    return Dataset<Output> { pass in
      let elements = BackgroundElements(
        threadCount: threads, ahead: ahead, begin: { iterator(pass: pass) }, transform: transform)
      return AnyIterator { elements.next() }
    }
  }
}
