import Dispatch
import Foundation
import Synchronization

/// The reader's end of elements that threads make ahead; when it goes, they end.
final class BackgroundElements<Element: Sendable, Output: Sendable> {
  private let work: BackgroundWork<Element, Output>
  private var position = 0
  private var isAtEnd = false

  /// Starts the threads.
  init(
    threadCount: Int, ahead: Int, begin: @escaping @Sendable () -> AnyIterator<Element>,
    transform: @escaping @Sendable (Element) -> Output
  ) {
    let work = BackgroundWork(threadCount: threadCount, ahead: ahead, begin: begin, transform: transform)
    self.work = work
    for _ in 0..<threadCount { Thread.detachNewThread { work.run() } }
  }

  deinit { work.stop() }

  /// The next element, waiting for it; nil at the stream's end.
  func next() -> Output? {
    guard !isAtEnd else { return nil }
    let output = work.output(at: position)
    position += 1
    isAtEnd = output == nil
    return output
  }
}

/// What the threads share: the stream, and a ring of places for what was made.
///
/// `room` counts the free places. A thread takes one, then the stream's next element, so that the element of index i
/// belongs at place i mod n and no place is written before it was read.
private final class BackgroundWork<Element: Sendable, Output: Sendable>: Sendable {
  private struct Stream {
    var elements: AnyIterator<Element>?
    var count = 0
    var isAtEnd = false
  }

  private let threadCount: Int
  private let begin: @Sendable () -> AnyIterator<Element>
  private let transform: @Sendable (Element) -> Output
  private let stream = Mutex(Stream())
  private let outputs: Mutex<[Output?]>
  /// One for each place: something was put there.
  private let filled: [DispatchSemaphore]
  private let room = DispatchSemaphore(value: 0)
  private let isStopped = Atomic(false)

  init(
    threadCount: Int, ahead: Int, begin: @escaping @Sendable () -> AnyIterator<Element>,
    transform: @escaping @Sendable (Element) -> Output
  ) {
    (self.threadCount, self.begin, self.transform) = (threadCount, begin, transform)
    outputs = Mutex(Array(repeating: nil, count: ahead))
    filled = (0..<ahead).map { _ in DispatchSemaphore(value: 0) }
    for _ in 0..<ahead { room.signal() }
  }

  /// A thread's work: elements until the stream ends or nobody reads any more.
  func run() {
    while true {
      room.wait()
      guard !isStopped.load(ordering: .relaxed), let (index, element) = take() else { return }
      put(element.map(transform), at: index % filled.count)
      if element == nil { return wakeAll() }
    }
  }

  /// The stream's next element, or its end, and the index; nil if the end was met before.
  private func take() -> (index: Int, element: Element?)? {
    stream.withLock { stream in
      guard !stream.isAtEnd else { return nil }
      let elements = stream.elements ?? begin()
      stream.elements = elements
      let element = elements.next()
      stream.isAtEnd = element == nil
      defer { stream.count += 1 }
      return (stream.count, element)
    }
  }

  private func put(_ output: Output?, at place: Int) {
    outputs.withLock { $0[place] = output }
    filled[place].signal()
  }

  /// Waits for the element of an index and makes room for another one.
  func output(at index: Int) -> Output? {
    let place = index % filled.count
    filled[place].wait()
    let output = outputs.withLock { outputs in
      defer { outputs[place] = nil }
      return outputs[place]
    }
    room.signal()
    return output
  }

  /// Lets the threads end as soon as their present element is made.
  func stop() {
    isStopped.store(true, ordering: .relaxed)
    wakeAll()
  }

  private func wakeAll() {
    for _ in 0..<threadCount { room.signal() }
  }
}
