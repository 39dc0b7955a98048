/// A stream of elements that are made while they are read; each iteration begins anew.
///
/// Operations are chained, and nothing is made before it is asked for, so a stream may be larger than memory, or endless:
///
/// ```swift
/// let batches = Dataset(TokenWindows(ids, length: 100))
///   .shuffle(buffer: 10_000, seed: 1)
///   .batch(64, remainder: .drop)
///   .map(Batch.init(windows:))
///   .prefetch(2)
/// for epoch in 0..<20 {
///   for batch in batches.pass(epoch) { … }
/// }
/// ```
///
/// A dataset is a value: equal datasets give equal elements, whenever and on whatever thread they are iterated. What differs
/// from epoch to epoch is a function of the epoch's number: `pass(n)` is the stream as epoch n sees it, and `repeat` strings
/// passes together. The operations have the names of TensorFlow's `tf.data`.
public struct Dataset<Element: Sendable>: Sequence, Sendable {
  /// Begins the pass of a number.
  private let begin: @Sendable (_ pass: Int) -> AnyIterator<Element>

  /// Creates a dataset of a sequence that gives the same elements each time that it is iterated.
  public init<Elements: Sequence & Sendable>(_ elements: Elements)
  where Elements.Element == Element, Elements.Iterator: SendableMetatype {
    begin = { _ in AnyIterator(elements.makeIterator()) }
  }

  /// Creates a dataset of a function that begins a pass.
  init(beginning begin: @escaping @Sendable (_ pass: Int) -> AnyIterator<Element>) { self.begin = begin }

  /// Begins pass 0.
  public func makeIterator() -> AnyIterator<Element> { begin(0) }

  /// Begins a pass.
  func iterator(pass: Int) -> AnyIterator<Element> { begin(pass) }

  /// The stream as a later epoch sees it: `shuffle` draws another order for each pass.
  ///
  /// - Precondition: The number is not negative.
  public func pass(_ number: Int) -> Dataset {
    precondition(number >= 0, "passes are numbered from 0, found \(number)")
    return Dataset { begin($0 &+ number) }
  }
}

extension Dataset {
  /// Creates a dataset of the pairs of elements that stand at the same place of two arrays, as of inputs and targets.
  ///
  /// - Precondition: The arrays are equally long.
  public init<First: Sendable, Second: Sendable>(slices first: [First], _ second: [Second])
  where Element == (First, Second) {
    precondition(
      first.count == second.count, "slices need arrays of one length, found \(first.count) and \(second.count) elements"
    )
    self.init(beginning: { _ in AnyIterator(zip(first, second).makeIterator()) })
  }
}
