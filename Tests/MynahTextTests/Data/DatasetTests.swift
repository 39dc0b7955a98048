import MynahTensors
import MynahText
import Testing

struct DatasetTests {
  private func numbers(_ count: Int) -> Dataset<Int> { Dataset(0..<count) }

  @Test("Batches contain consecutive elements, and the remainder is kept or dropped", arguments: [0, 1, 4, 5, 6, 10])
  func batch(_ count: Int) {
    let kept = Array(numbers(count).batch(5))
    let dropped = Array(numbers(count).batch(5, remainder: .drop))
    #expect(kept.flatMap { $0 } == Array(0..<count))
    #expect(kept.dropLast().allSatisfy { $0.count == 5 } && kept.count == (count + 4) / 5)
    #expect(dropped.allSatisfy { $0.count == 5 } && dropped.count == count / 5)
    #expect(dropped.flatMap { $0 } == Array(0..<count / 5 * 5))
  }

  @Test("Batches can be batched again")
  func batchesOfBatches() {
    let batches = Array(numbers(7).batch(2).batch(3))
    #expect(batches == [[[0, 1], [2, 3], [4, 5]], [[6]]])
  }

  @Test("Slicing two arrays yields pairs, and map transforms each element")
  func slices() {
    let pairs = Dataset(slices: [1, 2, 3], ["a", "b", "c"])
    #expect(Array(pairs.map { "\($0.0)\($0.1)" }) == ["1a", "2b", "3c"])
    #expect(Array(Dataset(slices: [Int](), [Int]())).isEmpty)
  }

  @Test("flatMap concatenates the elements of sequences and omits empty ones")
  func flatMap() {
    #expect(Array(numbers(4).flatMap { Array(repeating: $0, count: $0) }) == [1, 2, 2, 3, 3, 3])
  }

  @Test("take yields the first elements, or all if there are fewer", arguments: [(0, 0), (1, 1), (3, 3), (9, 5)])
  func take(_ wanted: Int, _ given: Int) {
    #expect(Array(numbers(5).take(wanted)) == Array(0..<given))
  }

  @Test("repeat concatenates passes, endlessly if no number is given, but stops if a pass is empty")
  func repeats() {
    #expect(Array(numbers(2).repeat(3)) == [0, 1, 0, 1, 0, 1])
    #expect(Array(numbers(2).repeat(0)).isEmpty)
    #expect(Array(numbers(3).repeat().take(7)) == [0, 1, 2, 0, 1, 2, 0])
    #expect(Array(numbers(0).repeat()).isEmpty)
  }

  @Test("A dataset starts from the beginning for each iterator, even while another one is in use")
  func value() {
    let dataset = numbers(100).shuffle(buffer: 7, seed: 3).batch(4).prefetch(2).map(\.count)
    let first = dataset.makeIterator()
    _ = first.next()
    #expect(Array(dataset) == Array(dataset))
    #expect(Array(dataset).count == 25)
  }

  @Test("Elements are produced lazily, so an endless stream can be read")
  func lazy() {
    let endless = Dataset(0...).map { $0 * $0 }.batch(2)
    #expect(Array(endless.take(2)) == [[0, 1], [4, 9]])
  }

  @Test(
    "Buckets group elements of similar lengths, and the remainder is kept or dropped",
    arguments: [Remainder.keep, .drop])
  func buckets(_ remainder: Remainder) {
    let lengths = [1, 9, 2, 5, 8, 3, 5, 12, 1, 4, 5]
    let batches = Array(Dataset(lengths).bucket(2, boundaries: [3, 6], remainder: remainder) { $0 })
    let full = [[1, 2], [9, 8], [5, 3], [5, 4]]
    #expect(batches == full + (remainder == .keep ? [[1], [5], [12]] : []))
    #expect(Array(Dataset([Int]()).bucket(2, boundaries: []) { $0 }).isEmpty)
  }
}

struct DatasetShuffleTests {
  private func shuffled(_ count: Int, buffer: Int, seed: UInt64 = 1) -> Dataset<Int> {
    Dataset(0..<count).shuffle(buffer: buffer, seed: seed)
  }

  @Test(
    "Each element occurs once, and none appears earlier than the buffer size allows",
    arguments: [0, 1, 2, 9, 100], [1, 2, 7, 100, 1000])
  func permutation(_ count: Int, _ buffer: Int) {
    let order = Array(shuffled(count, buffer: buffer))
    #expect(order.sorted() == Array(0..<count))
    #expect(order.enumerated().allSatisfy { place, element in element < place + buffer })
  }

  @Test("A buffer of one element keeps the order, and a larger one does not")
  func order() {
    #expect(Array(shuffled(50, buffer: 1)) == Array(0..<50))
    #expect(Array(shuffled(50, buffer: 2)) != Array(0..<50))
  }

  @Test("Random draws follow the documented algorithm")
  func algorithm() {
    var random = RandomSource(seed: 9, stream: 1 << 63 | 2)
    var (held, rest, expected) = (["a", "b", "c"], ["d", "e"], [String]())
    while !held.isEmpty {
      let index = Int(random.next().multipliedFullWidth(by: UInt64(held.count)).high)
      expected.append(held[index])
      if rest.isEmpty { held[index] = held[held.count - 1] } else { held[index] = rest.removeFirst() }
      if expected.count > 2 { held.removeLast() }
    }
    #expect(Array(Dataset(["a", "b", "c", "d", "e"]).shuffle(buffer: 3, seed: 9).pass(2)) == expected)
  }

  @Test("Each seed and pass has a different order, and the same seed and pass have the same order")
  func seeds() {
    let dataset = shuffled(40, buffer: 40)
    let orders = [Array(dataset), Array(dataset.pass(1)), Array(shuffled(40, buffer: 40, seed: 2))]
    #expect(Set(orders).count == 3)
    #expect(Array(dataset) == orders[0] && Array(dataset.pass(1)) == orders[1])
    let fixed = Dataset(0..<40).shuffle(buffer: 40, seed: 1, reshuffles: false)
    #expect(Array(fixed.pass(5)) == Array(fixed) && Array(fixed) == orders[0])
  }

  @Test("When a dataset is repeated, each pass is reshuffled as it would be on its own")
  func reshuffles() {
    let dataset = shuffled(20, buffer: 20)
    #expect(Array(dataset.repeat(3)) == (0..<3).flatMap { Array(dataset.pass($0)) })
    #expect(Array(dataset.repeat(2).pass(2)) == (4..<6).flatMap { Array(dataset.pass($0)) })
  }
}
