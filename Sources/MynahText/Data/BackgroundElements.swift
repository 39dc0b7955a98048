import Dispatch
import Foundation
import Synchronization

/// The consumer of elements that background threads produce in advance; the threads end when it is deallocated.
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

  /// Returns the next element, waiting for it if necessary; nil at the end of the stream.
  func next() -> Output? {
    guard !isAtEnd else { return nil }
    let output = work.output(at: position)
    position += 1
    isAtEnd = output == nil
    return output
  }
}

/// The state shared by the threads: the stream, and a ring buffer of results.
///
/// `room` counts the free slots. A thread claims one, then takes the stream's next element, so the element at index i
/// belongs in slot i mod n, and no slot is overwritten before it has been read.
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
  /// One semaphore per slot, signalled when the slot is filled.
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

  /// Runs a thread: processes elements until the stream ends or the consumer is gone.
  func run() {
    while true {
      room.wait()
      guard !isStopped.load(ordering: .relaxed), let (index, element) = take() else { return }
      put(element.map(transform), at: index % filled.count)
      if element == nil { return wakeAll() }
    }
  }

  /// Returns the stream's next element, or nil at its end, with the index; nil if the end was already reached.
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

  /// Waits for the element at an index and frees its slot.
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

  /// Makes the threads end after their current element.
  func stop() {
    isStopped.store(true, ordering: .relaxed)
    wakeAll()
  }

  private func wakeAll() {
    for _ in 0..<threadCount { room.signal() }
  }
}
