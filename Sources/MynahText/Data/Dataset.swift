import MynahIO

/// A lazy stream of elements; each iteration starts from the beginning.
///
/// Operations are chained and evaluated lazily, so a stream may be larger than memory, or infinite:
///
/// ```swift
/// let batches = Dataset(TokenWindows(ids, length: 100))
///   .shuffle(buffer: 10_000, seed: 1)
///   .batch(64, remainder: .drop)
///   .map(Batch.init(windows:))
///   .prefetch(2)
/// for epoch in 0..<20 {
///   for batch in batches.pass(epoch) { print(batch.targetCount) }
/// }
/// ```
///
/// A dataset is a value: equal datasets produce equal elements, at any time and on any thread. Differences between
/// epochs depend only on the epoch number: `pass(n)` is the stream of epoch n, and `repeat` concatenates passes. The
/// operations have the names of TensorFlow's `tf.data`.
public struct Dataset<Element: Sendable>: Sequence, Sendable {
  /// A function that starts the pass with a given number.
  private let begin: @Sendable (_ pass: Int) -> AnyIterator<Element>

  /// Creates a dataset from a sequence that produces the same elements in each iteration.
  public init<Elements: Sequence & Sendable>(_ elements: Elements)
  where Elements.Element == Element, Elements.Iterator: SendableMetatype {
    begin = { _ in AnyIterator(elements.makeIterator()) }
  }

  /// Creates a dataset from a function that starts a pass.
  init(beginning begin: @escaping @Sendable (_ pass: Int) -> AnyIterator<Element>) { self.begin = begin }

  /// Starts pass 0.
  public func makeIterator() -> AnyIterator<Element> { begin(0) }

  /// Starts a pass.
  func iterator(pass: Int) -> AnyIterator<Element> { begin(pass) }

  /// Returns the stream of a later epoch; `shuffle` uses a different order in each pass.
  ///
  /// - Precondition: The number is not negative.
  public func pass(_ number: Int) -> Dataset {
    require(number >= 0, "the index of a pass must not be negative, got \(number)")
    return Dataset { begin($0 &+ number) }
  }
}

extension Dataset {
  /// Creates a dataset of pairs of corresponding elements of two arrays, such as inputs and targets.
  ///
  /// - Precondition: The arrays have the same length.
  public init<First: Sendable, Second: Sendable>(slices first: [First], _ second: [Second])
  where Element == (First, Second) {
    require(
      first.count == second.count,
      "slices need arrays of the same length, found \(first.count) and \(second.count) elements"
    )
    self.init(beginning: { _ in AnyIterator(zip(first, second).makeIterator()) })
  }
}
