import Foundation
import MynahText
import Synchronization
import Testing

struct BackgroundTests {
  /// Records what the producing thread does.
  private final class Probe: Sendable {
    let made = Atomic(0)
    let wasOnMainOfTest = Atomic(false)
  }

  /// An endless sequence of numbers that counts the numbers it produces.
  private struct Counting: Sequence, Sendable {
    let probe: Probe
    let thread: Int

    func makeIterator() -> AnyIterator<Int> {
      var next = 0
      return AnyIterator {
        if Thread.current.hash == thread { probe.wasOnMainOfTest.store(true, ordering: .relaxed) }
        probe.made.wrappingAdd(1, ordering: .relaxed)
        defer { next += 1 }
        return next
      }
    }
  }

  @Test("Prefetching yields the same elements in the same order", arguments: [0, 1, 2, 3, 1000], [1, 2, 5])
  func order(_ count: Int, _ ahead: Int) {
    #expect(Array(Dataset(0..<count).prefetch(ahead)) == Array(0..<count))
  }

  @Test("Elements are produced on another thread and at most as far ahead as the limit")
  func bounded() {
    let probe = Probe()
    let dataset = Dataset(Counting(probe: probe, thread: Thread.current.hash)).prefetch(3)
    let elements = dataset.makeIterator()
    for index in 0..<200 {
      #expect(elements.next() == index)
      // One element has been taken, and three are ahead.
      let made = probe.made.load(ordering: .relaxed)
      #expect(made <= index + 1 + 3)
    }
    let wasOnMainOfTest = probe.wasOnMainOfTest.load(ordering: .relaxed)
    #expect(!wasOnMainOfTest)
  }

  @Test("A producing thread ends when its iterator is released")
  func givenUp() {
    weak var probe: Probe?
    do {
      let strong = Probe()
      probe = strong
      let elements = Dataset(Counting(probe: strong, thread: 0)).prefetch(2).makeIterator()
      #expect(elements.next() == 0)
    }
    let end = Date.now + 20
    while probe != nil && Date.now < end { usleep(1000) }
    #expect(probe == nil)
  }

  @Test(
    "Several threads transform elements in the stream's order", arguments: [0, 1, 2, 7, 500], [1, 2, 3, 8])
  func map(_ count: Int, _ threads: Int) {
    let mapped = Dataset(0..<count).map(threads: threads) { number -> Int in
      // Later elements finish first.
      if number.isMultiple(of: 7) { usleep(300) }
      return number * number
    }
    #expect(Array(mapped) == (0..<count).map { $0 * $0 })
  }

  @Test("Mapping works with a buffer smaller than the number of threads and with optional elements")
  func narrow() {
    #expect(Array(Dataset(0..<50).map(threads: 4, ahead: 1) { $0 }) == Array(0..<50))
    let optional = Array(Dataset(0..<5).map(threads: 2) { $0.isMultiple(of: 2) ? $0 : nil })
    #expect(optional == [0, nil, 2, nil, 4])
  }

  @Test("Prefetching works anywhere in a pipeline and in every pass")
  func inside() {
    let plain = Dataset(0..<60).shuffle(buffer: 30, seed: 4).batch(7)
    let ahead = Dataset(0..<60).prefetch(3).shuffle(buffer: 30, seed: 4).prefetch(1).batch(7).prefetch(2)
    #expect(Array(plain.repeat(3)) == Array(ahead.repeat(3)))
  }
}
